"""KServe's Python server with model files, as an image and the InferenceService that runs it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.core.defaults import KSERVE_IMAGE
from backend.core.errors import UsageError
from backend.models.export.files import copy_program
from backend.models.export.graphs import (
    GRAPH_PROGRAM,
    PACKAGES,
    loaded,
    write_beside,
    write_graph,
)
from backend.models.export.writing import Exported
from backend.models.repository import ModelFolders
from backend.models.servable import ModelLoadError

_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]*")
_LONGEST_NAME = 40
_MODELS = "models"
_KSERVE = "kserve>=0.21,<1"
_DOCKERFILE = """\
FROM python:3.11-slim
COPY . /app
WORKDIR /app
RUN pip install --no-cache-dir -r requirements.txt
ENTRYPOINT ["python", "-m", "server"]
"""
_MANIFEST = """\
# docker build -t {image} . && docker push {image} && kubectl apply -f inferenceservice.yaml
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {name}
spec:
  predictor:
    containers:
      - name: kserve-container
        image: {image}
        ports:
          # REST. For gRPC instead: containerPort 8081 and name h2c.
          - containerPort: 8080
            protocol: TCP
"""


@dataclass(frozen=True, slots=True)
class KServe:
    """Files alone: KServe's Python server has no backend for Python models of Triton."""

    image: str = KSERVE_IMAGE
    """As the cluster is to pull it."""

    def __post_init__(self) -> None:
        """Raise UsageError for what is no name of an image."""
        if not _IMAGE.fullmatch(self.image):
            raise UsageError(
                f"'{self.image}' is no name of an image.",
                hint="It is like registry.example/models:1.",
            )

    def place(self, to: Path) -> Path:
        """The models are beside the program."""
        return to / _MODELS

    def write(self, folders: ModelFolders, name: str, runtime: str, folder: Path) -> None:
        """The newest version that is served; raises ModelLoadError, UsageError and OSError."""
        if runtime not in PACKAGES:
            raise ModelLoadError(
                f"a model of '{runtime}' cannot be computed by KServe's Python server: "
                "write it for Triton, and have KServe run that"
            )
        config, source = folders.configuration(name)
        if config.HasField("sequence_batching"):
            raise ModelLoadError(
                "it keeps state between the requests of a sequence, and KServe's Python server "
                "knows no sequences: write it for Triton, and have KServe run that"
            )
        with loaded(folders, name) as versions:
            write_graph(versions[-1], runtime, source, folder)
            write_beside(versions[-1], source, folder)

    def finish(self, to: Path, done: Sequence[Exported]) -> None:
        """The program, what it needs, and the manifest."""
        copy_program("kserve_server.py", to / "server.py")
        copy_program(GRAPH_PROGRAM, to / GRAPH_PROGRAM)
        packages = sorted({_KSERVE, "numpy", *(PACKAGES[one.runtime] for one in done)})
        manifest = _MANIFEST.format(image=self.image, name=service_name(self.image))
        for name, text in (
            ("requirements.txt", "\n".join(packages) + "\n"),
            ("Dockerfile", _DOCKERFILE),
            ("inferenceservice.yaml", manifest),
        ):
            (to / name).write_text(text, encoding="utf-8")


def service_name(image: str) -> str:
    """The image's own name as Kubernetes names things: a letter, then letters, digits and -."""
    last = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    name = re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return name if name[:1].isalpha() else f"models-{name}".strip("-")
