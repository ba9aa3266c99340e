"""How servers speak the Open Inference Protocol, each in its own way."""
