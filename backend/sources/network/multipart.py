"""Splits a body of JPEG pictures, as HTTP cameras send it, into the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backend.core.errors import SourceError, SourceFault, beginning, mebibytes

MAX_PICTURE_BYTES = 32 * 1024 * 1024
"""Largest part that is accepted from a camera."""

_MAX_HEADER_BYTES = 16 * 1024


def looks_multipart(start: bytes) -> bool:
    """Whether a body begins with a part boundary; some cameras do not say so in the header."""
    return start.lstrip(b"\r\n").startswith(b"--")


def pictures(receive: Callable[[], bytes], start: bytes = b"") -> Iterator[bytes]:
    """The body of each part, as soon as it is complete, until `receive` gives b''.

    `start` is what was already received. Parts are cut by Content-Length where given, otherwise at
    the next boundary. Raises SourceError if the body is no multipart body or a part is too large.
    """
    body = _Body(receive, start)
    boundary = body.first_boundary()
    while boundary is not None:
        length = body.header_length()
        if length is None:
            return
        part = body.take(length) if length >= 0 else body.until(b"\r\n" + boundary)
        if part is None:
            return
        if part:
            yield part
        if length >= 0 and body.until(boundary) is None:
            return
        if not body.another_part():
            return


class _Body:
    """A growing buffer over the connection; each method returns None at the end of the body."""

    def __init__(self, receive: Callable[[], bytes], start: bytes) -> None:
        self._receive = receive
        self._held = bytearray(start)

    def first_boundary(self) -> bytes | None:
        """The line that separates the parts, which the body begins with."""
        line, size = b"", 0
        while not line:
            found = self._line()
            if found is None:
                return None
            line, size = found.strip(), size + len(found) + 1
            if size > _MAX_HEADER_BYTES:
                raise _too_large("header", _MAX_HEADER_BYTES)
        if not line.startswith(b"--"):
            raise SourceError(
                SourceFault.UNREADABLE, f"Expected a part boundary, got {beginning(line, 20)}."
            )
        return line

    def header_length(self) -> int | None:
        """The part's Content-Length, -1 if it has none; reads to the end of its header."""
        length, size = -1, 0
        while True:
            line = self._line()
            if line is None:
                return None
            size += len(line)
            if size > _MAX_HEADER_BYTES:
                raise _too_large("header", _MAX_HEADER_BYTES)
            if not line.strip():
                return length
            name, _, value = line.partition(b":")
            value = value.strip()
            if name.strip().lower() == b"content-length" and value.isdigit():
                # int raises for thousands of digits; that many say the same as twenty.
                length = int(value[:20])
                if length > MAX_PICTURE_BYTES:
                    raise _too_large("picture", MAX_PICTURE_BYTES)

    def another_part(self) -> bool:
        """Whether the boundary just passed opens a part; the last one ends in two dashes."""
        rest = self._line()
        return rest is not None and not rest.startswith(b"--")

    def take(self, count: int) -> bytes | None:
        """Exactly `count` bytes."""
        while len(self._held) < count:
            if not self._more():
                return None
        return self._cut(count, count)

    def until(self, mark: bytes) -> bytes | None:
        """Everything before `mark`, which is taken as well."""
        searched = 0
        while (at := self._held.find(mark, searched)) < 0:
            searched = max(0, len(self._held) - len(mark) + 1)
            if len(self._held) > MAX_PICTURE_BYTES:
                raise _too_large("picture", MAX_PICTURE_BYTES)
            if not self._more():
                return None
        return self._cut(at, at + len(mark))

    def _line(self) -> bytes | None:
        while b"\n" not in self._held:
            if len(self._held) > _MAX_HEADER_BYTES:
                raise _too_large("header", _MAX_HEADER_BYTES)
            if not self._more():
                return None
        at = self._held.index(b"\n")
        return self._cut(at, at + 1)

    def _cut(self, upto: int, drop: int) -> bytes:
        part = bytes(self._held[:upto])
        del self._held[:drop]
        return part

    def _more(self) -> bool:
        piece = self._receive()
        self._held += piece
        return bool(piece)


def _too_large(what: str, limit: int) -> SourceError:
    return SourceError(
        SourceFault.UNREADABLE, f"The camera sends a {what} of more than {mebibytes(limit)}."
    )
