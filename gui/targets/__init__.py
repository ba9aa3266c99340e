"""Targets in the window: who they are, what they offer, and how their models are fed."""
