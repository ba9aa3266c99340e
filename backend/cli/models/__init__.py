"""The gallery without a window."""
