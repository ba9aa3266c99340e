"""Model files that are graphs of tensors: what their runtimes have in common."""

from backend.models.runtimes.graph.checks import check_config
from backend.models.runtimes.graph.completion import complete_config
from backend.models.runtimes.graph.contract import (
    Feeds,
    FromFile,
    Graph,
    GraphSession,
    GraphTensor,
)
from backend.models.runtimes.graph.file_kind import FileKind
from backend.models.runtimes.graph.instance import GraphInstance, Signature
from backend.models.runtimes.graph.servable import GraphServable
from backend.models.runtimes.graph.served_config import FALLBACK, PROVIDERS, THREADS, as_run
from backend.models.runtimes.graph.shapes import input_reshapes, output_reshapes
from backend.models.runtimes.graph.states import SequenceStates, declared_states
from backend.models.runtimes.graph.text import bytes_of, texts_of

__all__ = [
    "FALLBACK",
    "PROVIDERS",
    "THREADS",
    "Feeds",
    "FileKind",
    "FromFile",
    "Graph",
    "GraphInstance",
    "GraphServable",
    "GraphSession",
    "GraphTensor",
    "SequenceStates",
    "Signature",
    "as_run",
    "bytes_of",
    "check_config",
    "complete_config",
    "declared_states",
    "input_reshapes",
    "output_reshapes",
    "texts_of",
]
