"""The healing campaign: copies are damaged by plan, and what becomes of them is held against that plan alone."""
