"""The command line of a measurement: of which target, which model, and what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from mimetypes import guess_type
from pathlib import Path

from backend.compare.bench import Preset, Timed
from backend.core.choices import EMBEDDED, ImageEncoding
from backend.core.errors import UsageError
from backend.core.samples import Frame, Sample
from backend.core.target import Target
from backend.wire.media.images import encode_image
from backend.wire.media.sound import encode_wav
from gui.state.payload_names import PICTURE_FILE, SOUND_FILE
from gui.targets import saved_name
from gui.widgets.language import tr


def target_arguments(target: Target, own_models: Sequence[str] | None = None) -> list[str]:
    """A saved target by its name, since its secrets are not for a command line; the window's own
    server by its addresses, or one of the measurement's own with the models of these folders.

    Raises UsageError while the window's server does not run.
    """
    name = saved_name(target)
    if name != EMBEDDED:
        return ["--target", name]
    if own_models is not None:
        folders = [part for folder in own_models for part in ("--model-repository", folder)]
        return ["--target", EMBEDDED, *folders]
    if not (target.rest or target.grpc):
        raise UsageError(
            tr("The embedded server does not run."), tr("Start it, or choose another target.")
        )
    host, _, rest_port = target.rest.removeprefix("http://").rpartition(":")
    grpc_host, _, grpc_port = target.grpc.rpartition(":")
    ports = f"{rest_port},{grpc_port}" if grpc_port else rest_port
    return ["--target", f"{host or grpc_host}:{ports}"]


def sample_file(sample: Sample, folder: Path) -> Path:
    """The sample as a file that holds it to the last bit."""
    if isinstance(sample, Frame):
        path = folder / PICTURE_FILE
        path.write_bytes(encode_image(sample.pixels, ImageEncoding.PNG, 95))
    else:
        path = folder / SOUND_FILE
        path.write_bytes(encode_wav(sample.samples, sample.rate))
    return path


def is_sound_file(path: str) -> bool:
    """Whether a file's name says that it holds sound."""
    kind, _ = guess_type(path)
    return (kind or "").startswith("audio/")


def question(preset: str, seconds: int, timed: str) -> list[str]:
    """What is asked, for how long, and what of a request is timed."""
    return ["--preset", Preset(preset), "--seconds", str(seconds), "--timed", Timed(timed)]
