"""The logging and trace extensions and CUDA memory's status, over REST and over gRPC."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable
from typing import Any

import grpc
import pytest
import requests

from backend.core.errors import InvalidInput, Unsupported
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.log_settings import LogSettings
from backend.server.settings.log_writer import LINES_WAITING, LogWriter
from backend.server.settings.trace_settings import TraceSettings
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip.grpc import SERVICE
from tests.server.grpc_calls import unary

LOG = {
    "log_file": "",
    "log_info": False,
    "log_warning": True,
    "log_error": True,
    "log_verbose_level": 0,
    "log_format": "default",
}
TRACE = {
    "trace_level": ["OFF"],
    "trace_rate": "1000",
    "trace_count": "-1",
    "log_frequency": "0",
    "trace_file": "",
    "trace_mode": "triton",
}
WAIT_S = 60.0


def asked(channel: grpc.Channel, method: str, message: Any, kind: Any) -> Any:
    reply = unary(channel, f"/{SERVICE}/{method}")(message.SerializeToString(), timeout=WAIT_S)
    return kind.FromString(reply)


def log_over_grpc(channel: grpc.Channel, **settings: Any) -> dict[str, Any]:
    message = pb.LogSettingsRequest()
    for name, value in settings.items():
        kind = {bool: "bool_param", int: "uint32_param", str: "string_param"}[type(value)]
        setattr(message.settings[name], kind, value)
    reply = asked(channel, "LogSettings", message, pb.LogSettingsResponse)
    return {
        name: getattr(value, value.WhichOneof("parameter_choice"))
        for name, value in reply.settings.items()
    }


def trace_over_grpc(channel: grpc.Channel, model: str = "", **settings: list[str]) -> Any:
    message = pb.TraceSettingRequest(model_name=model)
    for name, values in settings.items():
        message.settings[name].value.extend(values)
    reply = asked(channel, "TraceSetting", message, pb.TraceSettingResponse)
    return {name: list(value.value) for name, value in reply.settings.items()}


def status_of(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as caught:
        act()
    error: Any = caught.value
    return error.code().name, error.details()


class TestLogging:
    def test_settings_are_read_and_set_over_both(
        self, http: requests.Session, server: EmbeddedServer, channel: grpc.Channel
    ) -> None:
        url = f"{server.rest_url}/v2/logging"
        assert http.get(url, timeout=30).json() == LOG == log_over_grpc(channel)
        assert list(http.get(url, timeout=30).json()) == list(LOG)
        changed = {"log_warning": False, "log_format": "ISO8601"}
        assert http.post(url, json=changed, timeout=30).json() == LOG | changed
        assert log_over_grpc(channel, log_warning=True) == LOG | {"log_format": "ISO8601"}
        assert http.post(url, timeout=30).json() == LOG | {"log_format": "ISO8601"}

    @pytest.mark.parametrize(
        ("body", "status", "text"),
        [
            ({"log_file": "elsewhere"}, 501, "log file location can not be updated"),
            ({"log_info": 1}, 400, "expect boolean for 'log_info'"),
            ({"log_verbose_level": -1}, 400, "for 'log_verbose_level', got -1"),
            ({"log_verbose_level": True}, 400, "for 'log_verbose_level', got True"),
            ({"log_verbose_level": 2**31}, 400, "for 'log_verbose_level'"),
            ({"log_format": "mine"}, 400, "invalid argument for log_format, got: mine"),
            ({"log_level": 1}, 400, "unknown log setting 'log_level'"),
            ({"log_error": "x" * 100_000}, 400, "expect boolean for 'log_error', got xxx"),
            ({"log_info": None}, 400, "Log setting 'log_info' must not be null"),
            ([], 400, "must be an object"),
        ],
    )
    def test_a_wrong_setting_is_refused_and_nothing_changes(
        self, http: requests.Session, server: EmbeddedServer, body: Any, status: int, text: str
    ) -> None:
        url = f"{server.rest_url}/v2/logging"
        both = {"log_error": False, **body} if isinstance(body, dict) else body
        reply = http.post(url, json=both, timeout=30)
        assert (reply.status_code, text in reply.json()["error"]) == (status, True), reply.text
        assert len(reply.content) < 1000
        assert http.get(url, timeout=30).json() == LOG

    def test_without_standard_error_there_is_nowhere_to_write(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stderr", None)
        settings = LogSettings()
        settings.update({"log_verbose_level": 1})
        logging.getLogger("inferdeck.server").debug("a line")
        settings.close()

    def test_grpc_says_the_same_errors(self, channel: grpc.Channel) -> None:
        code, text = status_of(lambda: log_over_grpc(channel, log_file="x"))
        assert (code, "log file location" in text) == ("UNIMPLEMENTED", True)
        code, text = status_of(lambda: log_over_grpc(channel, log_verbose_level="2"))
        assert (code, "log_verbose_level" in text) == ("INVALID_ARGUMENT", True)
        empty = pb.LogSettingsRequest()
        empty.settings["log_info"].SetInParent()
        code, text = status_of(lambda: asked(channel, "LogSettings", empty, pb.LogSettingsResponse))
        assert (code, "has no value" in text) == ("INVALID_ARGUMENT", True)

    def test_verbose_writes_every_request_until_the_server_ends(
        self, http: requests.Session, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written = io.StringIO()
        monkeypatch.setattr("sys.stderr", written)
        url = f"{server.rest_url}/v2/logging"
        http.get(f"{server.rest_url}/v2/models/pair", timeout=30)
        told = {"log_verbose_level": 1, "log_format": "ISO8601"}
        assert http.post(url, json=told, timeout=30).json() == LOG | told
        http.get(f"{server.rest_url}/v2/models/no%0Abody", timeout=30)
        server.stop()
        lines = written.getvalue().splitlines()
        (line,) = [line for line in lines if "body" in line]
        assert r"'no\nbody': 404 after" in line
        assert line[10] == "T"
        assert "DEBUG inferdeck.server: REST 'GET /v2/models" in line
        assert not any("pair" in line for line in lines)
        assert not logging.getLogger("inferdeck").isEnabledFor(logging.INFO)

    def test_each_kind_of_line_can_be_switched_off(self) -> None:
        logger = logging.getLogger("inferdeck.models")
        kept: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: kept.append(record.levelname)  # type: ignore[method-assign]
        logger.addHandler(handler)
        settings = LogSettings()

        def logged() -> list[str]:
            kept.clear()
            for level in (logging.INFO, logging.WARNING, logging.ERROR):
                logger.log(level, "a line")
            return list(kept)

        try:
            assert logged() == ["WARNING", "ERROR"]
            settings.update({"log_warning": False})
            assert logged() == ["ERROR"]
            settings.update({"log_error": False, "log_warning": True})
            assert logged() == ["WARNING"]
            settings.update({"log_info": True})
            assert logged() == ["INFO", "WARNING"]
        finally:
            settings.close()
            logger.removeHandler(handler)
        assert logged() == []  # the handler is gone, and so is every filter
        assert not logger.filters


class Unread(io.StringIO):
    """A pipe that is full until the gate opens."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.gate, self.told = (threading.Event() for _ in range(3))

    def write(self, text: str) -> int:
        self.entered.set()
        assert self.gate.wait(WAIT_S)
        if "5 lines were left out" in text:
            self.told.set()
        return super().write(text)


