"""The REST edge: the protocol, simple serving, metrics and OpenAPI over the data plane."""

from backend.server.rest.app import rest_app
from backend.server.rest.listener import RestListener

__all__ = ["RestListener", "rest_app"]
