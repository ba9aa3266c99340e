"""A scripted run, server, source and device list for the tests of the shell."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError, SourceError, SourceFault, UsageError
from backend.core.ledger import Counts
from backend.core.predictions import Classification, ClassScore
from backend.core.rings import TraceRing
from backend.core.samples import Captured, Frame, MediaKind
from backend.core.status import (
    Result,
    RunState,
    RunStatus,
    SourceInfo,
    SourceState,
    SourceStatus,
)
from backend.core.timing import Stage, Timeline
from backend.core.traffic import Traffic
from backend.models.code.remembered import ModelCode
from backend.models.repository.adopt import Adopted
from backend.models.repository.adoption import Adoption
from backend.models.repository.states import IndexEntry, ModelState
from backend.models.servable import ModelLoadError
from backend.server.plane.data_plane import ModelStatus
from backend.server.plane.request_log import RequestLog
from backend.session.lanes.delivery import TRACE_COLUMNS
from backend.session.run.summary import Summary, summarise
from backend.session.sinks import FRAMES, RESULTS, Publisher
from backend.sources.kind import Pace
from backend.sources.registry import KINDS, SourceRegistry
from backend.sources.source import Source
from gui.devices import MICROPHONE, SCREEN, WINDOW, OfferedMode
from gui.state.source_offers import SourceOffer

SOURCES = SourceRegistry((*KINDS, SCREEN, WINDOW, MICROPHONE))
"""Every kind of source that the window knows."""


class FakeSource:
    """Knows what it is and gives nothing."""

    def __init__(self, spec: str, *, loop: bool = True) -> None:
        self.loop = loop
        kind = MediaKind.AUDIO if spec in ("tone", "sweep") else MediaKind.IMAGE
        self.spec = spec
        self.info = SourceInfo(kind, spec, live=spec == "pattern", width=64, height=48, rate=30)

    def open(self, stop: threading.Event) -> SourceInfo:
        return self.info

    def read(self, stop: threading.Event) -> Captured | None:
        return None

    def close(self) -> None:
        return None


FAKE_KINDS = (SCREEN, WINDOW, MICROPHONE)
"""Kinds of sources that the window adds."""


class FakeSources(SourceRegistry):
    """The window's kinds of sources; gives one for any spec but 'nowhere' and text files."""

    def __init__(self) -> None:
        super().__init__((*KINDS, *FAKE_KINDS))

    def make(self, spec: str, *, loop: bool, pace: Pace = Pace.OWN, speed: float = 1.0) -> Source:
        if spec == "nowhere" or spec.endswith(".txt"):
            raise SourceError(SourceFault.ABSENT, f"There is no {spec}.", "Choose another.")
        if spec.endswith((".onnx", ".mcap", ".avi", ".wav")):
            return super().make(spec, loop=loop, pace=pace)
        return FakeSource(spec, loop=loop)


class FakeSession(Publisher):
    """Does what the test says and remembers what was asked of it."""

    def __init__(self, settings: RunSettings, source: Source) -> None:
        super().__init__()
        self.settings = settings
        self.source = source
        self.subscriptions = self._subscriptions
        self.traces = TraceRing(TRACE_COLUMNS, 64)
        self.error: ConsoleError | None = None
        self.last_failure: ConsoleError | None = None
        self.started = self.over = False
        self.retries = 0
        self.changes: list[tuple[RunSettings | None, Source | None]] = []
        self.now = RunStatus(
            state=RunState.STREAMING, source=SourceStatus(SourceState.LIVE, source.info)
        )

    def start(self) -> None:
        self.started = True

    def request_stop(self) -> None:
        self.now = replace(self.now, state=RunState.IDLE)
        self.over = True

    def join(self, timeout_s: float) -> bool:
        return self.over

    def change(self, settings: RunSettings | None = None, source: Source | None = None) -> None:
        self.changes.append((settings, source))

    def beside(self) -> Source:
        return self.source

    def retry_now(self) -> None:
        self.retries += 1

    def status(self) -> RunStatus:
        return self.now

    def summary(self) -> Summary:
        return summarise(
            self.now.counts,
            None,
            state=self.now.state,
            seconds=1.0,
            error=str(self.error or ""),
        )

    def answer(self, seq: int) -> Result:
        """A frame was captured and answered now."""
        now_ns = time.monotonic_ns()
        frame = Frame(seq, now_ns, np.full((48, 64, 3), 90, np.uint8))
        predictions = (Classification((ClassScore("cat", 0.9, 0),)),)
        timeline = Timeline({Stage.CAPTURED: now_ns, Stage.DECODED: now_ns})
        result = Result(seq, frame, predictions, timeline, Traffic(1, 1, 1, 1), self.settings)
        self.subscriptions.publish(FRAMES, frame)
        self.subscriptions.publish(RESULTS, result)
        self.now = replace(self.now, counts=Counts(captured=seq + 1, answered=seq + 1))
        return result


