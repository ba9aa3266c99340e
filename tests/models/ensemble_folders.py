"""Model folders of ensembles, and a registry that serves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.ensemble.loader import EnsembleRuntime
from backend.models.services import ModelServices
from tests.models.scripted_runtime import ScriptedRuntime

STEP = (
    '{"platform": "ensemble", "input": [{"name": "A", "data_type": "TYPE_INT32", "dims": [-1]}], '
    '"output": [{"name": "B", "data_type": "TYPE_INT32", "dims": [-1]}], "ensemble_scheduling": '
    '{"step": [{"model_name": "%s", "input_map": {"%s": "A"}, "output_map": {"%s": "B"}}]}}'
)
"""An ensemble of one step as JSON: its model, that model's input and its output."""


def step(
    model: str,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    version: int = -1,
) -> str:
    """One step; without maps from the ensemble's A to its B, through a scripted model."""
    inputs = {"INPUT0": "A"} if inputs is None else inputs
    outputs = {"OUTPUT0": "B"} if outputs is None else outputs
    maps = [
        f'{field} {{ key: "{key}" value: "{value}" }}'
        for field, pairs in (("input_map", inputs), ("output_map", outputs))
        for key, value in pairs.items()
    ]
    return f'step {{ model_name: "{model}" model_version: {version} {" ".join(maps)} }}\n'


def write_ensemble(
    root: Path,
    name: str,
    steps: str,
    *,
    inputs: str = 'name: "A" data_type: TYPE_INT32 dims: [ -1 ]',
    outputs: str = 'name: "B" data_type: TYPE_INT32 dims: [ -1 ]',
    batch: int = 0,
    more: str = "",
) -> Path:
    """A model folder; `inputs` and `outputs` are the contents of their blocks, a line for each."""
    folder = root / name
    (folder / "1").mkdir(parents=True)
    blocks = [
        f"{role} {{ {line} }}"
        for role, lines in (("input", inputs), ("output", outputs))
        for line in lines.splitlines()
    ]
    (folder / "config.pbtxt").write_text(
        f'platform: "ensemble"\nmax_batch_size: {batch}\n{" ".join(blocks)}\n'
        f"ensemble_scheduling {{ {steps} }}\n{more}"
    )
    return folder


def ensemble_registry(root: Path) -> tuple[ModelRegistry, ScriptedRuntime]:
    """A registry of scripted models and ensembles, none of them loaded."""
    around, runtime = ModelServices(), ScriptedRuntime()
    folders = ModelFolders([root], [EnsembleRuntime(around), runtime])
    return ModelRegistry(folders=folders, around=around), runtime