@pytest.mark.parametrize("read_again", [True, False])
def test_lines_that_nobody_reads_make_nobody_wait(read_again: bool) -> None:
    stream = Unread()
    writer = LogWriter(stream)
    record = logging.LogRecord("inferdeck", logging.DEBUG, "", 0, "a line", None, None)
    writer.emit(record)
    assert stream.entered.wait(WAIT_S)
    for _ in range(LINES_WAITING + 5):
        writer.emit(record)
    if read_again:
        stream.gate.set()
        assert stream.told.wait(WAIT_S)
    writer.close()
    stream.gate.set()


class TestTrace:
    def test_settings_are_read_over_both(
        self, http: requests.Session, server: EmbeddedServer, channel: grpc.Channel
    ) -> None:
        told = http.get(f"{server.rest_url}/v2/trace/setting", timeout=30).json()
        assert told == TRACE
        assert list(told) == list(TRACE)
        assert (
            http.get(f"{server.rest_url}/v2/models/pair/trace/setting", timeout=30).json() == told
        )
        as_lists = {name: v if isinstance(v, list) else [v] for name, v in TRACE.items()}
        assert trace_over_grpc(channel) == trace_over_grpc(channel, "pair") == as_lists

    def test_a_models_own_settings_go_back_to_the_servers(
        self, http: requests.Session, server: EmbeddedServer, channel: grpc.Channel
    ) -> None:
        url = f"{server.rest_url}/v2/models/pair/trace/setting"
        everywhere = f"{server.rest_url}/v2/trace/setting"
        off = {"trace_level": ["OFF"], "trace_rate": "5", "trace_mode": "triton"}
        assert http.post(everywhere, json=off, timeout=30).json() == TRACE | {"trace_rate": "5"}
        own = http.post(url, json={"trace_rate": "7", "log_frequency": "2"}, timeout=30).json()
        assert own == TRACE | {"trace_rate": "7", "log_frequency": "2"}
        assert trace_over_grpc(channel, "pair", trace_rate=[])["trace_rate"] == ["5"]
        http.post(everywhere, json={"trace_rate": None}, timeout=30)
        assert http.get(everywhere, timeout=30).json() == TRACE
        assert http.get(url, timeout=30).json() == TRACE | {"log_frequency": "2"}

    @pytest.mark.parametrize(
        ("name", "values", "error", "text"),
        [
            ("trace_level", ["OFF", "TIMESTAMPS"], Unsupported, "only OFF can be set"),
            ("trace_level", ["x"], Unsupported, "tracing is not supported"),
            ("trace_file", ["f"], Unsupported, "trace file location can not be updated"),
            ("trace_mode", ["opentelemetry"], Unsupported, "trace mode 'opentelemetry'"),
            ("trace_rate", ["x"], InvalidInput, "Unable to parse 'trace_rate', got: x"),
            ("trace_rate", ["9" * 5000], InvalidInput, "Unable to parse 'trace_rate'"),
            ("trace_rate", ["-1"], InvalidInput, "'trace_rate' must be 0 to"),
            ("trace_count", ["-2"], InvalidInput, "'trace_count' must be -1 to"),
            ("log_frequency", ["1", "2"], InvalidInput, "expect only 1 value"),
            ("rate", ["1"], InvalidInput, "unknown trace setting 'rate'"),
        ],
    )
    def test_what_cannot_be_kept_is_refused(
        self, name: str, values: list[str], error: type[Exception], text: str
    ) -> None:
        settings = TraceSettings()
        before = settings.values()
        with pytest.raises(error, match=text):
            settings.update({"trace_count": ["3"], name: values})
        assert settings.values() == before

    def test_a_level_is_kept_once_however_often_it_came(self) -> None:
        settings = TraceSettings()
        settings.update({"trace_level": ["OFF"] * 100_000})
        assert settings.values()["trace_level"] == ("OFF",)

    def test_refusals_over_the_wire(
        self, http: requests.Session, server: EmbeddedServer, channel: grpc.Channel
    ) -> None:
        url = f"{server.rest_url}/v2/trace/setting"
        reply = http.post(url, json={"trace_level": ["TIMESTAMPS"]}, timeout=30)
        assert (reply.status_code, "only OFF" in reply.json()["error"]) == (501, True)
        reply = http.post(url, json={"trace_rate": 5}, timeout=30)
        assert (reply.status_code, "must be a string" in reply.json()["error"]) == (400, True)
        reply = http.get(f"{server.rest_url}/v2/models/nobody/trace/setting", timeout=30)
        assert reply.status_code == 404
        code, text = status_of(lambda: trace_over_grpc(channel, "nobody"))
        assert (code, "unknown model: 'nobody'" in text) == ("NOT_FOUND", True)
        code, _ = status_of(lambda: trace_over_grpc(channel, trace_level=["TENSORS"]))
        assert code == "UNIMPLEMENTED"


