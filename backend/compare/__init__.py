"""What two ways, settings or servers do with the same samples, side by side."""
