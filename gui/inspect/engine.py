"""What the inspect page works with, chosen by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths

from backend.clients.control import ServerControlClient
from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError
from backend.core.target import Target
from backend.inspector.calls import Caller
from backend.inspector.collections import OURS
from backend.inspector.history import History
from backend.profiles.model_profile import ModelProfile


def own_requests() -> Path:
    """A folder of ours among the user's documents, which need not be there yet."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return (Path(documents) if documents else Path.home()) / OURS


@dataclass(frozen=True, slots=True)
class Engine:
    """Callers and controls are made for each target anew; `profile` may know none for a model.

    `requests_folder` is where requests are saved until the user opens another folder.
    """

    make_caller: Callable[[Target], Caller] = Caller
    make_control: Callable[[Target], ServerControlClient] = ServerControlClient
    profile: Callable[[Target, ModelDescription], ModelProfile | None] = lambda *_: None
    open_history: Callable[[], History] = History
    requests_folder: Callable[[], Path] = own_requests

    def describe(self, target: Target, model: str, version: str = "") -> ModelDescription:
        """Ask a target for a model; it waits for the answer and raises ConsoleError."""
        control = self.make_control(target)
        try:
            description = control.model_metadata(model, version)
            return _with_optional(description, _config(control, model, version))
        finally:
            control.close()


def _config(control: ServerControlClient, name: str, version: str) -> Mapping[str, Any]:
    """The model's configuration, or nothing where the server shows none."""
    try:
        return control.model_config(name, version) or {}
    except ConsoleError:
        return {}


def _with_optional(description: ModelDescription, config: Mapping[str, Any]) -> ModelDescription:
    """The description with what only the configuration says: which inputs may be left out."""
    declared = config.get("input")
    optional = {
        one.get("name")
        for one in (declared if isinstance(declared, list) else ())
        if isinstance(one, dict) and one.get("optional") is True
    }
    inputs = tuple(
        replace(spec, optional=spec.optional or spec.name in optional)
        for spec in description.inputs
    )
    return replace(description, inputs=inputs)
