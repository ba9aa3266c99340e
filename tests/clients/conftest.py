"""One authority and its certificates for every test here, and servers that show them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.core.target import Target
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from tests.certificates import Authority, Pair
from tests.embedded import server, target  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "A stranger")


@pytest.fixture(scope="session")
def good(authority: Authority) -> Pair:
    return authority.issue("good")


@pytest.fixture(scope="session")
def elsewhere(authority: Authority) -> Pair:
    return authority.issue("elsewhere", "DNS:models.example")


@pytest.fixture(scope="session")
def expired(authority: Authority) -> Pair:
    return authority.issue("expired", days=0)


@contextmanager
def secure_server(pair: Pair, token: str = "") -> Iterator[EmbeddedServer]:
    """The embedded server with TLS on both ports."""
    options = ServerOptions(certificate=pair.certificate, private_key=pair.key, token=token)
    started = EmbeddedServer(bundled_registry(), options)
    started.start()
    try:
        yield started
    finally:
        started.stop()


def target_of(started: EmbeddedServer, **more: object) -> Target:
    """A target with the server's addresses."""
    return Target("lab", started.rest_url, started.grpc_address, **more)  # type: ignore[arg-type]
