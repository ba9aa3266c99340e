"""Model folders for other servers."""
