"""Runs Triton's public client examples and perf_analyzer against this server, and Triton beside it.

    .venv/bin/python -m tests.peers.public_suites CLIENT_ENV [--triton-env ENV]

CLIENT_ENV is a virtual environment with ``tritonclient[all]==2.50.0``, the last one whose wheel
holds perf_analyzer. ENV is one with ``nvidia-pytriton``, whose wheel holds a Triton that runs on
the CPU, and two libraries that perf_analyzer wants and must otherwise find by itself. Prints a line
for each run, and the table for docs/server.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.example_models import write_examples
from tests.peers.peer_servers import free_ports, run_until_ready

ROOT = Path(__file__).parents[2]
_COUNT = 200
_LIMIT_S = 90
_SHARED = ("--shared-memory", "system", "--output-shared-memory-size", "1024")
_SEQUENCE = ("--num-of-sequences", "3", "--sequence-length", "5")
_HTTP, _GRPC = ("-i", "http"), ("-i", "grpc")
_JSON = ("--input-tensor-format", "json", "--output-tensor-format", "json")

MODES: Mapping[str, Sequence[str]] = {
    "HTTP, synchronous": (*_HTTP, "--sync"),
    "HTTP, asynchronous": (*_HTTP, "--async"),
    "HTTP, JSON tensors": (*_HTTP, *_JSON),
    "HTTP, synchronous, shared memory": (*_HTTP, "--sync", *_SHARED),
    "HTTP, asynchronous, shared memory": (*_HTTP, "--async", *_SHARED),
    "HTTP, JSON tensors, shared memory": (*_HTTP, *_JSON, *_SHARED),
    "HTTP, batches of 4": (*_HTTP, "-b", "4"),
    "HTTP, request rate": (*_HTTP, "--request-rate-range", "100"),
    "HTTP, sequences": (*_HTTP, "-m", "simple_sequence", *_SEQUENCE),
    "HTTP, concurrency 200": (*_HTTP, "--async", "--concurrency-range", "200"),
    "gRPC, synchronous": (*_GRPC, "--sync"),
    "gRPC, asynchronous": (*_GRPC, "--async"),
    "gRPC, synchronous, shared memory": (*_GRPC, "--sync", *_SHARED),
    "gRPC, asynchronous, shared memory": (*_GRPC, "--async", *_SHARED),
    "gRPC, gzip": (*_GRPC, "--grpc-compression-algorithm", "gzip"),
    "gRPC, request rate": (*_GRPC, "--request-rate-range", "100"),
    "gRPC, sequences": (*_GRPC, "-m", "simple_sequence", *_SEQUENCE),
    "gRPC, concurrency 200": (*_GRPC, "--async", "--concurrency-range", "200"),
    "gRPC stream": (*_GRPC, "--streaming"),
    "gRPC stream, shared memory": (*_GRPC, "--streaming", *_SHARED),
    "gRPC stream, sequences": (*_GRPC, "--streaming", "-m", "simple_sequence", *_SEQUENCE),
    "gRPC stream, decoupled": (
        *(*_GRPC, "--streaming", "-m", "repeat_int32", "--concurrency-range", "2"),
        *("--shape", "IN:4", "--shape", "DELAY:4", "--input-data", "zero"),
    ),
}
"""perf_analyzer's options of each mode; without ``-m`` the model is `simple`."""


@dataclass(frozen=True)
class Addresses:
    """Where a server listens, as host:port."""

    rest: str
    grpc: str


@contextmanager
def ours(folder: Path, repository: Path) -> Iterator[Addresses]:
    """This server with the repository's models."""
    rest, grpc = free_ports()
    command = [
        *(sys.executable, str(ROOT / "main.py"), "serve", "--no-bundled-models"),
        *("--rest-port", str(rest), "--grpc-port", str(grpc)),
        *("--model-repository", str(repository), "--allow-python-models"),
        *("--model-control-mode", "explicit", "--load-model", "*"),
    ]
    with run_until_ready(command, folder / "ours.log", _ready(rest)):
        yield Addresses(f"127.0.0.1:{rest}", f"127.0.0.1:{grpc}")


