"""Trains and measures the network of the bundled model `spoken_digits`."""
