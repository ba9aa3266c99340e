"""Whether LiteRT can be given a file: tried once in a process of its own.

LiteRT checks the outer form of a file only. Of real files in which single bytes were changed, some
ended the whole process by a segmentation fault, so no file enters this one untried.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from backend.models.loads import Loads
from backend.models.servable import ModelLoadError

Dims: TypeAlias = tuple[int, ...]

_PROGRAM = Path(__file__).with_name("trial_child.py")
LONGEST_S = 120.0
_MOST_KNOWN = 256
_LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Trial:
    """The dimensions of each input and output in the order of the file; -1: seen to vary."""

    inputs: tuple[Dims, ...]
    outputs: tuple[Dims, ...]


class Trials:
    """Remembers what was tried by its content; safe from any thread.

    `loads` are where a load is given up; a file is given at most `longest_s` seconds.
    """

    def __init__(self, loads: Loads | None = None, longest_s: float = LONGEST_S) -> None:
        self._loads = loads or Loads()
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._known: dict[str, Trial] = {}

    def of(self, model: str, data: bytes, threads: int) -> Trial:
        """What the file takes and gives; raises ModelLoadError with the reason if it cannot run."""
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            known = self._known.get(digest)
        if known is not None:
            return known
        trial = self._run(model, data, threads)
        with self._lock:
            while len(self._known) >= _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[digest] = trial
        return trial

    def _run(self, model: str, data: bytes, threads: int) -> Trial:
        child = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-B", str(_PROGRAM), str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # No console window on Windows.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        with child:
            try:
                with self._loads.ended_by(model, child.kill):
                    report, _ = child.communicate(data, self._longest_s)
                    return _trial(report, child.returncode)
            except subprocess.TimeoutExpired:
                raise ModelLoadError(
                    f"LiteRT did not compute the file once within {self._longest_s:g} s"
                ) from None
            finally:
                child.kill()


def plain_reason(text: str) -> str:
    """What LiteRT says, in one line, and which operator where one is missing."""
    text = " ".join(text.split())
    if "not a valid Flatbuffer" in text:
        return f"it is no TensorFlow Lite model, or damaged ({text.rstrip('.')})"
    if "Select TensorFlow op" not in text and "unresolved custom op" not in text:
        return text
    missing = re.search(r"Node number \d+ \((.{1,200}?)\) failed to prepare", text)
    name = f"operator '{missing[1]}'" if missing else "operators"
    return f"the model needs {name}, which LiteRT does not have here"


def _trial(report: bytes, code: int) -> Trial:
    try:
        found: dict[str, Any] = json.loads(report)
    except ValueError:
        raise ModelLoadError(
            f"LiteRT crashes on the file ({_ending(code)}): it is damaged, made to do so, or needs "
            "more memory than there is"
        ) from None
    if "reason" in found:
        why = plain_reason(found["reason"])[:_LONGEST_REASON]
        raise ModelLoadError(f"LiteRT cannot load the file: {why}")
    return Trial(*(tuple(tuple(dims) for dims in found[role]) for role in ("inputs", "outputs")))


def _ending(code: int) -> str:
    if code >= 0 or os.name != "posix":
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
