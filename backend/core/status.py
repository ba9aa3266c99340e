"""What a run says about itself: its state, its numbers, its notices and alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError, TargetFault
from backend.core.flow import Policy
from backend.core.ledger import Counts, DropPlace
from backend.core.predictions import Predictions
from backend.core.samples import MediaKind, Sample
from backend.core.timing import Timeline
from backend.core.traffic import Traffic, TrafficRates

REQUEST_ALERT = "request"
"""Id of the alert, and topic of the notices, about the newest reply."""


class Severity(StrEnum):
    """How much a message wants attention."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """An event: something that happened once and may be missed.

    `topic` is the id of the alert whose begin or end it is, '' for what is no condition.
    """

    severity: Severity
    title: str
    body: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition that is true now; the same `id` replaces itself, and it goes when it is over.

    `fault` says which mend may be offered, where there is one.
    """

    id: str
    severity: Severity
    title: str
    body: str = ""
    fault: TargetFault | None = None


class SourceState(StrEnum):
    """Where a source stands."""

    CLOSED = "closed"
    OPENING = "opening"
    LIVE = "live"
    SILENT = "silent"
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source turned out to be once it was open.

    `rate` is frames per second for pictures and samples per second for sound, 0 if unknown.
    `live` sources drop what is not taken in time; others wait. `items` is the length of a file in
    frames, if known.
    """

    kind: MediaKind
    name: str
    live: bool
    width: int = 0
    height: int = 0
    rate: float = 0.0
    items: int | None = None


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """State of the source, with the reason where it is not live."""

    state: SourceState = SourceState.CLOSED
    info: SourceInfo | None = None
    message: str = ""
    attempt: int = 0
    retry_in_s: float = 0.0

    @property
    def failing(self) -> bool:
        """Whether it gives nothing though it should."""
        return self.state in (SourceState.LOST, SourceState.SILENT)


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """One reader of a run: how many items wait for it, and how many it never got."""

    name: str
    policy: Policy
    waiting: int
    lost: int


def losses(sinks: Iterable[SinkStatus]) -> dict[str, int]:
    """What readers missed, by name; who takes only the newest misses what it does not want."""
    missed: Counter[str] = Counter()
    for sink in sinks:
        if sink.policy is not Policy.NEWEST:
            missed[sink.name] += sink.lost
    return dict(+missed)


@dataclass(frozen=True, slots=True)
class OutageCounts:
    """How often and how long there was no connection, and answers that lived through it.

    These answers' latencies are not counted: they tell of the outage.
    """

    count: int = 0
    seconds: float = 0.0
    delayed: int = 0


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of all latencies of a run, in ms, within 0.5 %; `count` of them."""

    count: int
    p50: float
    p95: float
    p99: float


class RunState(StrEnum):
    """Where a run stands."""

    IDLE = "idle"
    STARTING = "starting"
    STREAMING = "streaming"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    STOPPING = "stopping"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A snapshot of a run for the status strip and the summary.

    `clock_trouble` counts answers of which the server claims more time than passed here;
    `latency` is that of the whole run, None before the first answer.
    """

    state: RunState = RunState.IDLE
    message: str = ""
    attempt: int = 0
    retry_in_s: float = 0.0
    source: SourceStatus = SourceStatus()
    counts: Counts = Counts()
    rate_in: float = 0.0
    rate_out: float = 0.0
    traffic: TrafficRates = TrafficRates()
    latency: Quantiles | None = None
    outages: OutageCounts = OutageCounts()
    clock_trouble: int = 0
    never_made: int = 0
    in_flight_limit: int = 1
    alerts: tuple[Alert, ...] = field(default_factory=tuple)
    sinks: tuple[SinkStatus, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """One sample as it was sent: a picture that travels as a file has its `file`.

    `sent_ns` is monotonic; `lane` is that of the `Result` which may follow.
    """

    seq: int
    sample: Sample
    sent_ns: int
    settings: RunSettings
    lane: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One answered sample: the sample itself, what the model said, and what it cost.

    `lane` numbers the connection and settings it was sent with: it rises with every switch.
    """

    seq: int
    sample: Sample
    predictions: Predictions
    timeline: Timeline
    traffic: Traffic
    settings: RunSettings
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was heard, with the mean score at its surest, 0 to 1.

    `seq` is the sample whose answer completed it; `media_time_s` its middle, where it is in a file.
    """

    label: str
    score: float
    seq: int
    media_time_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """One sample that got an error instead of an answer."""

    seq: int
    error: ConsoleError
    traffic: Traffic = Traffic()


@dataclass(frozen=True, slots=True)
class Loss:
    """Samples with the numbers `first` to `last` that left the road to an answer at one place.

    There is more than one only where none of them was sent. `captured_ns` are the monotonic times
    of their captures, of the first and the last; 0 where they are not known.
    """

    first: int
    last: int
    place: DropPlace
    traffic: Traffic = Traffic()
    captured_ns: tuple[int, int] = (0, 0)

    def joined(self, later: Loss) -> Loss | None:
        """Both as one, where the other follows directly and nothing of either was sent."""
        if self.place is not later.place or later.first != self.last + 1:
            return None
        if self.traffic != Traffic() or later.traffic != Traffic():
            return None
        captured_ns = self.captured_ns[0], later.captured_ns[1]
        return Loss(self.first, later.last, self.place, captured_ns=captured_ns)
