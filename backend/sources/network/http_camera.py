"""Pictures over HTTP: an endless body of JPEG parts, read as it comes and decoded on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from urllib3.exceptions import HTTPError as TransferError

from backend.core.defaults import NETWORK_CAMERA_TIMEOUT_S
from backend.core.errors import SourceError, SourceFault
from backend.core.tensors import Array
from backend.sources.network.address import CameraAddress
from backend.sources.network.http_faults import connection_fault, status_fault
from backend.sources.network.multipart import looks_multipart, pictures
from backend.wire.media.images import decode_image

_PIECE_BYTES = 64 * 1024


class NotMultipart(Exception):
    """The address answers, but with something other than JPEG parts; `content_type` says what."""

    def __init__(self, content_type: str, start: bytes) -> None:
        super().__init__(content_type)
        self.content_type = content_type
        self.start = start


class HttpPictures:
    """An open connection to an HTTP camera (motion JPEG)."""

    rate = 0.0

    def __init__(self, address: CameraAddress) -> None:
        """Connect and read the beginning; raises SourceError, or NotMultipart."""
        self._address = address
        self._session = requests.Session()
        # Cameras are on the local network, which a proxy from the environment does not know.
        self._session.trust_env = False
        try:
            self._response = self._get()
            self._parts = self._split()
        except BaseException:
            self._session.close()
            raise

    def read(self) -> Callable[[], Array]:
        """The next picture; raises SourceError LOST at the end and SILENT after 3 s of nothing."""
        part = next(self._parts, None)
        if part is None:
            raise SourceError(
                SourceFault.LOST,
                f"{self._address.shown} has ended the stream.",
                hint="It is tried again.",
            )
        return partial(decode_image, part)

    def interrupt(self) -> None:
        """Shut the connection down; a `read` that waits fails at once."""
        with suppress(OSError, ValueError, TransferError):
            self._response.raw.shutdown()

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
        self._session.close()

    def _get(self) -> requests.Response:
        """The reply, its body unread; signs in only if asked to, and by digest if it may."""
        address = self._address
        url = address.without_credentials()
        response = self._request(url, None)
        if response.status_code == 401 and address.user:
            response.close()
            response = self._request(url, self._sign_in(response))
        if response.status_code != 200:
            response.close()
            raise status_fault(address, response.status_code)
        return response

    def _sign_in(self, refusal: requests.Response) -> AuthBase:
        user, password = self._address.user, self._address.password
        if "digest" in refusal.headers.get("WWW-Authenticate", "").lower():
            return HTTPDigestAuth(user, password)
        return HTTPBasicAuth(user, password)

    def _request(self, url: str, auth: AuthBase | None) -> requests.Response:
        try:
            return self._session.get(url, auth=auth, stream=True, timeout=NETWORK_CAMERA_TIMEOUT_S)
        except requests.RequestException as error:
            raise connection_fault(self._address, error) from error

    def _split(self) -> Iterator[bytes]:
        content_type = self._response.headers.get("Content-Type", "")
        start = self._receive()
        if not content_type.startswith("multipart/") and not looks_multipart(start):
            self._response.close()
            raise NotMultipart(content_type, start)
        return pictures(self._receive, start)

    def _receive(self) -> bytes:
        """The bytes that are there, at least one; b'' at the end."""
        try:
            return bytes(self._response.raw.read1(_PIECE_BYTES))
        except (TransferError, OSError, ValueError) as error:
            raise connection_fault(self._address, error) from error
