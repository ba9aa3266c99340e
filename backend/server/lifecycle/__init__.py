"""Lifecycle."""

from backend.server.lifecycle.embedded import EmbeddedServer

__all__ = ["EmbeddedServer"]
