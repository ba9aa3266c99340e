"""What a lane needs to reach a target: a connection with the codec for its calls."""

from backend.clients.links.base import Link
from backend.clients.links.grpc import GrpcLink
from backend.clients.links.opening import open_link

__all__ = ["GrpcLink", "Link", "open_link"]
