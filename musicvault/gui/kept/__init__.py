"""What is set aside on the drives: older versions and quarantine, until when, and giving them back."""
