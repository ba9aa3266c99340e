"""JSON text, read within bounds, and messages as JSON."""
