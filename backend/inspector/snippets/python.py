"""A request as a Python script: with `requests` over REST, with `grpc` over gRPC."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor

from backend.core.choices import Compression
from backend.core.errors import InvalidInput, ReplyMismatch, UsageError
from backend.core.target import Target, Tls
from backend.inspector.calls import Headers, MethodKind, Request
from backend.inspector.methods import Method
from backend.inspector.snippets.curl_command import is_packed, is_text
from backend.inspector.snippets.grpcurl_command import bundled_proto, json_of
from backend.inspector.snippets.parts import (
    INLINE,
    SideFile,
    Snippet,
    grpc_address,
    headers_to_send,
    pieces,
    tls_of,
    url_of,
    variables_in,
)
from backend.wire.oip.rest import HEADER_LENGTH

_HERE = "HERE = Path(__file__).parent"
_CALLS = {
    MethodKind.UNARY: "unary_unary",
    MethodKind.SERVER_STREAM: "unary_stream",
    MethodKind.CLIENT_STREAM: "stream_unary",
    MethodKind.BIDI_STREAM: "stream_stream",
}


def python_requests(request: Request, target: Target) -> Snippet:
    """A script that sends the same body with `requests` and prints the reply's JSON or text.

    Raises UsageError for a gRPC request.
    """
    if not request.rest:
        raise UsageError("requests speaks REST; copy a gRPC request as Python with grpc.")
    url, headers = url_of(request, target), headers_to_send(request, target)
    variables = variables_in((url, *(value for _, value in headers)))
    packed, body = is_packed(request, headers), request.body
    files = _side_file(body, "body.json" if is_text(body) else "body.bin")
    payload = f'(HERE / "{files[0].name}").read_bytes()' if files else repr(body)
    sent: list[tuple[str, str]] = [(repr(name), python_text(value)) for name, value in headers]
    sent += [(repr("Content-Encoding"), repr("gzip"))] if packed else []
    lines = [
        *_imports(
            ("gzip",) if packed else (), ("requests",), files=bool(files), os=bool(variables)
        ),
        f"url = {python_text(url)}",
        "headers = {",
        *(f"    {name}: {value}," for name, value in sent),
        "}",
        *([f"body = {payload}"] if body else []),
        "",
        "reply = requests.request(",
        f"    {request.verb!r},",
        "    url,",
        "    headers=headers,",
        *([f"    data={'gzip.compress(body)' if packed else 'body'},"] if body else []),
        f"    timeout={request.deadline_s or target.deadline_s!r},",
        *_requests_tls(tls_of(target, rest=True)),
        ")",
        "print(reply.status_code, reply.reason)",
        f'size = int(reply.headers.get("{HEADER_LENGTH}", len(reply.content)))',
        'print(reply.content[:size].decode("utf-8", "replace"))',
        "if size < len(reply.content):",
        '    print(f"and {len(reply.content) - size} bytes of tensors")',
    ]
    tls = tls_of(target, rest=True)
    notes = ("requests cannot expect another name in the certificate than the address has.",)
    return Snippet(
        "python",
        "\n".join(lines) + "\n",
        files,
        variables,
        notes if tls is not None and tls.server_name else (),
    )


def python_grpc(request: Request, target: Target, method: Method) -> Snippet:
    """A script that sends the same messages with `grpc` and prints each reply.

    A method of a schema that ships with Inferdeck gets readable messages, by help of grpcio-tools;
    any other sends and prints bytes. Raises UsageError for a REST request.
    """
    if request.rest or method.input is None or method.output is None:
        raise UsageError("grpc speaks gRPC; copy a REST request as Python with requests.")
    proto = bundled_proto(method)
    headers = tuple((name.lower(), value) for name, value in headers_to_send(request, target))
    variables = variables_in(value for _, value in headers)
    texts, files = _messages(request, method.input, readable=proto is not None)
    typed = proto is not None
    tls = tls_of(target, rest=False)
    coded = any(name.endswith("-bin") for name, _ in headers)
    with_json = any("json_format" in text for text in texts)
    imports = _imports(
        (*(("base64",) if coded else ()), *(("sys",) if typed else ())),
        ("grpc", *(("google.protobuf.json_format",) if with_json else ())),
        files=bool(files) or _has_tls_files(tls),
        os=bool(variables),
    )
    single = not request.kind.server_streams
    lines = [
        *imports,
        *(
            [
                f"sys.path.insert(0, {str(proto.parent)!r})",
                f"protos = grpc.protos({proto.name!r})  # needs grpcio-tools",
                "",
            ]
            if proto is not None
            else []
        ),
        "messages = [",
        *(f"    {text}," for text in texts),
        "]",
        f"metadata = {_metadata(headers)}",
        f"options = {_options(request, tls)}",
        f"with {_channel(target, tls)} as channel:",
        f"    call = channel.{_CALLS[request.kind]}(",
        f"        {request.path!r},",
        *(
            [
                f"        request_serializer=protos.{_nested(method.input)}.SerializeToString,",
                f"        response_deserializer=protos.{_nested(method.output)}.FromString,",
            ]
            if typed
            else []
        ),
        "    )",
        f"    replies = call({_arguments(request, target)})",
        f"    for reply in {'[replies]' if single else 'replies'}:",
        "        print(reply)",
    ]
    return Snippet("python", "\n".join(lines) + "\n", files, variables)


def python_text(template: str) -> str:
    """A string of Python in which ``${NAME}`` comes from the environment."""
    found = list(pieces(template))
    parts = [f"os.environ[{text!r}]" if variable else repr(text) for text, variable in found]
    return " + ".join(parts) or "''"


def _imports(
    standard: tuple[str, ...], others: tuple[str, ...], *, files: bool, os: bool
) -> Iterator[str]:
    yield from (f"import {name}" for name in sorted((*standard, *(("os",) if os else ()))))
    if files:
        yield "from pathlib import Path"
    if files or os or standard:
        yield ""
    for name in others:
        package, _, module = name.rpartition(".")
        yield f"from {package} import {module}" if package else f"import {name}"
    yield ""
    if files:
        yield _HERE


def _side_file(body: bytes, name: str) -> tuple[SideFile, ...]:
    return (SideFile(name, body),) if len(body) > INLINE else ()


def _requests_tls(tls: Tls | None) -> Iterator[str]:
    if tls is None:
        return
    if not tls.verify:
        yield "    verify=False,"
    elif tls.ca_file:
        yield f"    verify={tls.ca_file!r},"
    if tls.certificate_file:
        key = tls.key_file or tls.certificate_file
        yield f"    cert=({tls.certificate_file!r}, {key!r}),"


def _messages(
    request: Request, kind: Descriptor, *, readable: bool
) -> tuple[list[str], tuple[SideFile, ...]]:
    """An expression for each message, and the files that hold the long ones."""
    texts: list[str] = []
    files: list[SideFile] = []
    left = INLINE
    for place, message in enumerate(request.messages):
        made = f"protos.{_nested(kind)}" if readable else ""
        json = _json_or_nothing(kind, message) if readable and len(message) < left else ""
        if json and len(json) <= left:
            left -= len(json)
            texts.append(f"json_format.Parse({json!r}, {made}())")
            continue
        if len(message) <= left:
            left -= len(message)
            data = repr(message)
        else:
            number = f"_{place + 1}" if len(request.messages) > 1 else ""
            files.append(SideFile(f"message{number}.bin", message))
            data = f'(HERE / "{files[-1].name}").read_bytes()'
        texts.append(f"{made}.FromString({data})" if readable else data)
    return texts, tuple(files)


def _json_or_nothing(kind: Descriptor, message: bytes) -> str:
    try:
        return json_of(kind, message)
    except (InvalidInput, ReplyMismatch):
        return ""


def _nested(kind: Descriptor) -> str:
    """A message's name within its module."""
    package = kind.file.package
    return str(kind.full_name).removeprefix(f"{package}.") if package else str(kind.full_name)


