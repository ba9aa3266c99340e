"""The embedded model server: one transport-free data plane, thin REST and gRPC edges around it."""
