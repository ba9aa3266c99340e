"""Protobuf fields found, counted, written and read without copying the big ones twice."""