def _metadata(headers: Headers) -> str:
    pairs = [f"({name!r}, {_binary_or_text(name, value)})" for name, value in headers]
    return f"[{', '.join(pairs)}]"


def _binary_or_text(name: str, value: str) -> str:
    if name.endswith("-bin"):
        return f"base64.b64decode({python_text(value)})"
    return python_text(value)


def _options(request: Request, tls: Tls | None) -> str:
    options: list[tuple[str, int | str]] = [
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", request.message_limit),
    ]
    if tls is not None and tls.server_name:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    return repr(options)


def _channel(target: Target, tls: Tls | None) -> str:
    address = repr(grpc_address(target))
    if tls is None:
        return f"grpc.insecure_channel({address}, options)"
    given = (
        ("root_certificates", tls.ca_file),
        ("private_key", tls.key_file),
        ("certificate_chain", tls.certificate_file),
    )
    files = ", ".join(f"{name}=Path({file!r}).read_bytes()" for name, file in given if file)
    return f"grpc.secure_channel({address}, grpc.ssl_channel_credentials({files}), options)"


def _has_tls_files(tls: Tls | None) -> bool:
    return tls is not None and bool(tls.ca_file or tls.key_file or tls.certificate_file)


def _arguments(request: Request, target: Target) -> str:
    first = "iter(messages)" if request.kind.client_streams else "messages[0]"
    packed = request.compression is Compression.GZIP
    deadline = request.deadline_s or (None if request.kind.streams else target.deadline_s)
    return ", ".join(
        (
            first,
            "metadata=metadata",
            *((f"timeout={deadline!r}",) if deadline else ()),
            *(("compression=grpc.Compression.Gzip",) if packed else ()),
        )
    )
