"""One file from the web: whole or a part of it, from where it stopped before, never too much."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.core.files.concealment import kept_address
from backend.gallery.cancelling import Cancellation
from backend.gallery.entry import GalleryFile, WebSource
from backend.gallery.faults import PASSING, DownloadError, DownloadFault
from backend.gallery.partial import PartialFile, Validator
from backend.gallery.progress import Phase, Reporter
from backend.gallery.web import Patience, Reply, Web

ATTEMPTS = 4
_PAUSES_S = (0.5, 1.0, 2.0)
LEAST_BYTES = 16 * 1024
_PARTIAL, _RANGE_REFUSED = 206, 416
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(?:(\d{1,15})|\*)")


@dataclass(frozen=True, slots=True)
class WebFetcher:
    """Fetches files with one way to the web; `mirror` takes the place of ``https://`` in addresses.

    With a mirror ``https://HOST/WAY``, the file at ``https://a.org/b`` is ``https://HOST/WAY/a.org/b``.
    """

    web: Web
    patience: Patience
    mirror: str = ""
    pauses_s: tuple[float, ...] = _PAUSES_S

    def fetch(
        self,
        source: WebSource,
        wanted: GalleryFile,
        partial: PartialFile,
        reporter: Reporter,
        cancellation: Cancellation,
    ) -> None:
        """Let the file be at `partial.path`; raises DownloadError.

        What breaks off is taken up again a few times; what is left then is taken up by the next
        call. A file put together of two attempts that is not the right one is fetched anew once.
        """
        url = self._url(source)
        for pause_s in (*self.pauses_s, None):
            resumed = partial.saved(kept_address(url), wanted.size) is not None
            try:
                self._rest(url, source.offset, wanted, partial, reporter, cancellation)
                reporter.phase(Phase.CHECKING, wanted.size)
                partial.finish(wanted, cancellation)
            except DownloadError as error:
                again = error.fault in PASSING or (
                    resumed and error.fault is DownloadFault.WRONG_CONTENT
                )
                if pause_s is None or not again:
                    raise
                cancellation.wait(pause_s)
            else:
                return

    def _url(self, source: WebSource) -> str:
        if not self.mirror:
            return source.url
        parts = urlsplit(source.url)
        return f"{self.mirror.rstrip('/')}/{parts.netloc}{parts.path}"

    def _rest(
        self,
        url: str,
        offset: int | None,
        wanted: GalleryFile,
        partial: PartialFile,
        reporter: Reporter,
        cancellation: Cancellation,
    ) -> None:
        """Fetch what is missing of it."""
        validator = partial.saved(kept_address(url), wanted.size)
        if validator is not None and partial.count == wanted.size:
            return
        reporter.phase(Phase.CONNECTING, partial.count)
        reply = self._open(url, offset, wanted, partial, validator, cancellation)
        with reply, cancellation.ending(reply.end):
            body = _Body(reply, url, offset, wanted, partial)
            reporter.phase(Phase.FETCHING, partial.count)
            self._copy(reply, body, partial, reporter, cancellation)

    def _open(
        self,
        url: str,
        offset: int | None,
        wanted: GalleryFile,
        partial: PartialFile,
        validator: Validator | None,
        cancellation: Cancellation,
    ) -> Reply:
        reply = self.web.open(url, _headers(offset, wanted, partial, validator), cancellation)
        if reply.status != _RANGE_REFUSED and not _is_other(reply, validator):
            return reply
        reply.close()
        if validator is None:
            raise _wrong_size(wanted, "less")
        # The file is another one now: what was saved of it is of no use.
        partial.discard()
        return self._open(url, offset, wanted, partial, None, cancellation)

    def _copy(
        self,
        reply: Reply,
        body: _Body,
        partial: PartialFile,
        reporter: Reporter,
        cancellation: Cancellation,
    ) -> None:
        pace = _Pace(self.patience.stall_s)
        while not body.complete:
            data = self._next(reply, cancellation)
            pace.check(len(data))
            body.take(data)
            reporter.received(partial.count)
        if body.may_go_on and self._next(reply, cancellation):
            partial.discard()
            raise _wrong_size(body.wanted, "more")

    @staticmethod
    def _next(reply: Reply, cancellation: Cancellation) -> bytes:
        try:
            return reply.read()
        except DownloadError:
            cancellation.check()  # then it was broken off
            raise
        finally:
            cancellation.check()


class _Body:
    """Where the bytes of a reply go: before the part that is wanted, into the file, or too many."""

    def __init__(
        self,
        reply: Reply,
        url: str,
        offset: int | None,
        wanted: GalleryFile,
        partial: PartialFile,
    ) -> None:
        self.wanted = wanted
        self._partial = partial
        start = offset or 0
        self._to_skip = 0
        self.may_go_on = False
        """Whether bytes after the last one would be a fault, and nothing has excluded them yet."""
        if reply.status == _PARTIAL:
            _check_range(reply, offset, wanted, partial)
            if partial.count == 0:
                partial.begin(_validator(reply, url))
            return
        length = reply.header("Content-Length")
        least, most = start + wanted.size, None if offset is not None else wanted.size
        if length.isascii() and length.isdigit() and len(length) < 16:
            _check_length(int(length), least, most, wanted)
        else:
            self.may_go_on = offset is None
        partial.begin(_validator(reply, url))
        self._to_skip = start

    @property
    def complete(self) -> bool:
        """Whether everything is there that is wanted."""
        return self._partial.count >= self.wanted.size

    def take(self, data: bytes) -> None:
        """The next bytes of the reply; b'' is its end. Raises DownloadError."""
        if not data:
            raise DownloadError(
                DownloadFault.CUT,
                f"The server ended {self.wanted.path} too early.",
                hint="Try again: it goes on where it stopped.",
            )
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        data = data[skipped:]
        missing = self.wanted.size - self._partial.count
        if data:
            self._partial.append(data[:missing])
        if len(data) > missing and self.may_go_on:
            self._partial.discard()
            raise _wrong_size(self.wanted, "more")


class _Pace:
    """Gives up a server that sends, but next to nothing in every stretch of so many seconds."""

    def __init__(self, stall_s: float) -> None:
        self._stall_s = stall_s
        self._since = time.monotonic()
        self._count = 0

    def check(self, count: int) -> None:
        """So many bytes came just now; raises DownloadError if that is too slow."""
        self._count += count
        now = time.monotonic()
        if now - self._since < self._stall_s:
            return
        if self._count < LEAST_BYTES:
            raise DownloadError(
                DownloadFault.STALLED,
                f"The server sends less than {LEAST_BYTES // 1024} KiB in {self._stall_s:g} s.",
                hint="Try again: it goes on where it stopped.",
            )
        self._since, self._count = now, 0


def _headers(
    offset: int | None, wanted: GalleryFile, partial: PartialFile, validator: Validator | None
) -> dict[str, str]:
    count = partial.count if validator is not None else 0
    if offset is None and not count:
        return {}
    start = offset or 0
    headers = {"Range": f"bytes={start + count}-{start + wanted.size - 1}"}
    if count and validator is not None and validator.if_range:
        headers["If-Range"] = validator.if_range
    return headers


def _validator(reply: Reply, url: str) -> Validator:
    return Validator(kept_address(url), reply.header("ETag"), reply.header("Last-Modified"))


def _is_other(reply: Reply, validator: Validator | None) -> bool:
    """Whether a part has come, of a file that is not the one of which something was saved."""
    if validator is None or reply.status != _PARTIAL:
        return False
    return any(
        now and before and now != before
        for now, before in (
            (reply.header("ETag"), validator.etag),
            (reply.header("Last-Modified"), validator.modified),
        )
    )


def _check_range(
    reply: Reply, offset: int | None, wanted: GalleryFile, partial: PartialFile
) -> None:
    found = _RANGE.fullmatch(reply.header("Content-Range").strip())
    start = (offset or 0) + partial.count
    if found is None or int(found[1]) != start:
        partial.discard()
        raise DownloadError(
            DownloadFault.SERVER, f"The server sent another part of {wanted.path} than asked for."
        )
    if offset is None and found[3] and int(found[3]) != wanted.size:
        partial.discard()
        raise _wrong_size(wanted, f"{int(found[3]):,}")


def _check_length(length: int, least: int, most: int | None, wanted: GalleryFile) -> None:
    if length < least or (most is not None and length > most):
        raise _wrong_size(wanted, f"{length:,}")


def _wrong_size(wanted: GalleryFile, found: str) -> DownloadError:
    return DownloadError(
        DownloadFault.WRONG_SIZE,
        f"{wanted.path} has {wanted.size:,} bytes; the server has {found}.",
        hint="It is not the file that the gallery knows.",
    )
