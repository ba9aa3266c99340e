"""How many files and sockets this process may have open."""

from __future__ import annotations

import sys

_OTHERS = 128
"""Kept free for files, pipes, cameras and models."""


def room_for(connections: int) -> int:
    """How many of so many connections there are descriptors for, once the limit is raised to that.

    The limit is raised no further than needed: some libraries cannot handle numbers above 1,023.
    """
    if sys.platform == "win32":
        return connections
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= connections + _OTHERS:
        return connections
    wanted = connections + _OTHERS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    except (OSError, ValueError):
        wanted = soft
    return max(1, max(soft, wanted) - _OTHERS)
