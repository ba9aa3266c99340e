"""Asks an RTSP camera why it gives no video: OpenCV itself only says 'no'."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import time

from backend.core.defaults import NETWORK_CAMERA_TIMEOUT_S
from backend.core.errors import SourceError
from backend.sources.network.address import CameraAddress
from backend.sources.network.http_faults import connection_fault, contents_fault, status_fault

_MAX_REPLY_BYTES = 64 * 1024


def why_no_video(address: CameraAddress) -> SourceError:
    """One DESCRIBE, signed in if need be; the reason that its answer shows.

    Signs in as RFC 2617 says (basic or digest with MD5), which is what cameras use.
    """
    try:
        with socket.create_connection(
            (address.host, address.port), NETWORK_CAMERA_TIMEOUT_S
        ) as connection:
            status, headers = _describe(connection, address, 1, "")
            challenge = headers.get("www-authenticate", "")
            if status == 401 and address.user and challenge:
                answer = _answer(address, challenge)
                status, _ = _describe(connection, address, 2, f"Authorization: {answer}\r\n")
    except OSError as error:
        return connection_fault(address, error)
    except ValueError:
        return contents_fault(address, "something that is not RTSP")
    if status != 200:
        return status_fault(address, status)
    return contents_fault(address, "a stream")


def _describe(
    connection: socket.socket, address: CameraAddress, number: int, extra: str
) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer; raises ValueError if it is not RTSP."""
    connection.sendall(
        f"DESCRIBE {address.without_credentials()} RTSP/1.0\r\nCSeq: {number}\r\n"
        f"Accept: application/sdp\r\n{extra}\r\n".encode()
    )
    reply, until = b"", time.monotonic() + NETWORK_CAMERA_TIMEOUT_S
    while b"\r\n\r\n" not in reply and len(reply) < _MAX_REPLY_BYTES:
        if time.monotonic() > until:
            raise TimeoutError
        piece = connection.recv(4096)
        if not piece:
            break
        reply += piece
    lines = reply.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    found = re.match(r"RTSP/\d\.\d (\d{3})", lines[0])
    if found is None:
        raise ValueError(lines[0])
    pairs = (line.partition(":") for line in lines[1:])
    return int(found[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _answer(address: CameraAddress, challenge: str) -> str:
    """The value of the Authorization header that answers a challenge."""
    if challenge.lower().startswith("basic"):
        pair = f"{address.user}:{address.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    fields = dict(re.findall(r'\b(\w++)="([^"]*+)"', challenge))
    realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
    uri = address.without_credentials()
    secret = _md5(f"{address.user}:{realm}:{address.password}")
    response = _md5(f"{secret}:{nonce}:{_md5(f'DESCRIBE:{uri}')}")
    return (
        f'Digest username="{address.user}", realm="{realm}", nonce="{nonce}", '
        f'uri="{uri}", response="{response}"'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