MODELS = tuple(
    ModelStatus(name, "1", "", kind, ready=True, description=text, labels=())
    for name, kind, text in (
        ("shapes", MediaKind.IMAGE, "Finds shapes."),
        ("pitch", MediaKind.AUDIO, "Names a note."),
        ("identity", MediaKind.BYTES, "Gives back."),
    )
)


class FakeServer:
    """A server whose start can fail."""

    def __init__(self, rest: int = 0, grpc: int = 0) -> None:
        self.requests = RequestLog()
        self.ports = (rest, grpc)
        self.error_at_start: ConsoleError | None = None
        self.running = False
        self.rest_on = self.grpc_on = True

    @property
    def rest_url(self) -> str:
        return "http://127.0.0.1:8000" if self.running and self.rest_on else ""

    @property
    def grpc_address(self) -> str:
        return "127.0.0.1:8001" if self.running and self.grpc_on else ""

    def models(self) -> tuple[ModelStatus, ...]:
        return MODELS

    def start(self) -> None:
        if self.error_at_start is not None:
            raise self.error_at_start
        self.running = True

    def stop(self, timeout_s: float = 2.0) -> bool:
        self.running = False
        return True

    def set_rest(self, on: bool) -> None:
        self.rest_on = on

    def set_grpc(self, on: bool) -> None:
        self.grpc_on = on


class FakeRepositories:
    """Models in folders that are only names."""

    def __init__(self) -> None:
        self.states = {"shapes": ModelState.READY}
        self.folders: dict[Path, tuple[str, ...]] = {}
        self.broken: set[str] = set()
        self.codes: dict[str, ModelCode] = {}

    def index(self) -> tuple[IndexEntry, ...]:
        return tuple(
            IndexEntry(name, "1", state, "no such layer" if name in self.broken else "")
            for name, state in self.states.items()
        )

    def repositories(self) -> tuple[tuple[Path, tuple[str, ...]], ...]:
        return tuple(self.folders.items())

    def add_repository(self, root: Path) -> None:
        if not root.is_dir():
            raise UsageError(f"The model repository {root} is not a folder.")
        names = tuple(sorted(path.name for path in root.iterdir()))
        self.folders[root.resolve()] = names
        self.states.update(dict.fromkeys(names, ModelState.NONE))

    def remove_repository(self, root: Path) -> None:
        for name in self.folders.pop(root.resolve(), ()):
            del self.states[name]

    def adopt(self, file: Path, repository: Path, adoption: Adoption) -> Adopted:
        raise ModelLoadError(f"{file.name} cannot be served: nothing is here.")

    def code(self, name: str) -> ModelCode | None:
        return self.codes.get(name)

    def load(self, name: str, config_json: str = "") -> None:
        if name in self.broken:
            self.states[name] = ModelState.UNAVAILABLE
            raise ModelLoadError(f"failed to load '{name}', no such layer")
        self.states[name] = ModelState.READY

    def unload(self, name: str) -> None:
        self.states[name] = ModelState.UNAVAILABLE


class FakeDevices(QObject):
    """Whatever the test plugs in."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.listed: tuple[SourceOffer, ...] = ()
        self.offered_modes: dict[str, tuple[OfferedMode, ...]] = {}

    def offers(self) -> tuple[SourceOffer, ...]:
        return self.listed

    def keep(self, spec: str) -> None:
        return None

    def rescan(self) -> None:
        self.changed.emit()

    def refresh(self) -> None:
        return None

    def modes(self, which: str) -> tuple[OfferedMode, ...]:
        return self.offered_modes.get(which, ())
