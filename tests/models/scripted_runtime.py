"""A runtime for tests: a model is a text file that says how it behaves."""

from __future__ import annotations

from pathlib import Path

from backend.models.config.files import read_labels
from backend.models.servable import ModelLoadError, Servable
from backend.wire.generated import open_inference_pb2 as pb
from tests.server.scripted_servables import Scripted

FILE = "model.script"
TENSORS = """
input { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] %s }
"""


class ScriptedRuntime:
    """Loads ``<version>/model.script``; the text "broken" makes it fail, or it knows its inputs."""

    name = "scripted"

    def __init__(self) -> None:
        self.loaded: list[Scripted] = []

    def handles(self, config: pb.ModelConfig, folder: Path) -> bool:
        return config.backend in ("", self.name) and bool(list(folder.glob(f"*/{FILE}")))

    def complete(self, config: pb.ModelConfig, version_folder: Path) -> pb.ModelConfig:
        self._text(version_folder)
        if not config.input:
            config.input.add(name="INPUT0", data_type=pb.TYPE_INT32, dims=[-1])
        if not config.output:
            config.output.add(name="OUTPUT0", data_type=pb.TYPE_INT32, dims=[-1])
        return config

    def load(self, config: pb.ModelConfig, version_folder: Path) -> Servable:
        text = self._text(version_folder)
        if text == "broken":
            raise ModelLoadError("the script says broken")
        if text == "crash":
            raise ZeroDivisionError("unforeseen")
        model = Scripted(config, version=version_folder.name)
        model.labels = read_labels(config, version_folder.parent)
        self.loaded.append(model)
        return model

    def _text(self, version_folder: Path) -> str:
        try:
            return (version_folder / FILE).read_text()
        except OSError:
            raise ModelLoadError(f"{version_folder.name}/{FILE} is missing") from None


def write_model(
    root: Path, name: str, *versions: int, config: str | None = None, script: str = "ok"
) -> Path:
    """A model folder with these versions; without a configuration unless one is given."""
    folder = root / name
    for version in versions:
        (folder / str(version)).mkdir(parents=True)
        (folder / str(version) / FILE).write_text(script)
    folder.mkdir(exist_ok=True, parents=True)
    if config is not None:
        (folder / "config.pbtxt").write_text(config)
    return folder
