"""The server's life: its thread, its loop, and its two endpoints opened and closed."""

from backend.server.lifecycle.embedded import EmbeddedServer, MakePlane, local_plane

__all__ = ["EmbeddedServer", "MakePlane", "local_plane"]
