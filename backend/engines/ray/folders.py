"""The model folders of a repository, whose models are loaded by replicas instead of here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from backend.engines.ray.declared import RemoteServable
from backend.engines.ray.replicas import Replicas
from backend.engines.ray.scale import NO_SCALE, scale_in
from backend.models.config import parse_config_json
from backend.models.repository import BrokenVersion, LoadedModel, ModelFolders
from backend.wire.generated import open_inference_pb2 as pb


class RemoteFolders(ModelFolders):
    """Loads a model by bringing up its replicas."""

    def __init__(self, roots: Sequence[Path], replicas: Replicas) -> None:
        super().__init__(roots, ())
        self._replicas = replicas

    def load(self, name: str, config_json: str = "") -> list[LoadedModel | BrokenVersion]:
        """Every version that replicas have loaded; raises ModelLoadError."""
        config, folder = self.configuration(name, config_json)
        return bring_up(self._replicas, name, config, folder, config_json)

    def load_uploaded(
        self, name: str, config_json: str, files: Mapping[str, bytes]
    ) -> list[LoadedModel | BrokenVersion]:
        """The same of files that were sent along."""
        config = parse_config_json(config_json)
        return bring_up(self._replicas, name, config, None, config_json, files)


def bring_up(
    replicas: Replicas,
    name: str,
    config: pb.ModelConfig | None = None,
    folder: Path | None = None,
    config_json: str = "",
    uploads: Mapping[str, bytes] | None = None,
) -> list[LoadedModel | BrokenVersion]:
    """Start replicas of a model and give what they have loaded; raises ModelLoadError."""
    scale = NO_SCALE if folder is None else scale_in(folder)
    deployed, declared = replicas.bring_up(
        name, config or pb.ModelConfig(), scale, config_json=config_json, uploads=uploads
    )
    return [
        *(
            LoadedModel(
                RemoteServable(
                    version,
                    deployed,
                    partial(deployed.trouble, version.version),
                    partial(replicas.let_go, deployed),
                )
            )
            for version in declared.versions
        ),
        *(BrokenVersion(version, reason) for version, reason in declared.broken.items()),
    ]
