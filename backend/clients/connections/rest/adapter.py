"""The instrumented connections in a session of requests."""

from __future__ import annotations

from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter

from backend.clients.connections.rest.compat import make_connections
from backend.clients.connections.rest.http_connection import (
    CallMonitor,
    HttpConnection,
    HttpsConnection,
)


class InstrumentedAdapter(HTTPAdapter):
    """For the one thread that uses it; `tls` are arguments of urllib3's pool for https."""

    def __init__(self, monitor: CallMonitor, tls: dict[str, Any]) -> None:
        self._connections = partial(HttpConnection, monitor), partial(HttpsConnection, monitor)
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called once, by requests."""
        super().init_poolmanager(*args, **{**kwargs, **self._tls})
        make_connections(self.poolmanager, *self._connections)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Called by requests where the environment names a proxy."""
        manager = super().proxy_manager_for(proxy, **{**kwargs, **self._tls})
        if not proxy.lower().startswith("socks"):
            make_connections(manager, *self._connections)
        return manager

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Where to, without what requests makes of `verify`: the context says that."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """The context has the authorities and the certificate already."""
