"""Two versions of a file side by side: fields, pictures, seconds, and the decision."""
