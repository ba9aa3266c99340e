"""Sources from one line of text, as on the command line and in saved settings."""

from __future__ import annotations

import re
from pathlib import Path

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.core.files.concealment import concealed_address
from backend.sources.cameras import webcam_title
from backend.sources.files import FileKind, Pace, kind_of_file
from backend.sources.source import Source

__all__ = ["ACCEPTED_SPECS", "Pace", "describe_spec", "source_from_path", "source_from_spec"]

ACCEPTED_SPECS = (
    "Expected one of: pattern; tone, sweep or noise; the path of a picture, folder, video or "
    "sound file; an http://, https:// or rtsp:// address; webcam, webcam:NUMBER, "
    "webcam:/dev/videoN or webcam:NAME."
)
"""What people are told when a text names no source."""

_SOUNDS = {"tone": "Tone", "sweep": "Sweep", "noise": "Noise"}
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def source_from_spec(spec: str, *, loop: bool, pace: Pace = Pace.OWN) -> Source:
    """The source that a text names; nothing is opened yet.

    `loop` and `pace` matter to files only. Raises UsageError if the text names no kind of source,
    and SourceError if it names a file that is absent or of no kind we read.
    """
    spec = spec.strip()
    if spec == "pattern":
        from backend.sources.generated import TestPattern

        return TestPattern()
    if spec in _SOUNDS:
        from backend.sources.generated import Tone

        return Tone(kind=spec)
    if spec == "webcam" or spec.startswith("webcam:"):
        from backend.sources.cameras import WebcamSource

        return WebcamSource(spec.partition(":")[2].strip())
    if _SCHEME.match(spec):
        from backend.sources.network import NetworkCamera

        return NetworkCamera(spec)
    return source_from_path(_existing(spec), loop=loop, pace=pace)


def source_from_path(path: Path, *, loop: bool, pace: Pace = Pace.OWN) -> Source:
    """The source for a file or folder; raises SourceError if it is of no kind we read."""
    if path.is_dir():
        from backend.sources.files import FolderSource

        return FolderSource(path, loop=loop, pace=pace)
    if not path.is_file():
        raise UsageError(
            f"{path} is neither a file nor a folder.",
            hint=f"For a camera write webcam:{path}." if "video" in path.name else ACCEPTED_SPECS,
        )
    match kind_of_file(path):
        case FileKind.PICTURE:
            from backend.sources.files import ImageSource

            return ImageSource(path, loop=loop, pace=pace)
        case FileKind.VIDEO:
            from backend.sources.files import VideoSource

            return VideoSource(path, loop=loop, pace=pace)
        case FileKind.SOUND:
            from backend.sources.files import AudioFileSource

            return AudioFileSource(path, loop=loop, pace=pace)


def describe_spec(spec: str) -> str:
    """A short name for lists and titles, without secrets."""
    spec = spec.strip()
    if spec == "pattern":
        return "Test pattern"
    if spec in _SOUNDS:
        return _SOUNDS[spec]
    if spec == "webcam" or spec.startswith("webcam:"):
        return webcam_title(spec.partition(":")[2].strip())
    if _SCHEME.match(spec):
        return concealed_address(spec)
    return Path(spec).name or spec


def _existing(spec: str) -> Path:
    """The path that a text means; raises the clearest error if there is none."""
    if not spec:
        raise UsageError("The source is empty.", ACCEPTED_SPECS)
    path = Path(spec).expanduser()
    try:
        if path.exists():
            return path
    except (OSError, ValueError) as error:
        raise UsageError(f"'{spec}' is no source.", ACCEPTED_SPECS) from error
    if spec.partition(":")[0] in ("camera", "cam"):
        raise UsageError(f"'{spec}' is no source.", hint="A camera of this machine is webcam.")
    if len(path.parts) > 1 or path.suffix:
        raise SourceError(SourceFault.ABSENT, f"There is no file or folder {path}.", ACCEPTED_SPECS)
    raise UsageError(f"'{spec}' is no source, and no file of that name is here.", ACCEPTED_SPECS)
