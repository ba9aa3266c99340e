"""A source through a model."""
