"""Recordings: what a run gave out, as messages in an MCAP file, and back."""
