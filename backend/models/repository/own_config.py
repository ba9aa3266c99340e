"""The configuration of the folder that a model file comes from, and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.core.files.regular import read_regular
from backend.models.config import CONFIG_FILE, MAX_BYTES, inside, parse_config
from backend.models.repository.places import BARE_FILES
from backend.models.servable import ModelLoadError
from backend.profiles.file import PROFILE_FILE
from backend.wire.generated import open_inference_pb2 as pb

_INITIAL_STATES = "initial_state"
_MOST_BYTES = 64 << 20
"""Of a file that the configuration names."""
_OF_ITS_PLACE = ("name", "version_policy", "default_model_filename", "model_warmup")
"""Fields that say where a model is, and what only makes its first answers quick."""


@dataclass(frozen=True, slots=True)
class OwnConfig:
    """What a configuration says of the model itself, and the model's folder that it is from."""

    config: pb.ModelConfig
    folder: Path

    @property
    def names_labels(self) -> bool:
        """Whether it says where class names stand."""
        return any(output.label_filename for output in self.config.output)

    def copy_files(self, target: Path) -> None:
        """Copy the files that it names to another folder, and a profile; raises ModelLoadError.

        What is in that folder already stays as it is.
        """
        for path in self._files():
            if (copy := inside(target, path)).exists():
                continue
            try:
                content = read_regular(inside(self.folder, path), _MOST_BYTES)
            except OSError as error:
                if path == PROFILE_FILE and isinstance(error, FileNotFoundError):
                    continue
                why = error.strerror or error
                raise ModelLoadError(f"{path}, beside {CONFIG_FILE}: {why}") from error
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)

    def _files(self) -> Iterator[str]:
        yield PROFILE_FILE
        yield from sorted({output.label_filename for output in self.config.output} - {""})
        for state in self.config.sequence_batching.state:
            for initial in state.initial_state:
                if initial.data_file:
                    yield f"{_INITIAL_STATES}/{initial.data_file}"


def own_config(file: Path) -> OwnConfig | None:
    """That of a file in a model's own folder, with or without version folders; None for others.

    Raises ModelLoadError for one that cannot be understood.
    """
    if file.name not in BARE_FILES:
        return None
    for folder in (file.parent, file.parent.parent):
        try:
            text = read_regular(folder / CONFIG_FILE, MAX_BYTES)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ModelLoadError(f"{CONFIG_FILE}: {error.strerror or error}") from error
        config = parse_config(text)
        for field in _OF_ITS_PLACE:
            config.ClearField(field)
        return OwnConfig(config, folder)
    return None
