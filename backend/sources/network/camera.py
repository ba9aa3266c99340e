"""A network camera as a source: motion JPEG over HTTP, or RTSP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backend.core.defaults import FIRST_PICTURE_S, NETWORK_CAMERA_CONNECT_S, SILENT_AFTER_S
from backend.core.errors import SourceError
from backend.core.files.concealment import concealed_address, kept_address
from backend.sources.cameras import LiveSource, LiveStream
from backend.sources.kind import SourceKind
from backend.sources.network.address import parse_camera_address

if TYPE_CHECKING:
    from backend.sources.network.http_camera import NotMultipart

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://|(https?|rtsps?):", re.IGNORECASE)
"""Any address: one that reaches no camera gets an error that says so, and may hold secrets too."""
_SINGLE_OR_TEXT = ("image/", "text/", "application/json")


class NetworkCamera(LiveSource):
    """The camera at an http, https or rtsp address, which may carry user and password.

    Raises UsageError for an address that is none. User and password show up in no text.
    """

    def __init__(
        self,
        url: str,
        *,
        first_within_s: float = FIRST_PICTURE_S,
        silent_after_s: float = SILENT_AFTER_S,
        connect_within_s: float = NETWORK_CAMERA_CONNECT_S,
    ) -> None:
        self._address = parse_camera_address(url)
        super().__init__(
            self._address.shown,
            first_within_s=first_within_s,
            silent_after_s=silent_after_s,
            connect_within_s=connect_within_s,
        )

    def connect(self) -> LiveStream:
        """Open the connection; raises SourceError that tells the ways to fail apart."""
        # HTTP and OpenCV come with the first camera: every command line asks for this kind.
        from backend.sources.network.http_camera import HttpPictures, NotMultipart
        from backend.sources.network.opencv_stream import OpenCvStream
        from backend.sources.network.rtsp_probe import why_no_video

        address = self._address
        if address.scheme == "rtsp":
            return OpenCvStream(address, lambda: why_no_video(address))
        try:
            return HttpPictures(address)
        except NotMultipart as other:
            return self._other_video(other)

    def _other_video(self, other: NotMultipart) -> LiveStream:
        """Leave what is not motion JPEG to OpenCV, unless it says that it is no video."""
        from backend.sources.network.http_faults import contents_fault
        from backend.sources.network.opencv_stream import OpenCvStream

        found = other.content_type.partition(";")[0] or "bytes of no declared kind"
        fault = contents_fault(self._address, found)
        if not other.start or found.startswith(_SINGLE_OR_TEXT):
            raise fault
        return OpenCvStream(self._address, lambda: _no_video(fault))


def _no_video(fault: SourceError) -> SourceError:
    return fault


def _place(url: str) -> str:
    """Host and path: the address without scheme, secrets and query."""
    address = re.split("[?#]", kept_address(url), maxsplit=1)[0]
    return address.partition(":")[2].removeprefix("//")


NETWORK_CAMERA = SourceKind(
    scheme="address",
    title="Network camera",
    icon="network",
    make=lambda url, _options: NetworkCamera(url),
    arguments=("an http://, https:// or rtsp:// address",),
    recognises=lambda spec: _ADDRESS.match(spec) is not None,
    title_of=_place,
    redact=concealed_address,
    saved=kept_address,
)
