"""What the page says of a model: its task, how it stands, its size and speed, what to do."""

from __future__ import annotations

from backend.core.errors import ConsoleError
from backend.core.samples import MediaKind
from backend.gallery import DownloadError, DownloadFault, GalleryEntry, Phase, Speed, Task
from gui.gallery.item import Action, Item, Standing
from gui.widgets.language import byte_size, marked, number, sentence_start, tr

_TASKS = {
    Task.OBJECTS: marked("Object detection"),
    Task.CLASSES: marked("Classification"),
    Task.FACES: marked("Face detection"),
    Task.POINTS: marked("Key points"),
    Task.MASKS: marked("Segmentation"),
    Task.SPEECH: marked("Voice activity"),
    Task.KEYWORDS: marked("Keyword spotting"),
    Task.TEXT: marked("Text detection"),
}
_STANDINGS = {
    Standing.ABSENT: (marked("Not installed"), "text_muted"),
    Standing.PAUSED: (marked("Paused"), "warning"),
    Standing.WAITING: (marked("Waiting for its turn"), "accent"),
    Standing.FETCHING: (marked("Downloading"), "accent"),
    Standing.CHECKING: (marked("Checking"), "accent"),
    Standing.FAILED: (marked("Not downloaded"), "error"),
    Standing.INSTALLED: (marked("Installed"), "text_muted"),
    Standing.LOADING: (marked("Loading"), "accent"),
    Standing.LOADED: (marked("Loaded"), "ok"),
    Standing.BROKEN: (marked("Installed, cannot be loaded"), "error"),
    Standing.CHANGED: (marked("Changed since it came"), "warning"),
    Standing.FOREIGN: (marked("Another model has its name"), "warning"),
}
_PHASES = {
    Phase.WAITING: marked("Another process fetches it"),
    Phase.CONNECTING: marked("Connecting"),
    Phase.PIP: marked("pip fetches its package"),
    Phase.INSTALLING: marked("Installing"),
}
_FAULTS = {
    DownloadFault.OFFLINE: marked("Offline"),
    DownloadFault.CUT: marked("Cut off"),
    DownloadFault.STALLED: marked("Too slow"),
    DownloadFault.DISK_FULL: marked("The disk is full"),
}
_ACTIONS = {
    Action.GET: (marked("Get"), marked("Download it, check it, and serve it")),
    Action.RESUME: (marked("Resume"), marked("Go on where it stopped")),
    Action.RETRY: (marked("Retry"), marked("Try again; what has come is not fetched again")),
    Action.CANCEL: (marked("Cancel"), marked("End the download; what has come is kept")),
    Action.LOAD: (marked("Load"), marked("Serve it")),
    Action.USE: (marked("Use"), marked("Stream to it on the live page")),
    Action.MEASURE: (marked("Measure"), marked("Measure its speed on this machine")),
    Action.REMOVE: (marked("Remove"), marked("Unload and delete it")),
    Action.DISCARD: (marked("Discard"), marked("Delete what has come of it")),
}
_FOR_ALL = frozenset(
    {DownloadFault.OFFLINE, DownloadFault.TLS, DownloadFault.DISK_FULL, DownloadFault.DISK}
)
"""What the next download would meet as well."""


def task_title(task: Task) -> str:
    """What a model is for."""
    return tr(_TASKS[task])


def summary(entry: GalleryEntry) -> str:
    """What a model does, in a sentence; .ci/texts.py finds it in the catalogue."""
    return tr(entry.summary)


def action_words(action: Action) -> tuple[str, str]:
    """The text of its button, and what that does."""
    text, tip = _ACTIONS[action]
    return tr(text), tr(tip)


def standing_text(item: Item) -> str:
    """How a model stands, in a few words."""
    progress = item.progress
    if item.measuring:
        return tr("Measuring its speed")
    if item.standing is Standing.PAUSED:
        return tr("Paused at {part}", part=part_text(item.row.saved, item.entry.size))
    if item.standing is Standing.FAILED and isinstance(item.problem, DownloadError):
        text = _FAULTS.get(item.problem.fault, _STANDINGS[item.standing][0])
        return tr(text)
    if progress is not None and progress.phase in _PHASES:
        return tr(_PHASES[progress.phase])
    if progress is not None and item.standing is Standing.FETCHING:
        return part_text(progress.total_received, progress.total)
    return tr(_STANDINGS[item.standing][0])


def standing_role(item: Item) -> str:
    """The role of the colour that goes with it."""
    return "accent" if item.measuring else _STANDINGS[item.standing][1]


def file_text(item: Item) -> str:
    """Which file is fetched, and how far that is; '' while none is."""
    progress = item.progress
    if progress is None or not progress.path or item.standing is not Standing.FETCHING:
        return ""
    return f"{progress.path}   {part_text(progress.received, progress.size)}"


def part_text(done: int, total: int) -> str:
    """'1.2 MiB of 3.5 MiB'."""
    return tr("{done} of {total}", done=byte_size(done), total=byte_size(total))


def speed_text(item: Item) -> str:
    """'12 ms a frame', for one computation of the model; '' where it was not measured."""
    if item.row.speed is None:
        return ""
    median = item.row.speed.timing.median_ms
    time = number(median, 0 if median >= 10 else 1)
    if item.kind is MediaKind.AUDIO:
        return tr("{time} ms a window", time=time)
    return tr("{time} ms a frame", time=time)


def speed_details(speed: Speed) -> str:
    """The spread of a measurement, and where it was made."""
    timing = speed.timing
    return tr(
        "{fast} to {slow} ms in {count} runs, loaded in {load} ms, on {machine}",
        fast=number(timing.fastest_ms, 1),
        slow=number(timing.slowest_ms, 1),
        count=number(timing.count),
        load=number(timing.load_ms),
        machine=speed.machine.name,
    )


def problem_text(item: Item) -> str:
    """What is wrong with a model, '' if nothing is."""
    if item.problem is not None:
        problem = item.problem
        return problem.message if isinstance(problem, ConsoleError) else str(problem)
    if item.standing is Standing.BROKEN:
        return sentence_start(item.reason)
    return ""


def advice(item: Item) -> str:
    """What can be done about it, '' if there is nothing to say."""
    if item.problem is not None:
        return _advice(item.problem)
    if item.standing is Standing.FOREIGN:
        return tr(
            "{folder} did not come from the gallery. Rename or remove it to get this model.",
            folder=item.row.folder,
        )
    if item.standing is Standing.CHANGED:
        return tr("Its files are not those of the gallery any more. Remove it to get it anew.")
    return ""


def _advice(error: Exception) -> str:
    if is_offline(error):
        return tr("Try again, use a mirror, or install from a folder: see the page's menu.")
    match error.fault if isinstance(error, DownloadError) else None:
        case DownloadFault.ABSENT:
            return tr("Choose another folder, or get it from its origin.")
        case DownloadFault.REDIRECT:
            return tr("Try again later, or use a mirror: see the page's menu.")
        case DownloadFault.DISK:
            return tr("See that it can be written, or name another folder in INFERDECK_MODELS.")
        case DownloadFault.DISK_FULL:
            return tr("Free some space, or name a folder on another disk in INFERDECK_MODELS.")
    return error.hint if isinstance(error, ConsoleError) else ""


def is_offline(error: Exception) -> bool:
    """Whether a download ended because nobody was reached."""
    return isinstance(error, DownloadError) and error.fault is DownloadFault.OFFLINE


def ends_all(error: Exception) -> bool:
    """Whether other downloads would end likewise."""
    return not isinstance(error, DownloadError) or error.fault in _FOR_ALL
