"""What the window says about a run: over the picture, and in a notice when it ends."""

from __future__ import annotations

from backend.core.errors import ConsoleError
from backend.core.samples import MediaKind
from backend.core.status import Notice, RunState, RunStatus, Severity, SourceState
from backend.session.summary import Summary
from gui.views.messages import Message, MessageKind

WELCOME_HINT = "Or drop an image, a video, a sound file or a folder here."


def idle_message(source: str, model: str, target: str) -> Message:
    """Before the first run, and after one that showed no picture."""
    return Message("Press Space to stream", f"{source} to {model} on {target}. {WELCOME_HINT}")


def run_message(status: RunStatus, source: str, target: str, *, shown: bool) -> Message:
    """What belongs over the picture of a run; empty when the picture speaks for itself."""
    state = status.source.state
    if state is SourceState.LOST:
        again = f"Trying again in {status.source.retry_in_s:.0f} s."
        return Message(
            f"{source} is not there", f"{status.source.message} {again}", MessageKind.FAILED
        )
    if state is SourceState.SILENT:
        return Message(f"{source} gives nothing", status.source.message, MessageKind.FAILED)
    if shown:
        return Message()
    if state is SourceState.OPENING:
        return Message(f"Opening {source}", "Stop ends the attempt.", MessageKind.LOADING)
    if status.state is RunState.STARTING:
        return Message(f"Connecting to {target}", "", MessageKind.LOADING)
    return Message()


def error_notice(error: BaseException) -> Notice:
    """An error as something to show: title and hint of ours, type and text of others."""
    if isinstance(error, ConsoleError):
        return Notice(Severity.ERROR, error.message, error.hint)
    return Notice(Severity.ERROR, type(error).__name__, str(error))


def end_notice(status: RunStatus, summary: Summary, error: ConsoleError | None) -> Notice:
    """How a run went, in a line."""
    if error is not None:
        return error_notice(error)
    kind = status.source.info.kind if status.source.info is not None else MediaKind.IMAGE
    things = "windows of sound" if kind is MediaKind.AUDIO else "frames"
    body = f"{summary.answered} of {summary.frames_in} {things} answered in {summary.seconds:.1f} s"
    p95 = summary.latency_ms.get("p95")
    if p95 is not None:
        body += f", p95 {p95:.0f} ms"
    title = "Finished" if status.state is RunState.FINISHED else "Stopped"
    return Notice(Severity.INFO, title, f"{body}.")
