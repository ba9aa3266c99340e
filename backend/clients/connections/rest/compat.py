"""All that we use of urllib3 beyond its public interface.

How a connection opens its socket and how a pool checks and lends it have no public hook
(https://github.com/urllib3/urllib3/issues/94), and the warning about a certificate that is not
verified can be switched off for the whole process only
(https://github.com/urllib3/urllib3/issues/689). pyproject.toml bounds urllib3 because of this
module, and `tests/clients/connections/test_compat.py` fails when it has moved.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection


class OwnSocket(HTTPConnection):
    """A connection whose socket is opened by `open_socket`."""

    def open_socket(self) -> socket.socket:
        """A connected socket, without TLS; raises an error of urllib3."""
        raise NotImplementedError

    def _new_conn(self) -> socket.socket:
        return self.open_socket()


class LendingPool(HTTPConnectionPool):
    """A pool whose connections can be used without its requests."""

    @contextmanager
    def lend(self, timeout_s: float) -> Iterator[Any]:
        """A connection for one exchange, open or to be opened within `timeout_s` seconds; closed
        if the exchange fails."""
        connection: Any = self._get_conn()
        connection.timeout = timeout_s
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        finally:
            self._put_conn(connection)


class _QuietPool(LendingPool, HTTPSConnectionPool):
    """Without the warning that nothing is verified: the user turned verification off."""

    def _validate_conn(self, conn: Any) -> None:
        if conn.is_closed:
            conn.connect()


def make_connections(
    manager: PoolManager, plain: Callable[..., OwnSocket], secure: Callable[..., OwnSocket]
) -> None:
    """Let a manager's pools take their connections from these two."""

    class Plain(LendingPool):
        ConnectionCls = staticmethod(plain)  # type: ignore[assignment]

    class Secure(_QuietPool):
        ConnectionCls = staticmethod(secure)  # type: ignore[assignment]

    manager.pool_classes_by_scheme = {"http": Plain, "https": Secure}
