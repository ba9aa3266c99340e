"""The files that a REST inference goes through, as docs/architecture.md lists them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import requests

import backend
from backend.models.bundled.identity import Identity
from backend.models.bundled.pitch import PitchFinder
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle import EmbeddedServer
from backend.server.settings import ServerOptions

_BACKEND = Path(backend.__file__).parent
_PAGE = (_BACKEND.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
_STARTERS = ("core/worker.py", "server/lifecycle/embedded.py")
"""Where the threads begin."""


def _documented() -> list[str]:
    block = _PAGE.split("The descent of one REST inference")[1].split("```")[1]
    return re.findall(r"[\w/]+\.py", block)


def _calling(frame: FrameType | None) -> list[str]:
    """Our files from the thread's start down to this frame, each once."""
    found: list[str] = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if _BACKEND in path.parents:
            found.append(path.relative_to(_BACKEND).as_posix())
        frame = frame.f_back
    return [file for file in dict.fromkeys(reversed(found)) if file not in _STARTERS]


def _spied(monkeypatch: pytest.MonkeyPatch, kind: type[Any]) -> list[list[str]]:
    seen: list[list[str]] = []
    infer = kind.infer

    def spy(self: Any, *args: Any) -> Any:
        seen.append(_calling(sys._getframe(1)))
        return infer(self, *args)

    monkeypatch.setattr(kind, "infer", spy)
    return seen


@pytest.fixture
def url() -> Iterator[str]:
    server = EmbeddedServer(bundled_registry(), ServerOptions())
    server.start()
    yield f"{server.rest_url}/v2/models"
    server.stop()


def test_an_instant_model_is_reached_by_the_documented_files(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = _spied(monkeypatch, Identity)
    _infer(f"{url}/identity_fp32", "INPUT0", 3)
    queued = ("edge.py", "request_queue.py", "instance_threads.py", "connection.py", "pitch.py")
    assert stacks == [[file for file in _documented() if not file.endswith(queued)]]


def test_a_queued_model_is_reached_by_the_documented_files(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = _spied(monkeypatch, PitchFinder)
    _infer(f"{url}/pitch", "AUDIO", 2048)
    below = [file for file in stacks[0] if file != "server/scheduling/scheduler.py"]
    assert [*below, "models/bundled/pitch.py"] == _documented()[-4:]


def test_every_file_of_the_descent_is_there() -> None:
    assert len(_documented()) <= 13
    assert not [file for file in _documented() if not (_BACKEND / file).is_file()]


def _infer(url: str, name: str, count: int) -> None:
    tensor = {"name": name, "shape": [count], "datatype": "FP32", "data": [0.0] * count}
    reply = requests.post(f"{url}/infer", json={"inputs": [tensor]}, timeout=10)
    assert reply.status_code == 200, reply.text
