"""How a sample becomes a model's input tensors, and its outputs become predictions."""
