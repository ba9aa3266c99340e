"""The instrumented way to a server over REST."""

from backend.clients.connections.rest.binary_tensors import takes_binary
from backend.clients.connections.rest.bodies import decompressed, is_compressed, read_body
from backend.clients.connections.rest.connection import RestConnection, is_success
from backend.clients.connections.rest.http_connection import HttpConnection
from backend.clients.connections.rest.one_thread import OneThreadRest

__all__ = [
    "HttpConnection",
    "OneThreadRest",
    "RestConnection",
    "decompressed",
    "is_compressed",
    "is_success",
    "read_body",
    "takes_binary",
]
