"""What can happen to a server while a run goes on: a clear alert, and recovery where it can be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from backend.core.choices import RunSettings, Serialization, Transport
from backend.core.errors import PayloadTooLarge, TargetError, TargetFault, UsageError
from backend.core.flow import Policy
from backend.core.samples import Frame, MediaKind
from backend.core.status import Alert, RunState
from backend.core.target import Target, Tls
from backend.models.catalogue import bundled_registry
from backend.profiles.bundled import BUNDLED
from backend.profiles.model_profile import ModelProfile
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.session.run.live import Session
from backend.session.sinks import RESULTS
from tests.certificates import Authority
from tests.gate import Gate
from tests.session.combinations import Combination, combinations
from tests.session.list_source import ListSource
from tests.session.running import running
from tests.waiting import WAIT_S, wait_for

EACH = pytest.mark.parametrize("transport", list(Transport))
FRAME = Frame(0, 0, np.zeros((40, 60, 3), np.uint8))


def way_of(transport: Transport) -> Combination:
    wanted = (Serialization.BINARY, Serialization.RAW)
    return next(
        way
        for way in combinations(MediaKind.IMAGE)
        if way.transport is transport and way.payload.serialization in wanted
    )


def live(frame: Frame = FRAME) -> ListSource:
    return ListSource([frame], live=True, repeat=True, interval_s=0.01)


def gated(target: Target, ways: ExitStack) -> tuple[Gate, Gate, Target]:
    rest = ways.enter_context(Gate(target.rest.removeprefix("http://")))
    grpc = ways.enter_context(Gate(target.grpc))
    through = Target("lab", f"http://{rest.address}", grpc.address, connect_timeout_s=0.8)
    return rest, grpc, through


def alert_of(session: Session) -> Alert | None:
    return next((a for a in session.status().alerts if a.id == "target"), None)


def wait_for_more(session: Session, retry: Callable[[], None] | None = None) -> None:
    """Until answers come again; retries do not wait for their pauses to pass."""
    before = session.status().counts.answered

    def has_more() -> bool:
        if retry is not None:
            retry()
        return session.status().counts.answered >= before + 5

    wait_for(has_more)


@EACH
def test_a_connection_that_goes_dead_is_noticed_and_replaced(
    transport: Transport, target: Target
) -> None:
    with ExitStack() as ways:
        rest, grpc, through = gated(target, ways)
        settings = way_of(transport).settings(through, "identity", deadline_s=0.4)
        with running(Session(settings, live())) as session:
            wait_for_more(session)
            for gate in (rest, grpc):
                gate.freeze()
            wait_for(lambda: alert_of(session) is not None)
            alert = alert_of(session)
            assert alert is not None
            assert alert.fault in (TargetFault.DEADLINE, TargetFault.SILENT)

            def tried_again() -> bool:
                session.retry_now()
                return session.status().attempt >= 2

            wait_for(tried_again)
            assert alert_of(session) is not None
            for gate in (rest, grpc):
                gate.thaw()
            wait_for_more(session, session.retry_now)
            wait_for(lambda: not session.status().alerts)


@EACH
def test_a_cut_connection_is_taken_up_again(transport: Transport, target: Target) -> None:
    with ExitStack() as ways:
        rest, grpc, through = gated(target, ways)
        settings = way_of(transport).settings(through, "identity")
        with running(Session(settings, live())) as session:
            wait_for_more(session)
            for gate in (rest, grpc):
                gate.cut()
            wait_for_more(session, session.retry_now)
            wait_for(lambda: session.status().state is RunState.STREAMING)


@EACH
def test_a_server_that_never_speaks_ends_a_run_that_may_not_wait(transport: Transport) -> None:
    with Gate() as gate:
        silent = Target("lab", f"http://{gate.address}", gate.address, connect_timeout_s=0.6)
        session = Session(way_of(transport).settings(silent, "identity"), live(), retry=False)
        session.start()
        assert session.join(WAIT_S)  # the gate is silent for ever
        assert isinstance(session.error, TargetError)
        assert session.error.fault is TargetFault.SILENT
        assert not [t.name for t in threading.enumerate() if t.name.startswith("lane-")]


@EACH
def test_a_stop_while_connecting_leaves_nothing(transport: Transport) -> None:
    with Gate() as gate:
        silent = Target("lab", f"http://{gate.address}", gate.address)
        session = Session(way_of(transport).settings(silent, "identity"), live())
        session.start()
        wait_for(lambda: gate.accepted > 0)
        session.request_stop()
        assert session.join(30)
        assert not [t.name for t in threading.enumerate() if t.name.startswith("lane-")]


class _Slow(BaseHTTPRequestHandler):
    """Says who it is at once, and takes too long for everything else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"name": "slow", "version": "1", "extensions": ["binary_tensor_data"]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.close_connection = True
        time.sleep(0.5)

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_slower_than_the_deadline_is_said_to_be_so() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        target = Target("lab", f"http://127.0.0.1:{server.server_port}", deadline_s=0.2)
        settings = way_of(Transport.REST).settings(target, "identity")
        with running(Session(settings, live())) as session:
            wait_for(lambda: session.status().state is RunState.STALLED)
            alerts = session.status().alerts
            assert [(a.id, a.fault) for a in alerts] == [("request", TargetFault.DEADLINE)]
            assert "0.2 s" in alerts[0].title
            assert "raise the deadline" in alerts[0].body
            wait_for(lambda: session.status().state is RunState.RECONNECTING)
            assert session.status().attempt == 1
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def test_over_the_servers_limit_is_said_with_both_sizes_and_sent_once() -> None:
    server = EmbeddedServer(bundled_registry(), ServerOptions(message_limit=20_000))
    server.start()
    large = Frame(0, 0, np.zeros((100, 100, 3), np.uint8))
    try:
        target = Target("lab", server.rest_url, server.grpc_address)
        settings = way_of(Transport.GRPC_STREAM).settings(target, "identity")
        with running(Session(settings, live(large))) as session:
            wait_for(lambda: session.last_failure is not None)
            session.retry_now()
            wait_for(lambda: session.status().counts.failed > 5)
            error = session.last_failure
            assert isinstance(error, PayloadTooLarge)
            assert error.limit_bytes == 20_000
            assert error.size_bytes > 30_000
            wait_for(lambda: [a.id for a in session.status().alerts] == ["request"])
            assert session.status().alerts[0].fault is TargetFault.TOO_LARGE
            session.use(live())
            wait_for_more(session)
            wait_for(lambda: not session.status().alerts)
        rest = way_of(Transport.REST).settings(target, "identity")
        with running(Session(rest, live(large))) as session:
            wait_for(lambda: session.last_failure is not None)
    finally:
        server.stop()


