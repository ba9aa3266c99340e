"""A connection joined with the codec for its calls: what a lane streams over."""

from backend.clients.links.base import Link
from backend.clients.links.grpc import GrpcLink
from backend.clients.links.opening import open_link

__all__ = ["GrpcLink", "Link", "open_link"]
