"""Inference with one set of settings: a connection with the codec for its calls."""

from backend.clients.inference.client import InferenceClient, inference_client
from backend.clients.inference.exchanges import ExchangeClient, Exchanges, Over
from backend.clients.inference.grpc import GrpcInferenceClient

__all__ = [
    "ExchangeClient",
    "Exchanges",
    "GrpcInferenceClient",
    "InferenceClient",
    "Over",
    "inference_client",
]
