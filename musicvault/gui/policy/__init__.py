"""The promise: the default rule as a sentence that can be edited, with its effect shown before it is saved."""
