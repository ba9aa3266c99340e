"""Writes the network as ONNX, and makes sure that it computes the same there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from backend.core.errors import UsageError
from training.spoken_digits.network import FRAMES, MELS

INPUT, OUTPUT = "spectrogram", "probabilities"
_OPSET = 17
_AGREEMENT = 1e-4


def export(network: nn.Module, path: Path) -> float:
    """The file, for batches of any size; returns how much it differs from the network at most.

    Raises UsageError if that is more than rounding explains.
    """
    example = torch.randn(64, 1, MELS, FRAMES, generator=torch.Generator().manual_seed(1))
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        network,
        (example[:1],),
        str(path),
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_axes={INPUT: {0: "n"}, OUTPUT: {0: "n"}},
        opset_version=_OPSET,
        dynamo=False,
    )
    _strip(path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run([OUTPUT], {INPUT: example.numpy()})
    with torch.no_grad():
        difference = float(np.abs(found - network(example).numpy()).max())
    if difference > _AGREEMENT:
        raise UsageError(f"The ONNX file differs from the network by {difference:g}.")
    return difference


def _strip(path: Path) -> None:
    """Leave out what only describes the machine and the Python code that exported it."""
    model = onnx.load(str(path))
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
