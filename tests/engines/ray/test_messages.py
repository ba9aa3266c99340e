"""Requests and responses survive being pickled, whatever their parameters are."""

from __future__ import annotations

import pickle

import numpy as np

from backend.core.errors import ModelFailed
from backend.core.inference import InferRequest, InferResponse, RequestedOutput
from backend.core.tensors import Datatype, Tensor
from backend.core.timing import ServerTiming
from backend.engines.ray.declared import RemoteServable, declaration_of
from backend.engines.ray.deployed import Deployed
from backend.engines.ray.messages import (
    ReplicaReport,
    pack_answer,
    pack_request,
    pack_response,
    unpack_answer,
    unpack_request,
    unpack_response,
)
from backend.models.catalogue import bundled_registry
from backend.server.plane import StreamAnswer

TENSOR = Tensor("x", Datatype.FP32, np.arange(6, dtype=np.float32).reshape(2, 3))
TEXTS = Tensor.of_bytes("t", b"\xff\x00", b"")


def travelled(value: object) -> object:
    return pickle.loads(pickle.dumps(value, protocol=5))


def test_a_request_comes_back_as_it_was() -> None:
    outputs = (RequestedOutput("y", {"classification": 3}), RequestedOutput("z"))
    request = InferRequest("m", (TENSOR, TEXTS), "2", "seven", {"sequence_id": 5}, outputs)
    packed = travelled(pack_request(request))
    assert isinstance(packed, tuple)
    back = unpack_request(packed)
    assert (back.model, back.version, back.id) == ("m", "2", "seven")
    assert back.parameters == {"sequence_id": 5}
    assert [(o.name, dict(o.parameters)) for o in back.outputs] == [
        ("y", {"classification": 3}),
        ("z", {}),
    ]
    assert np.array_equal(back.inputs[0].data, TENSOR.data)
    assert list(back.inputs[1].data) == [b"\xff\x00", b""]


def test_one_without_parameters_too() -> None:
    packed = travelled(pack_request(InferRequest("m", ())))
    assert isinstance(packed, tuple)
    assert unpack_request(packed).parameters == {}


def test_responses_answers_and_errors() -> None:
    response = InferResponse("m", (TENSOR,), "1", "id", {"final": True})
    packed = travelled(pack_response(response))
    assert isinstance(packed, tuple)
    assert unpack_response(packed).parameters == {"final": True}
    timing = ServerTiming(1, 2, 3, 4)
    for answer in (
        StreamAnswer(response, final=False),
        StreamAnswer(None, final=True, timing=timing),
        StreamAnswer(None, final=True, error=ModelFailed("no", hint="try")),
    ):
        packed = travelled(pack_answer(answer))
        assert isinstance(packed, tuple)
        back = unpack_answer(packed)
        assert (back.response is None, back.final, back.timing) == (
            answer.response is None,
            answer.final,
            answer.timing,
        )
        assert str(back.error) == str(answer.error)


def test_every_bundled_models_declaration_travels() -> None:
    registry = bundled_registry()
    try:
        for model in registry.all_loaded():
            declaration = travelled(declaration_of(model.servable))
            deployed = Deployed(model.servable.name, None, sticky=False)
            remote = RemoteServable(declaration, deployed, lambda: "", lambda: None)  # type: ignore[arg-type]
            assert remote.inputs == model.servable.inputs
            assert remote.outputs == model.servable.outputs
            assert remote.config == model.servable.config
            assert remote.profile == model.servable.profile
    finally:
        registry.close()


def test_a_model_is_in_trouble_when_all_its_replicas_are() -> None:
    def report(**trouble: str) -> ReplicaReport:
        told = {version.removeprefix("v"): why for version, why in trouble.items()}
        return ReplicaReport("r", "n", "a", 1, 0.0, 0.0, 0, (), told)

    deployed = Deployed("m", None, sticky=False)
    assert deployed.trouble("1") == ""
    deployed.reports = (report(v1="it crashed"), report())
    assert deployed.trouble("1") == ""
    deployed.reports = (report(v1="it crashed"), report(v1="it hangs"))
    assert deployed.trouble("1") == "it crashed"
    assert deployed.trouble("2") == ""
