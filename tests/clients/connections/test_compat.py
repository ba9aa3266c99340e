"""What we use of urllib3 beyond its public interface is still as we think; grpcio has a bound."""

from __future__ import annotations

import socket
import ssl
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from backend.clients.connections.rest.compat import OwnSocket, make_connections
from tests.certificates import Pair
from tests.clients.conftest import secure_server, target_of

_ROOT = Path(__file__).parents[3]


class _Marker(Exception):
    """What the socket's opener raises, to be seen outside."""


class _Plain(OwnSocket):
    def open_socket(self) -> socket.socket:
        raise _Marker


class _Secure(_Plain, HTTPSConnection):
    pass


@pytest.mark.parametrize("kind", [_Plain, _Secure])
def test_a_connection_opens_its_socket_through_our_hook(kind: type[OwnSocket]) -> None:
    with pytest.raises(_Marker):
        kind("127.0.0.1", 9).connect()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_managers_pools_take_our_connections(scheme: str) -> None:
    manager = PoolManager(retries=False)
    make_connections(manager, _Plain, _Secure)
    with pytest.raises(_Marker):
        manager.request("GET", f"{scheme}://127.0.0.1:9/")


@contextmanager
def _asked(manager: PoolManager, url: str) -> Iterator[int]:
    yield manager.request("GET", url, retries=False).status
    manager.clear()


def test_a_certificate_that_nobody_verifies_is_used_without_a_warning(elsewhere: Pair) -> None:
    """Every warning is an error here."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    manager = PoolManager(ssl_context=context)
    plain: Callable[..., Any] = HTTPConnection
    secure: Callable[..., Any] = HTTPSConnection
    make_connections(manager, plain, secure)
    with secure_server(elsewhere) as server:
        address = target_of(server).rest
        with _asked(manager, f"{address}/v2") as status:
            assert status == 200


@pytest.mark.parametrize("name", ["urllib3", "grpcio"])
def test_it_is_bounded_and_what_is_installed_is_within(name: str) -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = (
        found for line in project["dependencies"] if (found := Requirement(line)).name == name
    )
    assert any(one.operator in ("<", "<=") for one in wanted.specifier)
    assert wanted.specifier.contains(version(name))
