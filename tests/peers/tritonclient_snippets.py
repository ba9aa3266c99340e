"""Requests copied as Python with tritonclient, run against the embedded server.

tritonclient lives in an environment of its own, see triton_client.py:

    .venv/bin/python tests/peers/tritonclient_snippets.py ../peers/triton-client/bin/python

Each script has to print what the model answers; the exit code is 0 if all do. With `--grpcurl`
after it the commands for that program are run too; it has to be installed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from backend.core.choices import Compression, Serialization
from backend.core.inference import InferRequest, RequestedOutput
from backend.core.target import Target
from backend.core.tensors import Datatype, Tensor
from backend.inspector.calls.exchange import Request
from backend.inspector.forms.tensor_form import to_request
from backend.inspector.methods.listing import methods_of
from backend.inspector.methods.schema import bundled_schema
from backend.inspector.snippets.grpcurl_command import grpcurl
from backend.inspector.snippets.parts import Snippet
from backend.inspector.snippets.tritonclient import python_tritonclient
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions

WAIT_S = 60


def requests() -> Iterator[tuple[str, Request, str]]:
    """A name, a request and what its answer has to show."""
    for count in (4, 6000):
        values = Tensor("INPUT0", Datatype.UINT8, (np.arange(count) % 251).astype(np.uint8))
        outputs = (RequestedOutput("OUTPUT0"),) if count == 4 else ()
        asked = InferRequest("identity", (values,), id="it's me", outputs=outputs)
        shown = "[0 1 2 3]" if count == 4 else "[  0   1   2 ..."
        for serialization in Serialization:
            yield (
                f"{serialization} {count}",
                to_request(asked, serialization, "t", compression=Compression.GZIP),
                shown,
            )
        stream = to_request(asked, Serialization.RAW, "t", stream=True, deadline_s=20)
        yield f"stream {count}", stream, shown


def run(snippet: Snippet, arguments: list[str], expected: str) -> str:
    """What went wrong, or ''."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snippet.save(folder)
        (folder / "snippet").write_text(snippet.text)
        done = subprocess.run(
            [*arguments, "snippet"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S,
        )
    if done.returncode == 0 and expected in done.stdout:
        return ""
    return f"{snippet.text}\n{done.stdout}\n{done.stderr}"


def drive(target: Target, client_python: str, *, with_grpcurl: bool) -> int:
    """Run every script; returns how many failed."""
    methods = {method.path: method for method in methods_of(bundled_schema())}
    failed = 0
    for name, request, expected in requests():
        checks = [("tritonclient", python_tritonclient(request, target), [client_python], expected)]
        if with_grpcurl and not request.rest:
            snippet = grpcurl(request, target, methods[request.path])
            checks.append(("grpcurl", snippet, ["sh"], "it's me"))
        for program, snippet, arguments, wanted in checks:
            wrong = run(snippet, arguments, wanted)
            failed += bool(wrong)
            print(f"{'FAILED' if wrong else 'ok    '} {program} {name}", wrong, flush=True)
    return failed


def main(client_python: str, *options: str) -> int:
    """Start the server and run the scripts."""
    server = EmbeddedServer(bundled_registry(), ServerOptions())
    server.start()
    try:
        target = Target("t", server.rest_url, server.grpc_address)
        return 1 if drive(target, client_python, with_grpcurl="--grpcurl" in options) else 0
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
