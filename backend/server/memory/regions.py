"""System shared memory: regions that local clients have registered, read and written by request.

A region is a file in /dev/shm, opened by name. It is never mapped: a client that truncates a mapped
file would kill the process that touches it. Instead its size is looked at before each access, and
the bytes are copied with one system call; a region that shrinks is an error of that request only.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from dataclasses import dataclass

import numpy as np

from backend.core.errors import AlreadyExists, InvalidInput, NotFound, Overloaded, PayloadTooLarge
from backend.wire.elements import Buffer

NO_CUDA = "CUDA shared memory is not supported by this server"

MAX_REGIONS = 256
"""Each registered region holds one open file."""

_FOLDER = "/dev/shm"  # noqa: S108 - where POSIX shared memory lives on Linux
_LONGEST_NAME = 255


def shared_memory_works() -> bool:
    """Whether this system has what shared memory needs."""
    return sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Region:
    """A registered part of a shared memory object; the object's name is its key."""

    name: str
    key: str
    offset: int
    byte_size: int


class SharedMemory:
    """The registered regions; safe from any thread.

    `limit` bounds the bytes of one access, as the message limit bounds those of a message.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._regions: dict[str, tuple[Region, int]] = {}

    def register(self, region: Region) -> None:
        """Open a region by its key.

        Raises AlreadyExists, InvalidInput, or Overloaded at `MAX_REGIONS`.
        """
        if not 0 < len(region.name) <= _LONGEST_NAME:
            raise InvalidInput(
                f"The name of a shared memory region has 1 to {_LONGEST_NAME} characters, "
                f"got {len(region.name)}."
            )
        path = _path(region)
        with self._lock:
            if region.name in self._regions:
                raise AlreadyExists(f"shared memory region '{region.name}' already in manager")
            if len(self._regions) >= MAX_REGIONS:
                raise Overloaded(
                    f"{MAX_REGIONS} shared memory regions are registered already.",
                    hint="Unregister some first.",
                )
            self._regions[region.name] = (region, _open(path, region))

    def unregister(self, name: str) -> None:
        """Forget a region; one that is not registered is no error."""
        with self._lock:
            _, descriptor = self._regions.pop(name, (None, -1))
            if descriptor >= 0:
                os.close(descriptor)

    def unregister_all(self) -> None:
        """Forget every region."""
        for region in self.status():
            self.unregister(region.name)

    def status(self, name: str = "") -> tuple[Region, ...]:
        """The registered regions, or the one of that name; raises NotFound."""
        with self._lock:
            if not name:
                return tuple(region for region, _ in self._regions.values())
            if name not in self._regions:
                raise NotFound(f"Unable to find system shared memory region: '{name}'")
            return (self._regions[name][0],)

    def read(self, region: str, offset: int, size: int) -> Buffer:
        """A copy of `size` bytes of a region; raises NotFound, InvalidInput or PayloadTooLarge."""
        with self._lock:
            start, descriptor = self._span(region, offset, size)
            # Not zeroed first, unlike a bytearray.
            content = np.empty(size, np.uint8).data
            done = 0
            while done < size:
                step = os.preadv(descriptor, [content[done:]], start + done)
                if not step:
                    raise _shrunk(region)
                done += step
        return content.toreadonly()

    def write(self, region: str, offset: int, content: Buffer) -> None:
        """Put bytes into a region; raises what `read` raises."""
        view = memoryview(content)
        with self._lock:
            start, descriptor = self._span(region, offset, len(view))
            done = 0
            while done < len(view):
                try:
                    done += os.pwritev(descriptor, [view[done:]], start + done)
                except OSError as error:
                    raise InvalidInput(
                        f"shared memory region '{region}' cannot be written: {error.strerror}"
                    ) from None

    def check(self, region: str, offset: int, size: int) -> None:
        """Raise what an access would raise."""
        with self._lock:
            self._span(region, offset, size)

    def _span(self, name: str, offset: int, size: int) -> tuple[int, int]:
        """Where to access the file, and its descriptor."""
        found = self._regions.get(name)
        if found is None:
            raise NotFound(f"Unable to find shared memory region: '{name}'")
        if size > self._limit:
            raise PayloadTooLarge(size, self._limit)
        region, descriptor = found
        if offset > region.byte_size:
            raise InvalidInput(f"Invalid offset for shared memory region: '{name}'")
        if offset + size > region.byte_size:
            raise InvalidInput(
                f"Invalid offset + byte size for shared memory region: '{name}'. It has "
                f"{region.byte_size} bytes, asked for {size} from byte {offset}"
            )
        start = region.offset + offset
        if start + size > os.fstat(descriptor).st_size:
            raise _shrunk(name)
        return start, descriptor


def cuda_regions(name: str) -> tuple[()]:
    """The registered regions of CUDA memory, which are none; raises NotFound for one by name."""
    if name:
        raise NotFound(f"Unable to find cuda shared memory region: '{name}'")
    return ()


def _path(region: Region) -> str:
    """The file of a key; raises InvalidInput for a key that is more than one name."""
    name = region.key.removeprefix("/")
    if name in ("", ".", "..") or "/" in name or "\0" in name or len(name) > _LONGEST_NAME:
        raise InvalidInput(
            f"Unable to open shared memory region: '{region.key}' is no name of shared memory",
            hint="A key is one name, such as /frames.",
        )
    return f"{_FOLDER}/{name}"


def _open(path: str, region: Region) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags)
    except (OSError, UnicodeEncodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InvalidInput(
            f"Unable to open shared memory region: '{region.key}': {reason}"
        ) from None
    try:
        _check(os.fstat(descriptor), region)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(found: os.stat_result, region: Region) -> None:
    refusal = f"failed to register shared memory region '{region.name}': invalid args"
    if not stat.S_ISREG(found.st_mode):
        raise InvalidInput(f"{refusal}. '{region.key}' is no shared memory")
    if region.offset < 0 or region.byte_size <= 0:
        raise InvalidInput(
            f"{refusal}. The offset is 0 or more and the size above 0, got "
            f"{region.offset} and {region.byte_size}"
        )
    end = region.offset + region.byte_size
    if end > found.st_size:
        raise InvalidInput(
            f"{refusal}. It ends at byte {end}, but '{region.key}' has {found.st_size} bytes"
        )


def _shrunk(name: str) -> InvalidInput:
    return InvalidInput(f"shared memory region '{name}' is smaller now than when it was registered")
