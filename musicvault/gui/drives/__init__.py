"""The drives: a card each with what is known of it and what can be done there, and the panel that adds one."""
