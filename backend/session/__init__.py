"""One live run: source, profile, client, predictions and what it all cost."""
