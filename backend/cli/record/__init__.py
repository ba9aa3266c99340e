"""A run into a file."""
