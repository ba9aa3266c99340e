"""Finds a Python model's class and sets it up."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
from pathlib import Path
from typing import Any

from backend.models.runtimes.python_child.model_config import ModelConfig, Properties

CLASS_NAME = "TritonPythonModel"


_folders: list[str] = []


def model_dir() -> str:
    """The folder of the version that this process serves, '' before that is known."""
    return _folders[-1] if _folders else ""


def model_class(folder: str, version: str, file_name: str) -> type[Any]:
    """The class that a version's file defines.

    The file is the module ``<version>.<name>``, as models and what they import expect; beside it
    and in the model's folder they find modules of their own. Raises whatever importing it raises,
    and AttributeError or TypeError if there is no such class.
    """
    version_folder = str(Path(folder, version))
    _folders.append(version_folder)
    sys.path += [version_folder, folder]
    package = types.ModuleType(version)
    package.__path__ = [version_folder]
    sys.modules[version] = package
    module = importlib.import_module(f"{version}.{Path(file_name).stem}")
    made = getattr(module, CLASS_NAME, None)
    if not inspect.isclass(made):
        raise AttributeError(f"{file_name} defines no class {CLASS_NAME}")
    if not callable(getattr(made, "execute", None)):
        raise TypeError(f"{CLASS_NAME} in {file_name} has no function 'execute'")
    return made


def load(made: type[Any], args: dict[str, str]) -> Any:
    """The model, initialized."""
    model = made()
    initialize = getattr(model, "initialize", None)
    if initialize is not None:
        initialize(dict(args))
    return model


def complete(made: type[Any], config: str) -> Properties:
    """The configuration, with what the model adds to it."""
    offered = ModelConfig(config)
    fill = getattr(made, "auto_complete_config", None)
    if fill is None:
        return offered.as_dict()
    filled = fill(offered)
    if not isinstance(filled, ModelConfig):
        raise TypeError(
            f"auto_complete_config must return a ModelConfig, got {type(filled).__name__}"
        )
    return filled.as_dict()
