"""The files in which an ONNX file keeps its weights apart from itself."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from pathlib import Path

from google.protobuf.message import DecodeError

from backend.core.errors import UsageError, mebibytes
from backend.core.files.regular import check_regular, read_regular
from backend.models.config import inside
from backend.models.servable import ModelLoadError
from backend.wire.generated import onnx_weights_pb2 as pb

MAX_BYTES = 2 << 30
"""The largest file that protobuf, and so ONNX, and FlatBuffers, and so LiteRT, can read."""
_MOST_FILES = 4096
MOST_PARTS = 1_000_000
_PLACE = "location"


def weight_files(file: Path) -> tuple[Path, ...]:
    """The paths below the file's folder, sorted; none for other kinds of model file.

    Raises UsageError for a file that is damaged or too large, and for weights that are not there or
    elsewhere.
    """
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise UsageError(
            f"{file.name} has {mebibytes(size)}; a model file has at most {mebibytes(MAX_BYTES)}."
        )
    if file.suffix.lower() != ".onnx":
        return ()
    try:
        places = weight_places(read_regular(file, MAX_BYTES))
    except (DecodeError, OSError) as error:
        raise UsageError(f"{file.name} is no ONNX file, or damaged: {error}.") from None
    if len(places) > _MOST_FILES:
        raise UsageError(f"{file.name} keeps weights in {len(places)} files; {_MOST_FILES} may be.")
    return tuple(_checked(file, place) for place in places)


def weight_places(data: bytes) -> list[str]:
    """The places that the content of an ONNX file names, sorted; raises DecodeError."""
    if _PLACE.encode() not in data:
        return []
    model = pb.Model()
    model.ParseFromString(data)
    places = _Places()
    places.of_graph(model.graph)
    for function in model.functions:
        places.of_nodes(function.node)
    return sorted(places.found)


def _checked(file: Path, place: str) -> Path:
    try:
        path = inside(file.parent, place)
        check_regular(path)
        return path.relative_to(file.parent.resolve())
    except (OSError, ModelLoadError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{file.name} keeps weights in '{place}', which cannot be read: {why}.",
            hint="Put that file beside it, under its own name.",
        ) from None


class _Places:
    """Walks through a model; raises DecodeError for one of more parts than any real one has."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._parts = 0

    def of_graph(self, graph: pb.Graph) -> None:
        self._of_tensors(graph.initializer)
        self._of_sparse(graph.sparse_initializer)
        self.of_nodes(graph.node)

    def of_nodes(self, nodes: Sequence[pb.Node]) -> None:
        self._count(nodes)
        for node in nodes:
            self._count(node.attribute)
            for attribute in node.attribute:
                self._of_attribute(attribute)

    def _of_attribute(self, attribute: pb.Attribute) -> None:
        self._of_tensors((attribute.t,))
        self._of_tensors(attribute.tensors)
        self._of_sparse((attribute.sparse_tensor,))
        self._of_sparse(attribute.sparse_tensors)
        if attribute.HasField("g"):
            self.of_graph(attribute.g)
        self._count(attribute.graphs)
        for graph in attribute.graphs:
            self.of_graph(graph)

    def _of_sparse(self, tensors: Sequence[pb.SparseTensor]) -> None:
        self._count(tensors)
        for tensor in tensors:
            self._of_tensors((tensor.values, tensor.indices))

    def _of_tensors(self, tensors: Sequence[pb.Tensor]) -> None:
        self._count(tensors)
        for tensor in tensors:
            self._count(tensor.external_data)
            self.found.update(e.value for e in tensor.external_data if e.key == _PLACE)

    def _count(self, parts: Sized) -> None:
        # Before they are gone through: each costs two bytes in a file, and microseconds here.
        self._parts += len(parts)
        if self._parts > MOST_PARTS:
            raise DecodeError(f"it has more than {MOST_PARTS} nodes, tensors and attributes")
