"""The cluster that replicas run on: one that is there, or one here for as long as we run."""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import ray
from ray import serve

from backend.core.errors import TargetUnreachable, UsageError
from backend.core.worker import Worker
from backend.engines.ray.preflight import check_address
from backend.wire.oip.cluster import NodeStatus

_log = logging.getLogger("inferdeck.ray")

_ROOT = Path(__file__).resolve().parents[3]
"""The program's own folder, which every node has at the same path."""
_LOOPBACK = "127.0.0.1"
_SAID_AT_MOST = {
    # It warns that it handles no SIGTERM beside the main thread, where this program does.
    "ray._private.worker": logging.ERROR,
    # That a token is asked for, which nobody has to know of a cluster that is ours alone.
    "ray._private.authentication.authentication_token_setup": logging.ERROR,
    # What it does step by step, and each answer of a replica that came late.
    "ray.serve": logging.ERROR,
}
_CLOSE_S = 15.0


class Cluster:
    """A connection to Ray; `close` ends what was started for us, and leaves the rest."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._own = not address
        self._ending = threading.Event()
        self._opened: Future[None] = Future()
        self._thread = Worker("ray", lambda _stop: self._live())

    def open(self) -> None:
        """Join the cluster at the address, or start one here; may take half a minute.

        Raises UsageError for an address that is none, TargetUnreachable if nothing answers there.
        """
        if not self._own:
            check_address(self._address)
        self._thread.start()
        self._opened.result()

    def nodes(self) -> tuple[NodeStatus, ...]:
        """Every machine that is or was in the cluster."""
        return tuple(_node(row) for row in ray.nodes())

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here."""
        self._ending.set()
        self._thread.join(_CLOSE_S)

    def _live(self) -> None:
        """Be in the cluster. The system ends what Ray started here with the thread that did it."""
        try:
            self._join()
        except BaseException as error:  # noqa: BLE001 - raised by `open`
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        self._ending.wait()
        if self._own:
            serve.shutdown()
        ray.shutdown()

    def _join(self) -> None:
        environment = {"PYTHONPATH": str(_ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
        options: dict[str, Any] = {
            "log_to_driver": False,
            "logging_level": logging.WARNING,
            "namespace": "inferdeck",
            "runtime_env": {"env_vars": environment},
            "configure_logging": False,
        }
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        for name, level in _SAID_AT_MOST.items():
            logging.getLogger(name).setLevel(level)
        if self._own:
            # Or Ray writes one into the home folder, and asks for it in every later cluster.
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
            # "local" is one of our own, though another runs here or RAY_ADDRESS names one. The
            # dashboard is one more open port; on loopback Ray needs to be told the address.
            options |= {
                "address": "local",
                "include_dashboard": False,
                "_node_ip_address": _LOOPBACK,
            }
        else:
            options["address"] = self._address
        try:
            ray.init(**options)
        except (ConnectionError, TimeoutError, RuntimeError) as error:
            raise TargetUnreachable(
                f"No Ray cluster can be joined at '{self._address or 'this machine'}': {error}",
                hint="Give the address that `ray start --head` printed, such as 10.0.0.1:6379.",
            ) from None
        except ValueError as error:
            raise UsageError(
                f"'{self._address}' is no address of a Ray cluster: {error}",
                hint="It is HOST:PORT, as `ray start --head` prints it.",
            ) from None
        # No HTTP and no gRPC of Ray's: our own edges are the way in.
        serve.start(proxy_location="Disabled")


def _node(row: Mapping[str, Any]) -> NodeStatus:
    return NodeStatus(
        row["NodeID"],
        row["NodeManagerAddress"],
        bool(row["Alive"]),
        float(row.get("Resources", {}).get("CPU", 0.0)),
    )
