"""REST: kept-alive connections on which no wait outlasts its deadline."""

from backend.clients.connections.rest.binary_tensors import takes_binary
from backend.clients.connections.rest.channel import RestChannel, is_success

__all__ = ["RestChannel", "is_success", "takes_binary"]
