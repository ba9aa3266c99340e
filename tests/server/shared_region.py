"""A piece of shared memory as a client makes it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def shared_file(content: bytes) -> Iterator[Path]:
    """A file in /dev/shm whose name is new."""
    path = Path("/dev/shm") / f"inferdeck-test-{uuid.uuid4().hex}"
    path.write_bytes(content)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
