"""Simple serving as bytes, over REST and gRPC."""
