"""A REST request as a `curl` command for a POSIX shell."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from backend.core.choices import Compression
from backend.core.errors import UsageError
from backend.core.target import Target
from backend.inspector.calls import Headers, Request
from backend.inspector.snippets.parts import (
    SideFile,
    Snippet,
    command,
    headers_to_send,
    is_short_text,
    literal,
    tls_of,
    url_of,
    variables_in,
    word,
)
from backend.wire.oip.rest import HEADER_LENGTH

REPLY_FILE = "reply.bin"

_WITH_BODY = ("POST", "PUT", "PATCH")


def curl(request: Request, target: Target) -> Snippet:
    """The command that sends the same body, byte for byte; raises UsageError for a gRPC request.

    A short text stands in the command, anything else in a file beside it.
    """
    if not request.rest:
        raise UsageError("curl speaks REST; copy a gRPC request as grpcurl or Python.")
    url, headers = url_of(request, target), headers_to_send(request, target)
    body = request.body
    packed = is_packed(request, headers)
    inline = is_short_text(body) and not packed
    name = "body.json" if body[:1] in (b"{", b"[") and is_text(body) else "body.bin"
    options = [
        *_method(request),
        *_tls(target, url),
        *_headers(headers, request, packed=packed),
        *_body(request, name, inline=inline, packed=packed),
        *([("--max-time", f"{request.deadline_s:g}")] if request.deadline_s else []),
        # curl does not write bytes to a terminal.
        *([("--output", REPLY_FILE)] if _binary(headers) else []),
    ]
    line = command("curl", options)
    text = f"gzip --stdout {name} | {line}" if packed else line
    files = (SideFile(name, body),) if body and not inline else ()
    return Snippet("sh", f"{text}\n", files, variables_in((url, *(value for _, value in headers))))


def is_packed(request: Request, headers: Headers) -> bool:
    """Whether the body is to be compressed: not if a header says that it is already."""
    typed = {name.lower() for name, _ in headers}
    packed = request.compression is Compression.GZIP and "content-encoding" not in typed
    return packed and bool(request.body)


def is_text(body: bytes) -> bool:
    """Whether a body is all UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _method(request: Request) -> Iterator[tuple[str, ...]]:
    if request.verb == "HEAD":
        yield ("--head",)
    elif request.verb != "GET" or request.body:
        yield ("--request", literal(request.verb))


def _tls(target: Target, url: str) -> Iterator[tuple[str, ...]]:
    tls = tls_of(target, rest=True)
    if tls is not None:
        if not tls.verify:
            yield ("--insecure",)
        files = (
            ("--cacert", tls.ca_file),
            ("--cert", tls.certificate_file),
            ("--key", tls.key_file),
        )
        yield from ((option, literal(file)) for option, file in files if file)
    if tls is not None and tls.server_name:
        place = urlsplit(target.rest)
        port = place.port or 443
        where = f"{tls.server_name}:{port}:{place.hostname}:{port}"
        yield ("--connect-to", literal(where))
        url = url.replace(f"//{place.netloc}", f"//{tls.server_name}:{port}", 1)
    # Brackets, braces and dots mean something to curl unless it is told otherwise.
    yield ("--globoff", "--path-as-is", word(url))


def _headers(headers: Headers, request: Request, *, packed: bool) -> Iterator[tuple[str, ...]]:
    for name, value in headers:
        # With nothing after the colon curl would leave the header out.
        yield ("--header", word(f"{name}: {value}") if value else literal(f"{name};"))
    if packed:
        yield ("--header", literal("Content-Encoding: gzip"))
    typed = {name.lower() for name, _ in headers}
    if _has_body(request) and "content-type" not in typed:
        # curl would call it a form.
        yield ("--header", literal("Content-Type:"))


def _body(request: Request, name: str, *, inline: bool, packed: bool) -> Iterator[tuple[str, ...]]:
    if not _has_body(request):
        return
    if inline:
        yield ("--data-raw", literal(request.body.decode()))
    else:
        yield ("--data-binary", "@-" if packed else f"@{name}")


def _has_body(request: Request) -> bool:
    return bool(request.body) or request.verb in _WITH_BODY


def _binary(headers: Headers) -> bool:
    return any(name.lower() == HEADER_LENGTH.lower() for name, _ in headers)
