"""Saved targets."""
