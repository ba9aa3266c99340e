"""An X server of a test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_S = 30


@contextmanager
def x_server(xvfb: str, size: str) -> Iterator[str]:
    """The name of its display; `xvfb` is the program, `size` such as ``1280x800``."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-screen", "0", f"{size}x24", "-displayfd", str(writer)],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait(_LONGEST_S)