@contextmanager
def pytriton(folder: Path, repository: Path, env: Path) -> Iterator[Addresses]:
    """The Triton of pytriton's wheel with the same models."""
    home, (rest, grpc) = folder / "triton", free_ports()
    wheel = _site(env) / "pytriton" / "tritonserver"
    for part in ("bin", "backends"):
        shutil.copytree(wheel / part, home / part)
    version = _site(env).parent.name.removeprefix("python")
    stub = wheel / "python_backend_stubs" / version / "triton_python_backend_stub"
    shutil.copy(stub, home / "backends" / "python")
    command = [
        *(str(home / "bin" / "tritonserver"), f"--model-repository={repository}"),
        *(f"--backend-directory={home / 'backends'}", "--allow-metrics=false"),
        *(f"--http-port={rest}", f"--grpc-port={grpc}", "--model-control-mode=explicit"),
        *("--http-address=127.0.0.1", "--grpc-address=127.0.0.1", "--load-model=*"),
    ]
    asked = [
        str(env / "bin" / "python"),
        "-c",
        "import sysconfig as s; print(s.get_config_var('LIBDIR'))",
    ]
    python = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    more = {
        "LD_LIBRARY_PATH": f"{_site(env) / 'nvidia_pytriton.libs'}:{python}",
        "PYTHONPATH": str(_site(env)),
        "PATH": f"{env / 'bin'}:{os.environ['PATH']}",
    }
    with run_until_ready(command, folder / "triton.log", _ready(rest), more):
        yield Addresses(f"127.0.0.1:{rest}", f"127.0.0.1:{grpc}")


def run_examples(client: Path, where: Addresses) -> dict[str, bool]:
    """Each flow of `example_flows`, and whether it passed."""
    command = [str(client / "bin" / "python"), "-m", "tests.peers.example_flows"]
    command += ["--rest", where.rest, "--grpc", where.grpc]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    print(done.stdout, done.stderr, sep="\n", flush=True)
    rows = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    return {row[1]: row[0] == "ok" for row in rows if row and row[0] in ("ok", "FAILED")}


def run_modes(client: Path, where: Addresses, links: Path | None) -> dict[str, bool]:
    """Each mode of perf_analyzer, and whether it measured without an error."""
    env = {**os.environ, **({"LD_LIBRARY_PATH": str(links)} if links else {})}
    found = {}
    for name, options in MODES.items():
        found[name] = problem = _problem(client / "bin" / "perf_analyzer", where, options, env)
        print(f"FAILED  {name}\n{problem}" if problem else f"ok      {name}", flush=True)
    return {name: not problem for name, problem in found.items()}


def _problem(
    program: Path, where: Addresses, options: Sequence[str], env: Mapping[str, str]
) -> str:
    """What perf_analyzer says if it fails, '' if it does not."""
    model = () if "-m" in options else ("-m", "simple")
    address = where.rest if "http" in options else where.grpc
    command = [str(program), *model, "-u", address, "--request-count", str(_COUNT), *options]
    if not {"--concurrency-range", "--request-rate-range"} & set(options):
        command += ["--concurrency-range", "4"]
    try:
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as late:
        return f"did not end within {late.timeout} s"
    said = done.stdout + done.stderr
    fine = not done.returncode and "throughput:" in said and "rror" not in done.stderr
    return "" if fine else said[-1500:]


def libraries(folder: Path, env: Path) -> Path:
    """The libraries that perf_analyzer links to, under the names by which it looks for them."""
    there = folder / "libraries"
    there.mkdir()
    for pattern, name in (("libb64-*", "libb64.so.0d"), ("libcudart-*", "libcudart.so.12")):
        (found,) = (_site(env) / "nvidia_pytriton.libs").glob(pattern)
        (there / name).symlink_to(found)
    return there


def _site(env: Path) -> Path:
    (found,) = env.glob("lib/python3.*/site-packages")
    return found


def _ready(port: int) -> str:
    return f"http://127.0.0.1:{port}/v2/health/ready"


def _table(results: Mapping[str, Mapping[str, Mapping[str, bool]]]) -> str:
    """Suites down, servers across."""
    rows = [f"| | {' | '.join(results)} |", f"|---|{'---|' * len(results)}"]
    for suite in next(iter(results.values())):
        counts = [results[server][suite].values() for server in results]
        rows.append(f"| {suite} | {' | '.join(f'{sum(c)} of {len(c)}' for c in counts)} |")
    return "\n".join(rows)


def main() -> int:
    """Run everything; 1 if anything fails against this server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client_env", type=Path)
    parser.add_argument("--triton-env", type=Path)
    given = parser.parse_args()
    client = given.client_env.absolute()
    triton = given.triton_env.absolute() if given.triton_env else None
    results = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_examples(folder / "models")
        links = libraries(folder, triton) if triton else None
        servers = {"this server": ours(folder, folder / "models")}
        if triton is not None:
            servers["Triton"] = pytriton(folder, folder / "models", triton)
        for name, server in servers.items():
            with server as where:
                print(f"== {name}", json.dumps(vars(where)))
                results[name] = {
                    "client examples": run_examples(client, where),
                    "perf_analyzer modes": run_modes(client, where, links),
                }
    print(_table(results))
    return 0 if all(all(suite.values()) for suite in results["this server"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
