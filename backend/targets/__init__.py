"""Saved targets, and the secrets that open their doors."""
