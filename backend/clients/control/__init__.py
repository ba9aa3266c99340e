"""What a server tells of itself and its models, and their loading, over both protocols."""

from backend.clients.control.client import ServerControlClient
from backend.clients.control.grpc import GrpcControl
from backend.clients.control.listings import ModelListing
from backend.clients.control.rest import RestControl

__all__ = ["GrpcControl", "ModelListing", "RestControl", "ServerControlClient"]