def test_cuda_memory_has_no_region_and_takes_none(
    http: requests.Session, server: EmbeddedServer, channel: grpc.Channel
) -> None:
    root = f"{server.rest_url}/v2/cudasharedmemory"
    assert http.get(f"{root}/status", timeout=30).json() == []
    reply = http.get(f"{root}/region/r/status", timeout=30)
    assert reply.status_code == 404
    assert reply.json()["error"] == "Unable to find cuda shared memory region: 'r'"
    reply = http.post(f"{root}/region/r/register", json={}, timeout=30)
    assert (reply.status_code, "CUDA shared memory" in reply.json()["error"]) == (501, True)
    for path in ("unregister", "region/r/unregister"):
        assert http.post(f"{root}/{path}", timeout=30).status_code == 200
    status, kind = pb.CudaSharedMemoryStatusRequest(), pb.CudaSharedMemoryStatusResponse
    assert not asked(channel, "CudaSharedMemoryStatus", status, kind).regions
    status.name = "r"
    code, _ = status_of(lambda: asked(channel, "CudaSharedMemoryStatus", status, kind))
    assert code == "NOT_FOUND"
    register = pb.CudaSharedMemoryRegisterRequest(name="r", byte_size=8)
    code, text = status_of(
        lambda: asked(
            channel, "CudaSharedMemoryRegister", register, pb.CudaSharedMemoryRegisterResponse
        )
    )
    assert (code, "CUDA shared memory is not supported" in text) == ("UNIMPLEMENTED", True)
