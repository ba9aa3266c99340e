"""A model that does not keep up with its source: how much it manages, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.core.samples import MediaKind
from backend.core.status import Alert, RunState, RunStatus, Severity, SourceState
from gui.views.plots import LatencyReport
from gui.widgets.language import marked, number, percent, tr

SHORTFALL = "shortfall"
"""The alert's id."""

_WARM_UP_S = 4.0
"""What a model does in its first seconds, or after a switch, says little of its rate."""
_SLOW, _WELL = 0.9, 0.95
_READINGS = 6
_REWRITE_S = 5.0
_LEAST_RATE = 0.5


class Part(StrEnum):
    """Where the time of an answer may go."""

    MODEL = "model"
    QUEUE = "queue"
    SERVER = "server"
    NETWORK = "network"
    MESSAGES = "messages"


_PARTS: Mapping[str, Part] = {
    "prepare": Part.MESSAGES,
    "encode": Part.MESSAGES,
    "decode": Part.MESSAGES,
    "send": Part.NETWORK,
    "wire": Part.NETWORK,
    "receive": Part.NETWORK,
    "server_and_network": Part.SERVER,
    "server_decode": Part.MESSAGES,
    "server_queue": Part.QUEUE,
    "server_input": Part.MODEL,
    "server_infer": Part.MODEL,
    "server_output": Part.MODEL,
    "server_encode": Part.MESSAGES,
}
"""The part that each span belongs to; the source, waiting for its turn and drawing cost no rate."""

_ADVICE = {
    Part.MODEL: marked(
        "{share} of the time is the model. A smaller input, a smaller model, more threads, or "
        "another runtime or execution provider would help."
    ),
    Part.QUEUE: marked(
        "{share} of the time is waiting in the server's queue. More instances of the model would "
        "help."
    ),
    Part.SERVER: marked(
        "{share} of the time is the server and the way to it, which this server does not tell "
        "apart. A smaller input or smaller messages, such as JPEG, would help."
    ),
    Part.NETWORK: marked(
        "{share} of the time is the way to the server and back. Smaller messages, such as JPEG, "
        "or another transport would help; the Compare page measures them."
    ),
    Part.MESSAGES: marked(
        "{share} of the time is making and reading messages, here and at the server. Another image "
        "encoding or serialisation would help; the Compare page measures them."
    ),
}


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Answers per second and what the source gives; the largest part of an answer's time.

    `best` is how many a second one copy of the model could give if nothing else took time, 0 if
    the server does not say.
    """

    rate: float
    wanted: float
    part: Part
    share: float
    best: float
    pictures: bool

    def alert(self) -> Alert:
        """As a condition for the alerts."""
        rate, wanted = _rate(self.rate), _rate(self.wanted)
        title = (
            tr("The model manages {rate} of {wanted} frames a second", rate=rate, wanted=wanted)
            if self.pictures
            else tr(
                "The model manages {rate} of {wanted} windows of sound a second",
                rate=rate,
                wanted=wanted,
            )
        )
        body = tr(_ADVICE[self.part], share=percent(self.share, 0))
        if self.best > self.rate:
            best = tr("One copy of it alone would manage {best} at best.", best=_rate(self.best))
            body = f"{body} {best}"
        return Alert(SHORTFALL, Severity.INFO, title, body)


class ShortfallWatch:
    """Reads a run twice a second; says so only of what lasts, and not while a model warms up."""

    def __init__(self) -> None:
        self._model = ""
        self.reset()

    def reset(self) -> None:
        """Another run."""
        self._since_s: float | None = None
        self._slow = self._well = 0
        self._shown: Shortfall | None = None
        self._shown_s = 0.0

    def read(
        self, status: RunStatus, report: LatencyReport | None, model: str, now_s: float
    ) -> Shortfall | None:
        """What lasts now, None while the source is kept up with or nothing can be said yet."""
        if model != self._model:
            self.reset()
            self._model = model
        found = shortfall_of(status, report)
        if found is None:
            self.reset()
            return None
        self._since_s = now_s if self._since_s is None else self._since_s
        if now_s - self._since_s < _WARM_UP_S:
            return None
        share = found.rate / found.wanted
        self._slow = self._slow + 1 if share < _SLOW else 0
        self._well = self._well + 1 if share >= _WELL else 0
        if self._well >= _READINGS:
            self._shown = None
        elif self._slow >= _READINGS and (
            self._shown is None or now_s - self._shown_s >= _REWRITE_S
        ):
            self._shown, self._shown_s = found, now_s
        return self._shown


def shortfall_of(status: RunStatus, report: LatencyReport | None) -> Shortfall | None:
    """The rates of this moment with where the time goes, whether they fall short or not."""
    info = status.source.info
    live = status.source.state is SourceState.LIVE and status.state is RunState.STREAMING
    if not live or report is None or info is None:
        return None
    pictures = info.kind is not MediaKind.AUDIO
    # A file waits for the model, so that what it gives is no measure of what it would give.
    wanted = status.rate_in if info.live or not pictures else info.rate
    spans = dict(report.spans)
    times = dict.fromkeys(Part, 0.0)
    for name, part in _PARTS.items():
        times[part] += spans.get(name, 0.0)
    total = sum(times.values())
    if wanted < _LEAST_RATE or total <= 0:
        return None
    part = max(times, key=lambda one: times[one])
    best = 1000 / times[Part.MODEL] if times[Part.MODEL] > 0 else 0.0
    return Shortfall(status.rate_out, wanted, part, times[part] / total, best, pictures)


def _rate(per_second: float) -> str:
    return number(per_second, 0 if per_second >= 10 else 1)
