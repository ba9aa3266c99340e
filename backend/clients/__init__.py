"""Ways to reach a target: REST, unary gRPC and gRPC streams."""
