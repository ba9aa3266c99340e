"""uvicorn's undocumented parts are where `uvicorn_compat` takes them from, and used there alone."""

from __future__ import annotations

import ast
import asyncio
import inspect
import tomllib
from collections import deque
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from packaging.requirements import Requirement
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

ROOT = Path(__file__).resolve().parents[3]
REST = ROOT / "backend" / "server" / "rest"
COMPAT = REST / "uvicorn_compat.py"
ADVICE = (
    f"uvicorn {version('uvicorn')} has moved what backend/server/rest/uvicorn_compat.py uses. "
    "Adapt that module, then PARTS here and the upper bound in pyproject.toml."
)
CALLBACKS = {
    "connection_made": ["transport"],
    "connection_lost": ["exc"],
    "data_received": ["data"],
    "on_message_begin": [],
    "on_url": ["url"],
    "on_header": ["name", "value"],
    "on_headers_complete": [],
    "on_body": ["body"],
    "on_message_complete": [],
    "on_response_complete": [],
}
METHODS = CALLBACKS | {
    "__init__": ["config", "server_state", "app_state", "_loop"],
    "_start_asgi_task": ["cycle", "app"],
    "shutdown": [],
}
PARTS: dict[str, type] = {
    "app": object,
    "loop": asyncio.AbstractEventLoop,
    "transport": asyncio.Transport,
    "parser.feed_data": object,
    "parser.get_http_version": object,
    "parser.should_upgrade": object,
    "parser.set_dangerous_leniencies": object,
    "pipeline": deque,
    "url": bytes,
    "headers": list,
    "expect_100_continue": bool,
    "scope": dict,
    "cycle.scope": dict,
    "cycle.body": bytearray,
    "cycle.transport": asyncio.Transport,
    "cycle.more_body": bool,
    "cycle.response_started": bool,
    "cycle.response_complete": bool,
    "flow.resume_reading": object,
    "server_state.connections": set,
    "server_state.total_requests": int,
    "server_state.tasks": set,
    "config.load": object,
    "config.ssl": object,
}
SHARED = {"transport", "loop", "shutdown", *CALLBACKS}
"""What `UvicornProtocol` leaves its subclasses to use as it is."""


class Unconnected(asyncio.Transport):
    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def begun_request() -> HttpToolsProtocol:
    """A connection amid a request's body, its task cancelled."""

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def begin() -> HttpToolsProtocol:
        config = uvicorn.Config(wait, http=HttpToolsProtocol, lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        protocol = HttpToolsProtocol(config, state, {}, asyncio.get_running_loop())
        protocol.connection_made(Unconnected())
        protocol.data_received(b"POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nab")
        for task in tuple(state.tasks):
            task.cancel()
        return protocol

    return asyncio.run(begin())


def moved(protocol: HttpToolsProtocol) -> list[str]:
    """What is not where it is expected, and what is there instead."""
    found = []
    for name, expected in METHODS.items():
        method = getattr(type(protocol), name, None)
        has = list(inspect.signature(method).parameters)[1:] if method else None
        if has != expected:
            found.append(f"HttpToolsProtocol.{name}: takes {has}, not {expected}")
    for path, kind in PARTS.items():
        part: Any = protocol
        try:
            for name in path.split("."):
                part = getattr(part, name)
        except AttributeError:
            found.append(f"HttpToolsProtocol().{path}: is not there")
        else:
            if not isinstance(part, kind):
                found.append(f"HttpToolsProtocol().{path}: {type(part)}, not {kind}")
    return found


def test_every_part_is_where_it_was() -> None:
    found = moved(begun_request())
    assert not found, "\n".join([ADVICE, *found])


def test_what_a_request_leaves_in_them_is_what_it_was() -> None:
    protocol = begun_request()
    assert protocol.url == b"/a", ADVICE
    assert protocol.cycle.scope is protocol.scope, ADVICE
    assert protocol.cycle.body == b"ab", ADVICE
    assert protocol.cycle.more_body, ADVICE
    assert protocol in protocol.server_state.connections, ADVICE
    assert not protocol.cycle.response_started, ADVICE
    assert not protocol.cycle.response_complete, ADVICE


def test_a_part_that_moves_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = begun_request()
    monkeypatch.delattr(HttpToolsProtocol, "_start_asgi_task")
    monkeypatch.setattr(HttpToolsProtocol, "on_url", lambda self, target, more: None)
    protocol.pipeline = []  # type: ignore[assignment]
    del protocol.cycle.more_body
    assert [line.partition(":")[0] for line in moved(protocol)] == [
        "HttpToolsProtocol.on_url",
        "HttpToolsProtocol._start_asgi_task",
        "HttpToolsProtocol().pipeline",
        "HttpToolsProtocol().cycle.more_body",
    ]


def test_no_release_is_admitted_that_was_not_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [Requirement(line) for line in project["dependencies"]]
    (bounds,) = (one.specifier for one in requirements if one.name == "uvicorn")
    assert version("uvicorn") in bounds
    major, minor, *_ = version("uvicorn").split(".")
    assert f"{major}.{int(minor) + 1}" not in bounds


def test_nothing_else_imports_it() -> None:
    importers = {
        path
        for path in (ROOT / "backend").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("uvicorn"))
        or (isinstance(node, ast.Import) and any(a.name.startswith("uvicorn") for a in node.names))
    }
    assert importers == {COMPAT}


@pytest.mark.parametrize("name", ["connection.py", "whole_body.py"])
def test_subclasses_use_and_hide_no_other_part(name: str) -> None:
    protocol = begun_request()
    theirs = {part for part in dir(protocol) if not hasattr(object, part)} - SHARED
    tree = ast.parse((REST / name).read_text(encoding="utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _own(node)}
    named |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not named & theirs, "belongs into uvicorn_compat, or needs another name"


def _own(node: ast.Attribute) -> bool:
    """Whether it is an attribute of `self` or of `super()`."""
    return ast.unparse(node.value) in {"self", "super()"}
