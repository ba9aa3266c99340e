"""A loaded version of a model that a file computes, whatever kind of file it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from backend.core.tensors import TensorSpec
from backend.models.config import input_specs, output_specs, profile_in, read_labels
from backend.models.runtimes.graph.checks import check_config
from backend.models.runtimes.graph.contract import Graph
from backend.models.runtimes.graph.instance import Signature
from backend.models.runtimes.graph.layout import control_inputs
from backend.models.runtimes.graph.shapes import input_reshapes, output_reshapes
from backend.models.runtimes.graph.states import SequenceStates, declared_states
from backend.profiles.model_profile import ModelProfile
from backend.wire.generated import open_inference_pb2 as pb


class GraphServable:
    """What its configuration, the graph in its file and its folder together say of a model.

    `labels_in_file` gives the class names in the file itself, () if there are none; they are those
    of the first output, and asked for only where the folder has none. Raises ModelLoadError where
    the configuration does not fit the graph.
    """

    instant = False
    decoupled = False
    trouble = ""

    def __init__(
        self,
        config: pb.ModelConfig,
        version_folder: Path,
        graph: Graph,
        labels_in_file: Callable[[], tuple[str, ...]],
    ) -> None:
        check_config(config, graph)
        folder = version_folder.parent
        self.name = config.name
        self.version = version_folder.name
        self.inputs: tuple[TensorSpec, ...] = input_specs(config)
        self.outputs: tuple[TensorSpec, ...] = output_specs(config)
        self.labels: Mapping[str, tuple[str, ...]] = read_labels(config, folder)
        if not self.labels and (names := labels_in_file()):
            self.labels = {self.outputs[0].name: names}
        self.profile: ModelProfile | None = profile_in(
            folder, config.name, self.inputs, self.outputs, self.labels
        )
        self._states = declared_states(config, folder)
        self._signature = Signature(
            model=self.name,
            batching=config.max_batch_size > 0,
            outputs=self.outputs,
            input_reshapes=input_reshapes(config),
            output_reshapes=output_reshapes(config),
            controls=frozenset(control_inputs(config)),
        )

    def _no_sequences(self) -> SequenceStates:
        """The states of an instance that has not seen a sequence yet."""
        return SequenceStates(self.name, self._states, batching=self._signature.batching)
