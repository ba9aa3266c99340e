"""The connections of a port: counted, bounded, and which one makes room for another."""

from backend.server.connections.descriptors import room_for
from backend.server.connections.table import ConnectionTable, Use, Worth, client_key

__all__ = ["ConnectionTable", "Use", "Worth", "client_key", "room_for"]
