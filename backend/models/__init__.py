"""Models that run in this process, and the registry that holds them."""
