"""The overview: one sentence, one button, and what they rest on."""
