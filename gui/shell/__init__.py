"""The application: its start, its frame, and what belongs to no feature."""
