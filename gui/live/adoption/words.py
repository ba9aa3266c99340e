"""What the window says of a model file that comes in, in sentences."""

from __future__ import annotations

from pathlib import Path

from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError
from backend.core.status import Notice, Severity
from backend.core.target import Target
from backend.models.repository import AdoptionProgress, AdoptionStep, NotServable
from backend.profiles.book import ProfileChoice
from gui.state.models import AddedModel
from gui.state.switches import target_title
from gui.targets import guess_in_words
from gui.widgets.language import count, percent, sentence_start, tr

_LABELS = "labels.txt"


def progress_notice(file: Path, progress: AdoptionProgress | None, waiting: int) -> Notice:
    """How far a file is, None while the server is waited for, and how many come after it."""
    match progress:
        case None:
            step = tr("The server is starting...")
        case AdoptionProgress(AdoptionStep.TRYING):
            step = tr("It is tried once...")
        case AdoptionProgress(_, done, total):
            share = done / total if total else 0.0
            step = tr("Copying, {share}...", share=percent(share, 0))
    more = count(waiting, "{n} more file comes after it.", "{n} more files come after it.")
    body = f"{step} {more}" if waiting else step
    return Notice(Severity.INFO, tr("Checking {file}", file=file.name), body)


def added_notice(
    added: AddedModel, choice: ProfileChoice, *, chosen: bool, moved: bool
) -> tuple[Notice, str]:
    """What came in and how it will be fed, and the reasons, a line each.

    `moved` says that another target was chosen before.
    """
    sentence, doubts = guess_in_words(choice)
    parts = [_sentence(sentence), *doubts]
    if Path(_LABELS) in added.adopted.files:
        parts.append(tr("The class names beside the file came along."))
    if added.adopted.configured:
        parts.append(tr("Its config.pbtxt came along."))
    if moved:
        parts.append(tr("The target is now {target}.", target=target_title(Target(EMBEDDED))))
    if not chosen:
        parts.append(tr("The model in the bar stays."))
    title = tr("{model} was added", model=added.name)
    if added.adopted.reused:
        title = tr("{model} is there already", model=added.name)
    details = "\n".join((*choice.reasons, str(added.adopted.folder)))
    return Notice(Severity.INFO, title, " ".join(part for part in parts if part)), details


def failed_notice(file: Path, error: ConsoleError | None) -> Notice:
    """Why a file is not served."""
    title = tr("{file} was not added", file=file.name)
    why = error.reason if isinstance(error, NotServable) else str(error or "")
    return Notice(Severity.ERROR, title, _sentence(why))


def _sentence(text: str) -> str:
    return f"{sentence_start(text).rstrip('.')}." if text else ""
