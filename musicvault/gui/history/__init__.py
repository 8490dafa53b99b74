"""The audit log: what happened, when, to which file and where; checked and given out."""