def test_a_target_limit_holds_before_anything_is_sent(target: Target) -> None:
    small = replace(target, name="lab", message_limit=5_000)
    for transport in Transport:
        settings = way_of(transport).settings(small, "identity")
        with running(Session(settings, live())) as session:
            wait_for(lambda s=session: s.status().counts.failed > 2)  # type: ignore[misc]
            assert isinstance(session.last_failure, PayloadTooLarge)
            assert session.last_failure.limit_bytes == 5_000


def test_a_certificate_that_expires_and_is_renewed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    old, new = authority.issue("old", days=0), authority.issue("new")

    def options(pair: object, grpc: str = ":0") -> ServerOptions:
        chosen = new if pair is new else old
        port = int(grpc.rsplit(":", 1)[1])
        return ServerOptions(certificate=chosen.certificate, private_key=chosen.key, grpc_port=port)

    server = EmbeddedServer(bundled_registry(), options(new))
    server.start()
    address = server.grpc_address
    target = Target("lab", grpc=address, tls=Tls(ca_file=str(authority.ca)))
    try:
        settings = way_of(Transport.GRPC_STREAM).settings(target, "identity")
        with running(Session(settings, live())) as session:
            wait_for_more(session)
            for pair, fault in ((old, TargetFault.EXPIRED), (new, None)):
                server.stop()
                server = EmbeddedServer(bundled_registry(), options(pair, address))
                server.start()
                if fault is None:
                    wait_for_more(session, session.retry_now)
                    continue

                def is_said() -> bool:
                    session.retry_now()
                    alert = alert_of(session)
                    return alert is not None and alert.fault is TargetFault.EXPIRED

                wait_for(is_said)
            wait_for(lambda: not session.status().alerts)
    finally:
        server.stop()


def test_a_missing_variable_is_an_alert_that_goes_when_it_is_set(target: Target) -> None:
    missing = [True]

    def resolve(_: Target) -> Target:
        if missing:
            raise UsageError("Target 'lab' needs the environment variable X, which is not set.")
        return target

    settings = way_of(Transport.GRPC).settings(Target("lab", grpc="${X}"), "identity")
    with running(Session(settings, live(), resolve=resolve)) as session:
        wait_for(lambda: alert_of(session) is not None)
        alert = alert_of(session)
        assert alert is not None
        assert "variable X" in alert.title
        missing.clear()
        wait_for_more(session, session.retry_now)
    missing.append(True)
    ended = Session(settings, live(), resolve=resolve, retry=False)
    ended.start()
    assert ended.join(30)
    assert isinstance(ended.error, UsageError)


def test_profiles_are_found_by_the_caller_and_again_at_every_change(target: Target) -> None:
    given: list[ModelProfile] = [BUNDLED["identity"]]
    settings = way_of(Transport.GRPC_STREAM).settings(target, "identity")

    def find(_: RunSettings) -> ModelProfile:
        return given[-1]

    with running(Session(settings, live(), profiles=find)) as session:
        wait_for_more(session)
        first = lane_of(session)
        given.append(replace(given[0], description="edited"))
        session.apply(replace(settings, in_flight=2))
        wait_for(lambda: lane_of(session) > first)
        after = lane_of(session)
        session.apply(replace(settings, in_flight=3))
        wait_for_more(session)
        assert lane_of(session) == after


def lane_of(session: Session) -> int:
    latest = session.subscribe(RESULTS, Policy.NEWEST, "latest")
    result = latest.take(30)
    latest.close()
    assert result is not None
    return result.lane
