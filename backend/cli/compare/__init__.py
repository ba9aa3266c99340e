"""Two sides of one source."""
