"""Requests copied as code do the same when they are run against a real server."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from backend.core.choices import Compression, Serialization
from backend.core.errors import UsageError
from backend.core.inference import InferRequest, RequestedOutput
from backend.core.target import Credentials, Target, Tls
from backend.core.tensors import Datatype, Tensor
from backend.inspector.calls.exchange import MethodKind, Request
from backend.inspector.forms.tensor_form import to_request
from backend.inspector.methods.listing import Method, methods_of
from backend.inspector.methods.schema import bundled_schema
from backend.inspector.snippets.curl_command import REPLY_FILE, curl
from backend.inspector.snippets.grpcurl_command import MESSAGES_FILE, grpcurl
from backend.inspector.snippets.parts import PROTOS, Snippet, literal, word
from backend.inspector.snippets.python import python_grpc, python_requests
from backend.inspector.snippets.tritonclient import python_tritonclient
from backend.wire.generated.open_inference_pb2 import ModelInferRequest
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest

SECRET = "s3cret-of-mine"
ELSEWHERE = Target("t", "http://127.0.0.1:1", "127.0.0.1:1")
METHODS = {method.path: method for method in methods_of(bundled_schema())}


def identity(count: int = 4) -> InferRequest:
    values = (np.arange(count) % 251).astype(np.uint8)
    return InferRequest("identity", (Tensor("INPUT0", Datatype.UINT8, values),), id="it's me")


def method_of(request: Request) -> Method:
    return METHODS[request.path]


def run(snippet: Snippet, folder: Path, *arguments: str, **environment: str) -> str:
    """What the snippet prints, run in its own folder."""
    snippet.save(folder)
    script = folder / f"snippet.{'py' if snippet.language == 'python' else 'sh'}"
    script.write_text(snippet.text)
    done = subprocess.run(
        [*arguments, str(script)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "NO_PROXY": "*", **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"{snippet.text}\n{done.stderr.decode()}"
    return done.stdout.decode()


@pytest.mark.parametrize("serialization", [Serialization.JSON, Serialization.BINARY])
@pytest.mark.parametrize("count", [4, 6000])
@pytest.mark.parametrize("compression", list(Compression))
def test_curl_gets_the_answer(
    target: Target,
    tmp_path: Path,
    program: Callable[[str], str],
    serialization: Serialization,
    count: int,
    compression: Compression,
) -> None:
    program("curl")
    request = to_request(identity(count), serialization, "t", compression=compression, deadline_s=9)
    snippet = curl(request, target)
    long = len(request.body) > 4096 or compression is Compression.GZIP
    assert bool(snippet.files) == (long or serialization is Serialization.BINARY)
    printed = run(snippet, tmp_path, "sh")
    if serialization is Serialization.BINARY:
        body = (tmp_path / REPLY_FILE).read_bytes()
        size = body.index(b"}]}") + 3
        headers = {oip_rest.HEADER_LENGTH: str(size)}
        answer = oip_rest.decode_response(headers, body)
    else:
        answer = oip_rest.decode_response({}, printed.encode())
    assert answer.id == "it's me"
    assert np.array_equal(answer.outputs[0].data, identity(count).inputs[0].data)


def test_curl_gets_without_a_body_and_posts_an_empty_one(
    target: Target, tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("curl")
    about = Request("t", MethodKind.REST, "/v2", verb="GET")
    assert "name" in json.loads(run(curl(about, target), tmp_path, "sh"))
    index = Request("t", MethodKind.REST, "/v2/repository/index", verb="POST")
    rows = json.loads(run(curl(index, target), tmp_path, "sh"))
    assert "identity" in [row["name"] for row in rows]


@pytest.mark.parametrize("serialization", [Serialization.JSON, Serialization.BINARY])
@pytest.mark.parametrize("count", [4, 6000])
def test_python_with_requests_gets_the_answer(
    target: Target, tmp_path: Path, serialization: Serialization, count: int
) -> None:
    packed = Compression.GZIP if count > 4 else Compression.NONE
    request = to_request(identity(count), serialization, "t", compression=packed)
    snippet = python_requests(request, target)
    assert bool(snippet.files) == (len(request.body) > 4096)
    printed = run(snippet, tmp_path, sys.executable)
    status, answer, *more = printed.splitlines()
    assert status == "200 OK"
    assert json.loads(answer)["id"] == "it's me"
    assert bool(more) == (serialization is Serialization.BINARY)


@pytest.mark.parametrize("serialization", [Serialization.TYPED, Serialization.RAW])
@pytest.mark.parametrize("stream", [False, True])
def test_python_with_grpc_gets_the_answer(
    target: Target, tmp_path: Path, serialization: Serialization, stream: bool
) -> None:
    count = 6000 if stream else 4
    request = to_request(identity(count), serialization, "t", stream=stream, deadline_s=20)
    if stream:
        request = replace(request, messages=(*request.messages, b"\n\x08identity\x1a\x01x"))
    snippet = python_grpc(request, target, method_of(request))
    assert bool(snippet.files) == stream
    printed = run(snippet, tmp_path, sys.executable)
    assert 'id: "it\\\'s me"' in printed
    assert 'model_name: "identity"' in printed
    assert ("error_message" in printed) == stream


def test_python_with_grpc_calls_what_no_schema_of_ours_describes(
    target: Target, tmp_path: Path
) -> None:
    path = "/grpc.health.v1.Health/Check"
    metadata = (("X-Trace-Bin", "AP8="), ("X-A", "b"))
    request = Request(
        "t", MethodKind.UNARY, path, (b"",), headers=metadata, compression=Compression.GZIP
    )
    printed = run(python_grpc(request, target, METHODS[path]), tmp_path, sys.executable)
    assert printed == "b'\\x08\\x01'\n"


def test_grpcurl_names_the_schema_and_the_same_message() -> None:
    request = to_request(identity(), Serialization.RAW, "t", deadline_s=2.5)
    snippet = grpcurl(request, ELSEWHERE, method_of(request))
    words = shlex.split(snippet.text)
    assert words[0] == "grpcurl"
    assert "-plaintext" in words
    folder, proto = words[words.index("-import-path") + 1], words[words.index("-proto") + 1]
    assert (Path(folder), proto) == (PROTOS, "open_inference.proto")
    assert (PROTOS / proto).is_file()
    sent = json_format.Parse(words[words.index("-d") + 1], ModelInferRequest())
    assert oip_grpc.decode_request(sent.SerializeToString()).id == "it's me"
    assert words[-2:] == ["127.0.0.1:1", "inference.GRPCInferenceService/ModelInfer"]
    long = to_request(identity(6000), Serialization.RAW, "t")
    snippet = grpcurl(long, ELSEWHERE, method_of(long))
    assert snippet.text.endswith(f"< {MESSAGES_FILE}\n")
    (file,) = snippet.files
    assert json_format.Parse(file.data.decode(), ModelInferRequest()).id == "it's me"


def test_secrets_become_variables_everywhere(
    target: Target, tmp_path: Path, program: Callable[[str], str]
) -> None:
    credentials = Credentials(SECRET, (("X-Api-Key", SECRET), ("X-Team", "${TEAM}")))
    guarded = replace(target, credentials=credentials)
    rest = to_request(
        identity(),
        Serialization.JSON,
        "t",
        headers=(("Cookie", f"id={SECRET}"), ("X-A", "$HOME `x`")),
    )
    grpc = to_request(identity(), Serialization.RAW, "t")
    snippets = (
        curl(rest, guarded),
        python_requests(rest, guarded),
        python_tritonclient(rest, guarded),
        python_grpc(grpc, guarded, method_of(grpc)),
        grpcurl(grpc, guarded, method_of(grpc)),
        python_tritonclient(grpc, guarded),
    )
    for snippet in snippets:
        assert SECRET not in snippet.text
        assert set(snippet.variables) >= {"TOKEN", "X_API_KEY", "TEAM"}
    variables = {name: f"the {name}" for name in ("TOKEN", "X_API_KEY", "TEAM", "COOKIE")}
    program("curl")
    assert "it's me" in run(snippets[0], tmp_path, "sh", **variables)
    assert "it's me" in run(snippets[1], tmp_path, sys.executable, **variables)
    assert "identity" in run(snippets[3], tmp_path, sys.executable, **variables)


def test_tls_is_told_to_every_program() -> None:
    tls = Tls(ca_file="/c a.pem", certificate_file="/c.pem", key_file="/k.pem", server_name="x.y")
    safe = replace(ELSEWHERE, rest="https://127.0.0.1:1", tls=tls)
    rest = to_request(identity(), Serialization.JSON, "t")
    grpc = to_request(identity(), Serialization.RAW, "t")
    words = shlex.split(curl(rest, safe).text)
    assert words[words.index("--cacert") + 1] == "/c a.pem"
    assert words[words.index("--connect-to") + 1] == "x.y:1:127.0.0.1:1"
    assert "https://x.y:1/v2/models/identity/infer" in words
    assert "-cacert" in grpcurl(grpc, safe, method_of(grpc)).text
    for snippet in (
        python_requests(rest, safe),
        python_grpc(grpc, safe, method_of(grpc)),
        python_tritonclient(rest, safe),
        python_tritonclient(grpc, safe),
    ):
        assert "/c a.pem" in snippet.text
        compile(snippet.text, "snippet", "exec")
    assert "--insecure" in curl(rest, replace(safe, tls=Tls(verify=False))).text


@pytest.mark.parametrize("serialization", list(Serialization))
def test_tritonclient_scripts_hold_every_tensor(
    serialization: Serialization, tmp_path: Path
) -> None:
    tensors = [
        Tensor("A/b", Datatype.FP32, np.array([[0.1, 1e30]], np.float32)),
        Tensor("B", Datatype.BOOL, np.array([True])),
        Tensor.of_bytes("T", b"a'b", b"c"),
        Tensor("L", Datatype.INT64, np.arange(5000)),
        Tensor("S", Datatype.FP64, np.full((2, 2), 0.5)),
    ]
    inference = InferRequest(
        "m o",
        tuple(tensors),
        "2",
        "7",
        {"priority": 1, "x": "y"},
        (RequestedOutput("Y", {"classification": 3}),),
    )
    request = to_request(inference, serialization, "t")
    snippet = python_tritonclient(request, ELSEWHERE)
    compile(snippet.text, "snippet", "exec")
    snippet.save(tmp_path)
    assert np.array_equal(np.load(tmp_path / "L.npy"), tensors[3].data)
    for expected in (
        "np.array([0.1, 1e+30], np.float32).reshape([1, 2])",
        "np.full([2, 2], 0.5, np.float64)",
        "priority=1,",
        "parameters={'x': 'y'},",
        "class_count=3",
        "model_version='2',",
        "model_name='m o',",
    ):
        assert expected in snippet.text
    assert bool(snippet.notes) == (serialization is Serialization.TYPED)


def test_code_of_another_kind_is_refused() -> None:
    rest = Request("t", MethodKind.REST, "/v2", verb="GET")
    grpc = to_request(identity(), Serialization.RAW, "t")
    for make in (curl, python_requests):
        with pytest.raises(UsageError):
            make(grpc, ELSEWHERE)
        with pytest.raises(UsageError, match="no REST address"):
            make(rest, Target("t", "", "x:1"))
    for other in (grpcurl, python_grpc):
        with pytest.raises(UsageError):
            other(rest, ELSEWHERE, method_of(grpc))
        with pytest.raises(UsageError, match="no gRPC address"):
            other(grpc, Target("t", "http://x"), method_of(grpc))
    with pytest.raises(UsageError):
        python_tritonclient(rest, ELSEWHERE)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_shell_words_are_exactly_the_text(text: str) -> None:
    assert shlex.split(literal(text)) == [text]
    if "${" not in text:
        assert shlex.split(word(text)) == [text]


def test_the_shell_fills_in_only_variables(tmp_path: Path) -> None:
    snippet = Snippet("sh", f"printf %s {word('a $HOME ${NAME} `x` !')}\n")
    assert run(snippet, tmp_path, "sh", NAME="n $HOME") == "a $HOME n $HOME `x` !"
