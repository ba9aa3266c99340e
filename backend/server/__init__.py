"""The embedded model server: one data plane, a thin REST edge and thin gRPC edges."""
