"""The Open Inference Protocol as bytes, over REST and gRPC."""
