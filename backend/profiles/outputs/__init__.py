"""How a model's output tensors become predictions."""
