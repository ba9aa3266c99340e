"""Real servers of other makes, started on free ports and ended with the block."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from backend.core.target import Target
from tests.peers.peer_models import write_kserve, write_mlserver, write_repository, write_triton

_ROOT = Path(__file__).parents[2]
_START_S = 180
NO_MODELS: Mapping[str, Path] = MappingProxyType({})


@contextmanager
def triton(program: str, folder: Path, models: Mapping[str, Path] = NO_MODELS) -> Iterator[Target]:
    """Triton, by a program that takes HTTP_PORT GRPC_PORT REPOSITORY and further options."""
    rest, grpc = free_ports()
    repository = folder / "triton"
    write_triton(repository, models)
    options = ["--model-control-mode=explicit", "--load-model=*"]
    command = [program, str(rest), str(grpc), str(repository), *options]
    with run_until_ready(
        command, folder / "triton.log", f"http://127.0.0.1:{rest}/v2/health/ready"
    ):
        yield Target("triton", f"http://127.0.0.1:{rest}", f"127.0.0.1:{grpc}")


@contextmanager
def mlserver(
    program: str, folder: Path, models: Mapping[str, Path] = NO_MODELS
) -> Iterator[Target]:
    """MLServer, by its program ``mlserver``."""
    rest, grpc = free_ports()
    home = folder / "mlserver"
    write_mlserver(home, rest, grpc, models)
    command = [program, "start", str(home)]
    ready = f"http://127.0.0.1:{rest}/v2/health/ready"
    with run_until_ready(command, folder / "mlserver.log", ready, {"PYTHONPATH": str(home)}):
        yield Target("mlserver", f"http://127.0.0.1:{rest}", f"127.0.0.1:{grpc}")


@contextmanager
def kserve(python: str, folder: Path, models: Mapping[str, Path] = NO_MODELS) -> Iterator[Target]:
    """KServe, by the Python of an environment that has it."""
    rest, grpc = free_ports()
    home = folder / "kserve"
    write_kserve(home, models)
    command = [python, "-m", "server", f"--http_port={rest}", f"--grpc_port={grpc}"]
    ready = f"http://127.0.0.1:{rest}/v2/health/ready"
    with run_until_ready(command, folder / "kserve.log", ready, {"PYTHONPATH": str(home)}):
        yield Target("kserve", f"http://127.0.0.1:{rest}", f"127.0.0.1:{grpc}")


@contextmanager
def ray(python: str, folder: Path, models: Mapping[str, Path]) -> Iterator[Target]:
    """Our server on Ray Serve, by the Python of an environment that has Ray."""
    rest, grpc = free_ports()
    write_repository(folder / "ray", models)
    command = [
        *(python, str(_ROOT / "main.py"), "serve", "--engine", "ray", "--no-bundled-models"),
        *("--model-repository", str(folder / "ray")),
        *("--rest-port", str(rest), "--grpc-port", str(grpc)),
    ]
    ready = f"http://127.0.0.1:{rest}/v2/health/ready"
    with run_until_ready(command, folder / "ray.log", ready):
        yield Target("ray", f"http://127.0.0.1:{rest}", f"127.0.0.1:{grpc}")


def free_ports(count: int = 2) -> list[int]:
    """Ports that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def run_until_ready(
    command: Sequence[str], log: Path, ready: str, more: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A server's program, from when it answers at `ready` to the end of the block."""
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(more or {})}
        )
        try:
            _wait_until_ready(child, ready, log)
            yield
        finally:
            child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(5)


def _wait_until_ready(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if child.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} was never ready; its log ends:\n{log.read_text()[-2000:]}")
