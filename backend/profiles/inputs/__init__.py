"""How a sample becomes a model's input tensors."""
