"""An inference as a Python script with `tritonclient`."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from backend.core.choices import Compression
from backend.core.errors import UsageError
from backend.core.inference import BINARY_DATA_OUTPUT, InferRequest, Parameter, RequestedOutput
from backend.core.target import Target, Tls
from backend.core.tensors import Array, Datatype, Tensor
from backend.inspector.calls import Headers, Request
from backend.inspector.forms import CLASSIFICATION
from backend.inspector.snippets.parts import (
    INLINE,
    SideFile,
    Snippet,
    file_name,
    grpc_address,
    headers_to_send,
    tls_of,
    url_of,
    variables_in,
)
from backend.inspector.snippets.python import python_text
from backend.inspector.views import is_inference, sent_inference, values_of
from backend.wire.elements import to_raw
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest

_OWN_HEADERS = ("content-type", oip_rest.HEADER_LENGTH.lower())
_OWN_ARGUMENTS = ("sequence_id", "sequence_start", "sequence_end", "priority", "timeout")
_ALWAYS_RAW = "tritonclient always sends raw contents."


def python_tritonclient(request: Request, target: Target) -> Snippet:
    """A script that asks the same inferences and prints each output.

    Raises UsageError for anything but an inference, InvalidInput for one that cannot be read.
    """
    if not is_inference(request) or not request.messages:
        raise UsageError("tritonclient makes inferences; copy other requests as another kind.")
    rest = request.rest
    inferences = [sent_inference(request, message) for message in request.messages]
    headers = tuple(
        (name, value)
        for name, value in headers_to_send(request, target)
        if name.lower() not in _OWN_HEADERS
    )
    writer = _Writer(rest=rest, binary=not rest or _is_binary(request))
    stream = request.kind.streams
    calls = [line for inference in inferences for line in writer.call(inference, stream=stream)]
    tls = tls_of(target, rest=rest)
    body = (
        _stream(calls, len(inferences), headers, request)
        if stream
        else calls + _once(headers, request)
    )
    variables = variables_in(value for _, value in headers)
    lines = [
        *(["import os"] if variables else []),
        *(["import queue"] if stream else []),
        *(["from pathlib import Path"] if writer.files else []),
        *([""] if variables or stream or writer.files else []),
        "import numpy as np",
        f"import tritonclient.{'http' if rest else 'grpc'} as triton",
        *(["from tritonclient.utils import deserialize_bytes_tensor"] if writer.texts else []),
        "",
        *(["HERE = Path(__file__).parent"] if writer.files else []),
        f"client = triton.InferenceServerClient({_place(request, target, tls)})",
        *body,
        "client.close()",
    ]
    typed = not rest and any(map(oip_grpc.has_typed_inputs, request.messages))
    return Snippet(
        "python",
        "\n".join(lines) + "\n",
        tuple(writer.files),
        variables,
        (_ALWAYS_RAW,) if typed else (),
    )


class _Writer:
    """Writes inferences, and the files that hold their large inputs."""

    def __init__(self, *, rest: bool, binary: bool) -> None:
        self._rest = rest
        self._binary = binary
        self._left = INLINE
        self.files: list[SideFile] = []
        self.texts = False

    def call(self, inference: InferRequest, *, stream: bool) -> Iterator[str]:
        """The lines that make the inputs and ask for the outputs."""
        yield "inputs = []"
        for tensor in inference.inputs:
            data = self._data(tensor)
            yield (
                f"tensor = triton.InferInput({tensor.name!r}, {list(tensor.shape)}, "
                f"{str(tensor.datatype)!r})"
            )
            how = f", binary_data={self._binary}" if self._rest else ""
            yield f"tensor.set_data_from_numpy({data}{how})"
            yield "inputs.append(tensor)"
        yield f"outputs = {self._outputs(inference.outputs)}"
        call = "client.async_stream_infer(" if stream else "reply = client.infer("
        yield call
        yield from (f"    {name}={text}," for name, text in _arguments(inference).items())
        if stream:
            yield ")"

    def _outputs(self, outputs: Sequence[RequestedOutput]) -> str:
        if not outputs:
            return "None"
        made = []
        for output in outputs:
            count = output.parameters.get(CLASSIFICATION)
            how = f", binary_data={output.binary is not False}" if self._rest else ""
            how += f", class_count={int(count)}" if isinstance(count, int) else ""
            made.append(f"triton.InferRequestedOutput({output.name!r}{how})")
        return f"[{', '.join(made)}]"

    def _data(self, tensor: Tensor) -> str:
        """An expression for the elements: in the text while there is room, else from a file."""
        text = _literal(tensor) if tensor.data.size <= self._left else None
        if text is not None and len(text) <= self._left:
            self._left -= len(text)
            return text
        taken = [file.name for file in self.files]
        if tensor.datatype is Datatype.BYTES:
            self.texts = True
            name = file_name(tensor.name, taken, ".bytes")
            self.files.append(SideFile(name, bytes(to_raw(tensor))))
            read = f'deserialize_bytes_tensor((HERE / "{name}").read_bytes())'
            return f"{read}.reshape({list(tensor.shape)})"
        name = file_name(tensor.name, taken, ".npy")
        file = io.BytesIO()
        np.save(file, _values(tensor))
        self.files.append(SideFile(name, file.getvalue()))
        return f'np.load(HERE / "{name}")'


def _values(tensor: Tensor) -> Array:
    """What tritonclient takes: BF16 as float32, the rest as it is."""
    return values_of(tensor, 0, tensor.data.size).reshape(tensor.shape)


def _literal(tensor: Tensor) -> str:
    values = _values(tensor)
    items = values.reshape(-1).tolist()
    if tensor.datatype is Datatype.BYTES:
        return f"np.array({items!r}, dtype=object).reshape({list(tensor.shape)})"
    kind = f"np.{values.dtype.name}" if values.dtype.name != "bool" else "np.bool_"
    if values.dtype.kind == "f":
        # The shortest text that is the same number in its own width.
        texts = [_float(value) for value in values.reshape(-1)]
    else:
        texts = list(map(repr, items))
    if len(texts) > 1 and len(set(texts)) == 1:
        return f"np.full({list(tensor.shape)}, {texts[0]}, {kind})"
    return f"np.array([{', '.join(texts)}], {kind}).reshape({list(tensor.shape)})"


def _float(value: Any) -> str:
    number = float(value)
    if math.isnan(number):
        return "np.nan"
    return str(value) if math.isfinite(number) else ("np.inf" if number > 0 else "-np.inf")


def _arguments(inference: InferRequest) -> Mapping[str, str]:
    own = {
        name: inference.parameters[name] for name in _OWN_ARGUMENTS if name in inference.parameters
    }
    others: dict[str, Parameter] = {
        name: value
        for name, value in inference.parameters.items()
        if name not in own and name != BINARY_DATA_OUTPUT
    }
    arguments = {"model_name": repr(inference.model), "inputs": "inputs", "outputs": "outputs"}
    if inference.version:
        arguments["model_version"] = repr(inference.version)
    if inference.id:
        arguments["request_id"] = repr(inference.id)
    arguments |= {name: repr(value) for name, value in own.items()}
    if others:
        arguments["parameters"] = repr(others)
    return arguments


def _once(headers: Headers, request: Request) -> list[str]:
    packed = request.compression is Compression.GZIP
    algorithm = "request_compression_algorithm" if request.rest else "compression_algorithm"
    rest = "[output['name'] for output in reply.get_response()['outputs']]"
    grpc = "[output.name for output in reply.get_response().outputs]"
    return [
        *([f"    headers={_dict(headers)},"] if headers else []),
        *([f"    {algorithm}='gzip',"] if packed else []),
        ")",
        f"for name in {rest if request.rest else grpc}:",
        "    print(name, reply.as_numpy(name))",
    ]


def _stream(calls: list[str], count: int, headers: Headers, request: Request) -> list[str]:
    packed = ", compression_algorithm='gzip'" if request.compression is Compression.GZIP else ""
    given = f", headers={_dict(headers)}" if headers else ""
    return [
        "replies = queue.Queue()",
        f"client.start_stream(lambda result, error: replies.put(error or result){given}{packed})",
        *calls,
        f"for _ in range({count}):  # a decoupled model may give more, or fewer",
        f"    reply = replies.get(timeout={request.deadline_s or 30!r})",
        "    if isinstance(reply, Exception):",
        "        print(reply)",
        "        continue",
        "    for output in reply.get_response().outputs:",
        "        print(output.name, reply.as_numpy(output.name))",
        "client.stop_stream()",
    ]


def _dict(headers: Headers) -> str:
    return "{" + ", ".join(f"{n!r}: {python_text(v)}" for n, v in headers) + "}"


def _is_binary(request: Request) -> bool:
    return oip_rest.header_of(dict(request.headers), oip_rest.HEADER_LENGTH) is not None


def _place(request: Request, target: Target, tls: Tls | None) -> str:
    if not request.rest:
        return f"{grpc_address(target)!r}{_grpc_tls(tls)}"
    url_of(request, target)  # a target without an address is refused there
    place = urlsplit(target.rest)
    where = f"{place.netloc.rpartition('@')[2]}{place.path.rstrip('/')}"
    if tls is None:
        return repr(where)
    options = {
        "ca_certs": tls.ca_file,
        "certfile": tls.certificate_file,
        "keyfile": tls.key_file,
    }
    given = {name: file for name, file in options.items() if file}
    return f"{where!r}, ssl=True, ssl_options={given!r}, insecure={not tls.verify}"


def _grpc_tls(tls: Tls | None) -> str:
    if tls is None:
        return ""
    given = (
        ("root_certificates", tls.ca_file),
        ("private_key", tls.key_file),
        ("certificate_chain", tls.certificate_file),
    )
    return ", ssl=True" + "".join(f", {name}={file!r}" for name, file in given if file)
