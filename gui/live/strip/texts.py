"""What the status strip says: a run's status in words, with levels where it is unwell."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend.core.ledger import DropPlace
from backend.core.status import Alert, RunState, RunStatus, SourceState, losses
from backend.core.traffic import TrafficRates
from gui.state.counters import Recent
from gui.state.preferences import Preferences
from gui.widgets.language import marked, number, percent, spoken, tr

_DESIGNED = Preferences()
_FEWEST_DROPS = 3
_RATE_WARNING, _RATE_ALARM = 0.95, 0.80


@dataclass(frozen=True, slots=True)
class SlotText:
    """What a slot says: text, tooltip and level ('', 'muted', 'warning', 'error')."""

    text: str
    tip: str = ""
    level: str = ""


_ROLES = {
    RunState.IDLE: "text_muted",
    RunState.STARTING: "warning",
    RunState.STREAMING: "ok",
    RunState.STALLED: "warning",
    RunState.RECONNECTING: "warning",
    RunState.STOPPING: "text_muted",
    RunState.FINISHED: "text_muted",
    RunState.FAILED: "error",
}
_PLACES = {
    DropPlace.WAITING: marked("waiting"),
    DropPlace.OVERTAKEN: marked("overtaken"),
    DropPlace.SWITCHED: marked("switched"),
    DropPlace.STOPPED: marked("stopped"),
}
_AT_REST = (RunState.IDLE, RunState.FINISHED, RunState.FAILED)
_UNWELL = (SourceState.LOST, SourceState.SILENT)


def _tip(name: str) -> str:
    return {
        "in": tr("Items per second from the source"),
        "out": tr("Answers per second"),
        "age": tr(
            "From captured to the first paint of its predictions, median of the last 10 s; "
            "latency, in the panel, ends at decoded"
        ),
        "dropped": tr("Items that were not answered in the last 10 s"),
        "flight": tr("Requests on their way, and the limit"),
        "bytes": tr("Bytes on the wire, sent and received per second"),
    }[name]


def _idle() -> dict[str, SlotText]:
    return {
        name: SlotText(text, _tip(name), "muted")
        for name, text in (
            ("in", tr("in –")),
            ("out", tr("out –")),
            ("age", tr("age –")),
            ("dropped", tr("dropped –")),
            ("flight", tr("flight –")),
            ("bytes", "↑ –  ↓ –"),
        )
    }


def state_role(status: RunStatus, recent: Recent | None = None, *, paused: bool = False) -> str:
    """The palette role of the dot."""
    if status.state is RunState.STREAMING:
        if paused:
            return "text_muted"
        if recent is not None and recent.nothing_answered:
            return "error"
        if status.source.state in _UNWELL:
            return "warning"
    return _ROLES[status.state]


def state_text(
    status: RunStatus, target: str, recent: Recent | None = None, *, paused: bool = False
) -> str:
    """The state in words, with what it waits for: 'Reconnecting in 3 s (attempt 2)'.

    `recent` is what became of the last items, while a run is on; `paused` says that the file it
    plays stands still.
    """
    source = status.source
    if source.state is SourceState.LOST and status.state is not RunState.FAILED:
        return tr(
            "Source not there, trying again in {seconds} s (attempt {attempt})",
            seconds=number(max(1, math.ceil(source.retry_in_s))),
            attempt=source.attempt,
        )
    match status.state:
        case RunState.RECONNECTING if status.retry_in_s <= 0:
            return tr("Disconnected, trying again now (attempt {attempt})", attempt=status.attempt)
        case RunState.RECONNECTING:
            return tr(
                "Disconnected, retrying in {seconds} s (attempt {attempt})",
                seconds=number(math.ceil(status.retry_in_s)),
                attempt=status.attempt,
            )
        case RunState.STREAMING if paused:
            return tr("Paused")
        case RunState.STREAMING:
            return _streaming(source.state, target, recent)
        case RunState.STARTING:
            return _starting(source.state, target)
        case RunState.FAILED if status.message:
            return tr("Failed: {reason}", reason=spoken(status.message))
        case RunState.STALLED if status.message:
            return spoken(status.message)
        case _:
            return _word(status.state)


def _streaming(source: SourceState, target: str, recent: Recent | None) -> str:
    if source is SourceState.SILENT:
        return tr("Streaming to {target}, source silent", target=target)
    if recent is not None and recent.nothing_answered:
        return tr("Streaming to {target}, nothing answered", target=target)
    return tr("Streaming to {target}", target=target)


def _starting(source: SourceState, target: str) -> str:
    if source is SourceState.OPENING:
        return tr("Opening the source")
    return tr("Connecting to {target}", target=target)


def _word(state: RunState) -> str:
    return {
        RunState.IDLE: tr("Ready"),
        RunState.STARTING: tr("Connecting"),
        RunState.STREAMING: tr("Streaming"),
        RunState.STALLED: tr("Waiting"),
        RunState.RECONNECTING: tr("Reconnecting"),
        RunState.STOPPING: tr("Stopping"),
        RunState.FINISHED: tr("Finished"),
        RunState.FAILED: tr("Failed"),
    }[state]


def slot_texts(
    status: RunStatus,
    age_ms: float | None,
    recent: Recent | None = None,
    preferences: Preferences = _DESIGNED,
    shortfall: Alert | None = None,
    *,
    paused: bool = False,
) -> dict[str, SlotText]:
    """The text of every slot but the state; without `recent`, drops are those of the whole run.

    `shortfall` says that the model does not keep up with the source, and what would help.
    """
    if status.state in _AT_REST:
        idle = _idle()
        return (
            {**idle, "dropped": _dropped(status, None, preferences)}
            if status.counts.captured
            else idle
        )
    return {
        "in": _rate_in(status, paused=paused),
        "out": _rate_out(status, shortfall),
        "age": SlotText(
            tr("age –") if age_ms is None else tr("age {ms} ms", ms=number(age_ms)), _tip("age")
        ),
        "dropped": _dropped(status, recent, preferences),
        "flight": SlotText(
            tr(
                "flight {flying}/{limit}",
                flying=status.counts.in_flight,
                limit=status.in_flight_limit,
            ),
            _tip("flight"),
        ),
        "bytes": _bytes(status.traffic),
    }


def _bytes(traffic: TrafficRates) -> SlotText:
    """What goes over the wire; the tooltip has the messages, and what compression makes of them."""
    sign = "≈" if traffic.estimated else ""
    text = f"↑ {sign}{_megabytes(traffic.wire_out)} ↓ {_megabytes(traffic.wire_in)}"
    ratios = [
        tr("{ratio} : 1", ratio=number(message / wire, 1)) if wire else "–"
        for message, wire in (
            (traffic.bytes_out, traffic.wire_out),
            (traffic.bytes_in, traffic.wire_in),
        )
    ]
    lines = [
        _tip("bytes"),
        tr(
            "Messages, before compression: ↑ {out} ↓ {back}",
            out=_megabytes(traffic.bytes_out),
            back=_megabytes(traffic.bytes_in),
        ),
        tr("Messages to wire: ↑ {out} ↓ {back}", out=ratios[0], back=ratios[1]),
    ]
    if traffic.estimated:
        lines.append(tr("≈ gRPC does not show it; one message a second is compressed to see"))
    return SlotText(text, "\n".join(lines))


def _megabytes(per_second: float) -> str:
    return f"{number(per_second / 1e6, 1)} MB/s"


def _rate_in(status: RunStatus, *, paused: bool) -> SlotText:
    info = status.source.info
    wanted = info.rate if info is not None and info.width else 0.0
    rate = number(status.rate_in, 1)
    if not wanted:
        return SlotText(tr("in {rate}/s", rate=rate), _tip("in"))
    tip = tr("Frames per second from the source, which promises {wanted}", wanted=number(wanted))
    if status.never_made:
        tip += "\n" + tr("Promised and never given: {frames}", frames=status.never_made)
    share = status.rate_in / wanted
    promised = status.state is RunState.STREAMING and not paused
    level = ""
    if promised and status.counts.captured > 2 * wanted and share < _RATE_WARNING:
        level = "error" if share < _RATE_ALARM else "warning"
    sign = "▲ " if level == "error" else ""
    text = tr("in {rate}/{wanted} fps", rate=rate, wanted=number(wanted))
    return SlotText(f"{sign}{text}", tip, level)


def _rate_out(status: RunStatus, shortfall: Alert | None) -> SlotText:
    text = tr("out {rate}/s", rate=number(status.rate_out, 1))
    if shortfall is None:
        return SlotText(text, _tip("out"))
    return SlotText(text, f"{_tip('out')}\n{shortfall.title}\n{shortfall.body}", "warning")


def _dropped(status: RunStatus, recent: Recent | None, preferences: Preferences) -> SlotText:
    """What is not answered now colours the slot; what ever was not is in the tooltip."""
    counts = status.counts
    ever = Recent(counts.captured, counts.dropped_total + counts.failed)
    shown = ever if recent is None else recent
    level = ""
    if recent is not None and shown.unanswered >= _FEWEST_DROPS:
        if shown.share * 100 > preferences.drop_alarm:
            level = "error"
        elif shown.share * 100 > preferences.drop_warning:
            level = "warning"
    sign = "▲ " if level else ""
    lines = [_tip("dropped")] if recent is not None else []
    lines.append(
        tr(
            "Not answered since the start or the last reset: {lost} of {all} ({share})",
            lost=ever.unanswered,
            all=counts.captured,
            share=percent(ever.share),
        )
    )
    lines += [f"{tr(_PLACES[place])}: {lost}" for place, lost in counts.dropped.items()]
    if counts.failed:
        lines.append(tr("failed: {lost}", lost=counts.failed))
    lines += [
        tr("not read in time by {reader}: {lost}", reader=reader, lost=lost)
        for reader, lost in losses(status.sinks).items()
    ]
    text = tr("dropped {lost} ({share})", lost=shown.unanswered, share=percent(shown.share))
    return SlotText(f"{sign}{text}", "\n".join(lines), level)
