"""Addresses of cameras: checked, and shown without the secrets they may carry."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from backend.core.errors import UsageError
from backend.core.files.concealment import concealed_address

_PORTS = {"http": 80, "https": 443, "rtsp": 554}


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """A checked address; `shown` is safe for texts and logs, `url` is not."""

    url: str
    shown: str
    scheme: str
    host: str
    port: int
    user: str
    password: str

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"

    def without_credentials(self) -> str:
        """The address without user and password, as it goes into a request line."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def parse_camera_address(text: str) -> CameraAddress:
    """Take an address apart; raises UsageError that names what is accepted."""
    shown = concealed_address(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{shown} is not an address: {error}.", _EXPECTED) from error
    if parts.scheme not in _PORTS:
        raise UsageError(f"Cameras are reached by http, https or rtsp, not by {shown}.", _EXPECTED)
    if not parts.hostname:
        raise UsageError(f"{shown} names no host.", _EXPECTED)
    return CameraAddress(
        url=text,
        shown=shown,
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


_EXPECTED = "Expected something like http://10.0.0.5:8080/video.mjpg or rtsp://10.0.0.5/stream."
