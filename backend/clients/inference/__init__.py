"""Inference with one set of settings: a connection with the codec for its calls."""

from backend.clients.inference.client import InferenceClient, inference_client
from backend.clients.inference.grpc import GrpcInferenceClient

__all__ = ["GrpcInferenceClient", "InferenceClient", "inference_client"]
