"""What the window says about a run: over the picture, and in a notice when it ends."""

from __future__ import annotations

import math

from backend.core.errors import ConsoleError
from backend.core.samples import MediaKind
from backend.core.status import Notice, RunState, RunStatus, Severity, SourceState
from backend.session.run import Summary
from gui.views.messages import EmptyMessage, MessageKind
from gui.widgets.language import marked, number, spoken, tr
from gui.workspace.notifier import error_notice


def idle_message(source: str, model: str, target: str) -> EmptyMessage:
    """Before the first run, and after one that showed no picture."""
    body = tr(
        "{source} to {model} on {target}. "
        "Or drop an image, a video, a sound file, a folder or a model here.",
        source=source,
        model=model,
        target=target,
    )
    return EmptyMessage(tr("Press Space to stream"), body, MessageKind.START)


def run_message(status: RunStatus, source: str, target: str, *, shown: bool) -> EmptyMessage:
    """What belongs over the picture of a run; empty when the picture speaks for itself."""
    state = status.source.state
    if state is SourceState.LOST:
        wait = status.source.retry_in_s
        again = (
            tr("Trying again in {seconds} s.", seconds=number(math.ceil(wait)))
            if wait > 0
            else tr("Trying again now.")
        )
        return EmptyMessage(
            tr("{source} is not there", source=source),
            f"{spoken(status.source.message)} {again}",
            MessageKind.FAILED,
        )
    if state is SourceState.SILENT:
        return EmptyMessage(
            tr("{source} gives nothing", source=source),
            spoken(status.source.message),
            MessageKind.FAILED,
        )
    if shown:
        return EmptyMessage()
    if state is SourceState.OPENING:
        return EmptyMessage(
            tr("Opening {source}", source=source), tr("Stop ends the attempt."), MessageKind.LOADING
        )
    if status.state is RunState.STARTING:
        return EmptyMessage(tr("Connecting to {target}", target=target), "", MessageKind.LOADING)
    return EmptyMessage()


def end_notice(status: RunStatus, summary: Summary, error: ConsoleError | None) -> Notice:
    """How a run went, in a line."""
    if error is not None:
        return error_notice(error)
    kind = status.source.info.kind if status.source.info is not None else MediaKind.IMAGE
    words = (
        marked("{answered} of {all} windows of sound answered in {seconds} s")
        if kind is MediaKind.AUDIO
        else marked("{answered} of {all} frames answered in {seconds} s")
    )
    body = tr(
        words,
        answered=summary.answered,
        all=summary.frames_in,
        seconds=number(summary.seconds, 1),
    )
    p95 = summary.latency_ms.get("p95")
    if p95 is not None:
        body += f", p95 {number(p95)} ms"
    title = tr("Finished") if status.state is RunState.FINISHED else tr("Stopped")
    return Notice(Severity.INFO, title, f"{body}.")
