"""What the status strip says: a run's status in words, with levels where it is unwell."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.status import RunState, RunStatus, SourceState

_DROP_WARNING, _DROP_ALARM = 0.01, 0.05
_FEWEST_DROPS = 3
_RATE_WARNING, _RATE_ALARM = 0.95, 0.80


@dataclass(frozen=True, slots=True)
class SlotText:
    """What a slot says: text, tooltip and level ('', 'muted', 'warning', 'error')."""

    text: str
    tip: str = ""
    level: str = ""


_STATE_WORDS = {
    RunState.IDLE: ("Ready", "text_muted"),
    RunState.STARTING: ("Connecting", "warning"),
    RunState.STREAMING: ("Streaming", "ok"),
    RunState.STALLED: ("Waiting", "warning"),
    RunState.RECONNECTING: ("Reconnecting", "warning"),
    RunState.STOPPING: ("Stopping", "text_muted"),
    RunState.FINISHED: ("Finished", "text_muted"),
    RunState.FAILED: ("Failed", "error"),
}
_AT_REST = (RunState.IDLE, RunState.FINISHED, RunState.FAILED)
_UNWELL = {SourceState.LOST: "source lost", SourceState.SILENT: "source silent"}
_AGE_TIP = "From capture to the first paint of its predictions, median of the last two seconds"
_IN_TIP = "Items per second from the source"
_OUT_TIP = "Answers per second"
_DROP_TIP = "Items that were not answered, by place"
_FLIGHT_TIP = "Requests on their way, and the limit"
_BYTES_TIP = "Message bytes sent and received per second"

_IDLE = {
    "in": SlotText("in –", _IN_TIP, "muted"),
    "out": SlotText("out –", _OUT_TIP, "muted"),
    "age": SlotText("age –", _AGE_TIP, "muted"),
    "dropped": SlotText("dropped –", _DROP_TIP, "muted"),
    "flight": SlotText("flight –", _FLIGHT_TIP, "muted"),
    "bytes": SlotText("↑ –  ↓ –", _BYTES_TIP, "muted"),
}


def state_role(status: RunStatus) -> str:
    """The palette role of the dot."""
    if status.state is RunState.STREAMING and status.source.state in _UNWELL:
        return "warning"
    return _STATE_WORDS[status.state][1]


def state_text(status: RunStatus, target: str) -> str:
    """The state in words, with what it waits for: 'Reconnecting in 3 s (attempt 2)'."""
    word = _STATE_WORDS[status.state][0]
    source = status.source
    if source.state is SourceState.LOST and status.state is not RunState.FAILED:
        return f"Source lost, trying again in {source.retry_in_s:.0f} s (attempt {source.attempt})"
    match status.state:
        case RunState.RECONNECTING if status.retry_in_s <= 0:
            return f"Disconnected, trying again now (attempt {status.attempt})"
        case RunState.RECONNECTING:
            return f"Disconnected, retrying in {status.retry_in_s:.0f} s (attempt {status.attempt})"
        case RunState.STREAMING if source.state in _UNWELL:
            return f"{word} to {target}, {_UNWELL[source.state]}"
        case RunState.STREAMING | RunState.STARTING:
            return f"{word} to {target}"
        case RunState.FAILED | RunState.STALLED if status.message:
            return (
                status.message if status.state is RunState.STALLED else f"{word}: {status.message}"
            )
        case _:
            return word


def slot_texts(status: RunStatus, age_ms: float | None) -> dict[str, SlotText]:
    """The text of every slot but the state."""
    if status.state in _AT_REST:
        return {**_IDLE, "dropped": _dropped(status)} if status.counts.captured else _IDLE
    return {
        "in": _rate_in(status),
        "out": SlotText(f"out {status.rate_out:.1f}/s", _OUT_TIP),
        "age": SlotText("age –" if age_ms is None else f"age {age_ms:.0f} ms", _AGE_TIP),
        "dropped": _dropped(status),
        "flight": SlotText(
            f"flight {status.counts.in_flight}/{status.in_flight_limit}",
            _FLIGHT_TIP,
        ),
        "bytes": SlotText(
            f"↑ {status.bytes_out_per_s / 1e6:.1f} MB/s ↓ {status.bytes_in_per_s / 1e6:.1f} MB/s",
            _BYTES_TIP,
        ),
    }


def _rate_in(status: RunStatus) -> SlotText:
    info = status.source.info
    wanted = info.rate if info is not None and info.width else 0.0
    if not wanted:
        return SlotText(f"in {status.rate_in:.1f}/s", _IN_TIP)
    tip = f"Frames per second from the source, which promises {wanted:.0f}"
    share = status.rate_in / wanted
    streaming = status.state is RunState.STREAMING and status.counts.captured > 2 * wanted
    level = ""
    if streaming and share < _RATE_WARNING:
        level = "error" if share < _RATE_ALARM else "warning"
    sign = "▲ " if level == "error" else ""
    return SlotText(f"{sign}in {status.rate_in:.1f}/{wanted:.0f} fps", tip, level)


def _dropped(status: RunStatus) -> SlotText:
    counts = status.counts
    total = counts.dropped_total + counts.failed
    share = total / counts.captured if counts.captured else 0.0
    lines = [f"{place}: {number}" for place, number in counts.dropped.items()]
    if counts.failed:
        lines.append(f"failed: {counts.failed}")
    tip = "\n".join([_DROP_TIP, *lines])
    level = ""
    if share > _DROP_WARNING and total >= _FEWEST_DROPS:
        level = "error" if share > _DROP_ALARM else "warning"
    sign = "▲ " if level else ""
    return SlotText(f"{sign}dropped {total} ({share * 100:.1f} %)", tip, level)
