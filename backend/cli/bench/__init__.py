"""Which way to a model is best."""
