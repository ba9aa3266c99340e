"""Simple serving of models that have no profile: their declaration says what numbers become."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import requests

from backend.core.predictions import Tensors
from backend.core.tensors import Datatype
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.onnx.loader import OnnxRuntime
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.serving.grpc import PREDICT, ServingInput, decode_result, encode_input
from backend.wire.serving.items import Item, NamedValues, Sound, Values
from tests.models.onnx_folders import identity, node, value, write_model
from tests.server.grpc_calls import unary


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    root: Path = tmp_path_factory.mktemp("models")
    identity(root / "row", Datatype.FP32, [2, 3])
    identity(root / "open", Datatype.FP32, ["n", 3])
    identity(root / "any", Datatype.INT32, ["n", "m"])
    identity(root / "one", Datatype.INT64, [1, 1])
    identity(root / "half", Datatype.FP16, [2])
    identity(root / "flag", Datatype.BOOL, ["n"])
    identity(root / "text", Datatype.BYTES, ["n"])
    identity(root / "batched", Datatype.FP32, ["n", 3])
    (root / "batched" / "config.pbtxt").write_text("max_batch_size: 4")
    two = write_model(
        root / "two",
        [node("Add", ["A", "B"], ["SUM"]), node("Sub", ["A", "B"], ["DIFFERENCE"])],
        [value("A", Datatype.FP32, ["n", 2]), value("B", Datatype.FP32, ["n", 2])],
        [value("SUM", Datatype.FP32, ["n", 2]), value("DIFFERENCE", Datatype.FP32, ["n", 2])],
    )
    (two / "config.pbtxt").write_text("max_batch_size: 8")
    registry = ModelRegistry(folders=ModelFolders([root], [OnnxRuntime()]))
    registry.load_all()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    for model, given, _ in FITS:  # an instance's thread starts with its first request
        predict(server, model, given)
    predict(server, "two", {"A": [1, 2], "B": [1, 2]})
    predict(server, "text", "a")
    yield server
    assert server.stop()
    registry.close()


def predict(server: EmbeddedServer, model: str, given: Any) -> requests.Response:
    return requests.post(
        f"{server.rest_url}/predict", params={"model": model}, json={"input": given}, timeout=30
    )


def over_grpc(server: EmbeddedServer, model: str, item: Item) -> list[Any]:
    with grpc.insecure_channel(server.grpc_address) as channel:
        reply = unary(channel, PREDICT)(encode_input(ServingInput(item, "7", model)), timeout=30)
    (prediction,) = decode_result(reply).predictions
    assert isinstance(prediction, Tensors)
    return [tensor.data.tolist() for tensor in prediction.tensors]


FITS: list[tuple[str, Any, Any]] = [
    ("row", [[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]),
    ("row", [1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]),
    ("open", [[1, 2, 3]], [[1, 2, 3]]),
    ("open", [1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]),
    ("any", [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    ("any", 5, [5]),
    ("one", 7, [[7]]),
    ("flag", [True, False], [[True], [False]]),
    ("batched", [1, 2, 3], [1, 2, 3]),
    ("batched", [[1, 2, 3]], [[1, 2, 3]]),
    ("batched", [[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]),
]


@pytest.mark.parametrize(("model", "given", "expected"), FITS)
def test_numbers_become_the_only_input(
    plain: EmbeddedServer, model: str, given: Any, expected: Any
) -> None:
    reply = predict(plain, model, given)
    assert reply.status_code == 200, reply.text
    assert reply.json()["prediction"] == expected
    assert over_grpc(plain, model, Values(given)) == [expected]


def test_an_only_input_may_be_named_too(plain: EmbeddedServer) -> None:
    assert predict(plain, "one", {"X": 7}).json()["prediction"] == [[7]]


def test_texts_are_taken_where_the_model_takes_bytes(plain: EmbeddedServer) -> None:
    (tensor,) = predict(plain, "text", ["a", "ü"]).json()["prediction"]["tensors"]
    assert (tensor["name"], tensor["data"]) == ("Y", ["a", "ü"])
    assert over_grpc(plain, "text", Values(["a", "ü"])) == [[[b"a"], ["ü".encode()]]]


@pytest.mark.parametrize("rows", [[1, 2], [[1, 2]]], ids=["no batch", "a batch"])
def test_several_inputs_are_given_by_name(plain: EmbeddedServer, rows: Any) -> None:
    given = {"A": rows, "B": (np.array(rows) * 10).tolist()}
    outputs = predict(plain, "two", given).json()["prediction"]["tensors"]
    named = {output["name"]: np.reshape(output["data"], output["shape"]) for output in outputs}
    assert named["SUM"].tolist() == (np.array(rows) * 11).tolist()
    assert named["DIFFERENCE"].tolist() == (np.array(rows) * -9).tolist()
    assert over_grpc(plain, "two", NamedValues(given))[0] == named["SUM"].tolist()


@pytest.mark.parametrize(
    ("model", "given", "reason"),
    [
        ("row", [1, 2, 3], 'cannot be [3]. Send {"input": ..}; it takes X FP32 [2, 3]'),
        ("row", [[1, 2], [3, 4], [5, 6]], "cannot be [3, 2]"),
        ("batched", [[1, 2], [3, 4]], "it takes X FP32 [-1, 3]"),
        ("two", [1, 2], 'several inputs. Send {"input": {"A": .., "B": ..}}'),
        ("two", {"A": [1, 2], "C": [1, 2]}, "no input 'C'"),
        ("two", {"A": [1, 2]}, "missing required input(s) ['B']"),
        ("one", 1.5, "takes INT64, got numbers with a fraction"),
        ("flag", [2], "takes BOOL, 0 to 1; got 2"),
        ("half", [1e9, 1], "FP16, got numbers that it cannot hold"),
        ("row", "text", "got text"),
        ("row", None, "got null"),
        ("row", [[1, 2], [3]], "not all of one length"),
        ("row", {"X": {"X": 1}}, "got an object"),
        ("text", [1, 2], "is BYTES: send texts"),
        ("text", ["a", ["b"]], "send texts"),
    ],
)
def test_what_does_not_fit_says_what_the_model_takes(
    plain: EmbeddedServer, model: str, given: Any, reason: str
) -> None:
    reply = predict(plain, model, given)
    assert reply.status_code == 400
    assert reason in reply.json()["error"]


def test_a_picture_or_sound_needs_a_profile(plain: EmbeddedServer) -> None:
    message = encode_input(ServingInput(Sound(np.zeros(10, np.float32)), "7", "row"))
    with (
        grpc.insecure_channel(plain.grpc_address) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        unary(channel, PREDICT)(message, timeout=30)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "no profile that says how a picture or sound" in str(caught.value.details())


def test_what_is_refused_counts_as_failed(plain: EmbeddedServer) -> None:
    def failed() -> int:
        stats = requests.get(f"{plain.rest_url}/v2/models/any/stats", timeout=30).json()
        return int(stats["model_stats"][0]["inference_stats"]["fail"]["count"])

    before = failed()
    assert predict(plain, "any", "x").status_code == 400
    assert failed() == before + 1
