"""One instrumented connection for each protocol, for live runs and calls by hand alike."""
