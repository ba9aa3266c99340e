"""What `models` prints: tables and sentences for people, JSON for programs, progress on stderr."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any, TextIO

import msgspec

from backend.core.errors import ConsoleError, mebibytes
from backend.core.wording import as_text
from backend.gallery import DownloadError, GalleryRow, InstallState, Phase, Progress, Speed

_PHASES = {
    Phase.WAITING: "another process is fetching it",
    Phase.CONNECTING: "connecting",
    Phase.FETCHING: "fetching",
    Phase.PIP: "pip is fetching its wheel",
    Phase.CHECKING: "checking",
    Phase.INSTALLING: "installing",
    Phase.DONE: "installed",
}
_CLEAR = "\r\x1b[K"


def row_json(row: GalleryRow) -> dict[str, Any]:
    """A model as `--json` prints it; sizes in bytes."""
    entry = row.entry
    return {
        "name": entry.name,
        "title": entry.title,
        "summary": entry.summary,
        "task": entry.task.value,
        "licence": entry.licence,
        "lists": [one.value for one in entry.lists],
        "needs": list(entry.needs),
        "size": row.size,
        "traffic": row.traffic,
        "state": row.state.value,
        "saved": row.saved,
        "folder": str(row.folder),
        "origins": list(row.origins),
        "speed": None if row.speed is None else msgspec.to_builtins(row.speed),
    }


def files_json(row: GalleryRow) -> list[dict[str, Any]]:
    """Its files, for `show`."""
    return [msgspec.to_builtins(file) for file in row.entry.files]


def error_json(name: str, error: ConsoleError) -> dict[str, Any]:
    """A model that something went wrong with."""
    fault = error.fault.value if isinstance(error, DownloadError) else "usage"
    return {"name": name, "error": fault, "message": error.message, "hint": error.hint}


def print_json(value: dict[str, Any]) -> None:
    """One line."""
    print(msgspec.json.encode(value, enc_hook=as_text).decode(), flush=True)


def print_table(rows: Sequence[GalleryRow]) -> None:
    """The models, a line each."""
    lines = [("NAME", "STATE", "SIZE", "TASK", "LICENCE", "SPEED")]
    lines += [
        (
            row.entry.name,
            _state(row),
            mebibytes(row.size),
            row.entry.task.value,
            row.entry.licence,
            "" if row.speed is None else f"{row.speed.timing.median_ms:.1f} ms",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        )


def print_entry(row: GalleryRow) -> None:
    """One model, in full."""
    entry = row.entry
    print(f"{entry.title} ({entry.name}): {entry.summary}")
    facts = {
        "task": entry.task.value,
        "licence": entry.licence,
        "state": _state(row),
        "folder": str(row.folder),
        "made of": ", ".join(entry.needs),
        "to fetch": mebibytes(row.traffic),
        "speed": "" if row.speed is None else speed_text(row.speed),
    }
    for name, value in facts.items():
        if value:
            print(f"  {name + ':':<10}{value}")
    for file in entry.files:
        print(f"  {file.path}  {file.size:,} bytes  SHA-256 {file.sha256}")
        for source in file.sources:
            print(f"    {source.path} of {source.origin}")


def speed_text(speed: Speed) -> str:
    """``13.7 ms (8.9 to 26.4 in 50 runs), loaded in 260 ms``."""
    timing = speed.timing
    return (
        f"{timing.median_ms:.1f} ms ({timing.fastest_ms:.1f} to {timing.slowest_ms:.1f} in "
        f"{timing.count} runs), loaded in {timing.load_ms:.0f} ms"
    )


class ProgressLine:
    """The progress of downloads: a line that changes on a terminal, else one for each phase."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._last = ("", "", Phase.DONE)

    def __call__(self, progress: Progress) -> None:
        """Show a moment of it."""
        phase = _PHASES[progress.phase]
        if self._live:
            share = f"{mebibytes(progress.total_received)} of {mebibytes(progress.total)}"
            file = f" {progress.path}" if progress.path else ""
            text = f"{progress.model}:{file} {phase}, {share}"
            if progress.phase is Phase.DONE:
                text += "\n"
            else:  # a line that wraps cannot be written over
                text = text[: shutil.get_terminal_size().columns - 1]
            self._write(f"{_CLEAR}{text}")
            return
        step = (progress.model, progress.path, progress.phase)
        if step != self._last:
            self._last = step
            file = f" {progress.path}" if progress.path and progress.phase is not Phase.DONE else ""
            self._write(f"{progress.model}:{file} {phase}\n")

    def end(self) -> None:
        """Leave the line, for other words to follow."""
        if self._live:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _state(row: GalleryRow) -> str:
    if row.state is InstallState.PARTIAL:
        return f"{mebibytes(row.saved)} saved"
    return "" if row.state is InstallState.ABSENT else row.state.value
