"""What real servers of each dialect answered, read by the clients as it was meant.

Triton, MLServer, KServe and our own server were recorded; OVMS is written by hand from its
documentation, as its file says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backend.clients.codecs.calls import RestReply
from backend.clients.codecs.oip_grpc import OipGrpcCodec
from backend.clients.codecs.parts import checked
from backend.clients.control.client import ServerControlClient
from backend.clients.control.listings import ModelListing
from backend.clients.dialects.known import dialect_for
from backend.clients.dialects.rules import Capability
from backend.clients.probe.probing import probe
from backend.core.choices import Payload, Serialization, Transport
from backend.core.errors import ConsoleError, NotFound, RequestError, Unsupported
from backend.core.predictions import Tensors
from backend.core.target import Dialect
from backend.core.tensors import Datatype
from backend.profiles.bundled import profile_for
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from tests.clients.replay import body_of, capture_of, replaying
from tests.waiting import WAIT_S

RECORDED = ("triton", "mlserver", "kserve", "oip")
ALL = (*RECORDED, "ovms")
DOORS = {"rest": {"grpc_": False}, "grpc": {"rest": False}}
TITLES = {
    "triton": "Triton 2.51, OIP + extensions, 3 models, no reflection (bundled schema)",
    "mlserver": "MLServer 1.7.1, OIP, 4 models, no reflection (bundled schema)",
    "kserve": "KServe 0.21, OIP + extensions, 3 models, no reflection (bundled schema)",
    "oip": "Inferdeck 0.1, OIP + extensions, 8 models, no reflection (bundled schema)",
    "ovms": "OpenVINO Model Server 2024.5, OIP, 2 models, no reflection (bundled schema)",
}
BINARY = {"triton": True, "mlserver": False, "kserve": True, "oip": True, "ovms": None}


@pytest.mark.parametrize("name", ALL)
def test_a_probe_knows_the_server(name: str) -> None:
    with replaying(capture_of(name)) as target:
        report = probe(target, timeout_s=WAIT_S)
    assert report.sentence == TITLES[name]
    assert report.dialect is Dialect(name)
    assert report.binary is BINARY[name]
    assert report.health is (name in ("triton", "oip"))
    assert report.fixes == ()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ALL)
def test_the_models_are_listed_where_the_server_lists_them(name: str, door: str) -> None:
    with replaying(capture_of(name), **DOORS[door]) as target:
        client = ServerControlClient(target)
        try:
            if name in ("kserve", "ovms") and door == "grpc":
                with pytest.raises(Unsupported, match="over REST only"):
                    client.models()
                return
            models = client.models()
        finally:
            client.close()
    identity = next(model for model in models if model.name == "identity")
    version = "" if name in ("mlserver", "kserve") else "1"
    assert identity == ModelListing("identity", version, "" if name == "kserve" else "READY")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ALL)
def test_a_model_is_described(name: str, door: str) -> None:
    with replaying(capture_of(name), **DOORS[door]) as target:
        client = ServerControlClient(target)
        try:
            description = client.model_metadata("identity")
            with pytest.raises(NotFound):
                client.model_metadata("nosuch")
            ready = client.ready("identity"), client.ready("nosuch")
        finally:
            client.close()
    assert ready == (True, False)
    assert description.name == "identity"
    if name == "kserve":  # versions are null, and a model of one's own says nothing of its tensors
        assert (description.versions, description.inputs) == ((), ())
    else:
        (given,) = description.inputs
        assert (given.name, given.datatype, given.shape) == ("INPUT0", Datatype.UINT8, (-1,))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ALL)
def test_configuration_and_statistics_are_told_or_it_is_said_why_not(name: str, door: str) -> None:
    with replaying(capture_of(name), **DOORS[door]) as target:
        client = ServerControlClient(target)
        try:
            config = client.model_config("identity")
            if name in ("triton", "oip"):
                assert config is not None
                assert (config["input"][0]["name"], config["input"][0]["dims"]) == ("INPUT0", [-1])
                (statistics,) = client.statistics("identity")
                assert (statistics["name"], statistics["inference_count"]) == ("identity", 0)
            else:
                assert config is None
                assert client.why_not(Capability.CONFIG)
                with pytest.raises(Unsupported, match="statistics"):
                    client.statistics("identity")
        finally:
            client.close()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["triton", "mlserver"])
def test_models_are_loaded_and_unloaded(name: str, door: str) -> None:
    with replaying(capture_of(name), **DOORS[door]) as target:
        client = ServerControlClient(target)
        try:
            client.load("numbers" if door == "rest" else "spare")
            client.unload("numbers" if door == "rest" else "spare")
            with pytest.raises(RequestError, match="nosuch"):
                client.load("nosuch")
        finally:
            client.close()


def test_kserve_is_told_the_model_in_its_own_field() -> None:
    """Its messages have the name in field 1; where others have the repository's."""
    asked = {
        exchange["name"]: exchange["requests"]
        for exchange in capture_of("kserve")["grpc"]
        if "RepositoryModelUnload" in exchange["method"]
    }
    assert asked["unknown unload"] == [b"\x0a\x06nosuch".hex()]
    with replaying(capture_of("kserve"), rest=False) as target:
        client = ServerControlClient(target)
        try:
            with pytest.raises(NotFound, match="nosuch does not exist"):
                client.unload("nosuch")
            with pytest.raises(Unsupported, match="program"):
                client.load("identity", {"max_batch_size": 4})
        finally:
            client.close()


def test_ovms_loads_nothing() -> None:
    with replaying(capture_of("ovms")) as target:
        client = ServerControlClient(target)
        try:
            with pytest.raises(Unsupported, match="configuration file"):
                client.load("identity")
        finally:
            client.close()


def exchanges(name: str, kind: str, prefix: str) -> dict[str, dict[str, Any]]:
    """The recorded exchanges whose names begin so."""
    return {one["name"]: one for one in capture_of(name)[kind] if one["name"].startswith(prefix)}


@pytest.mark.parametrize("name", ALL)
def test_every_good_reply_over_rest_is_read(name: str) -> None:
    read = {}
    for what, one in exchanges(name, "rest", "infer").items():
        if one["status"] != 200:
            continue
        response = oip_rest.decode_response(one["headers"], body_of(one))
        (output,) = response.outputs
        assert output.name == "OUTPUT0"
        read[what] = output.data.tolist()
    assert read["infer json"] == [1, 2, 1]
    if name != "mlserver":
        assert read["infer binary"] == [1, 2, 1]
    if name == "triton":
        assert np.isnan(read["infer nan json"][1])
    if name == "kserve":
        assert np.isnan(read["infer nan binary"][1])


@pytest.mark.parametrize("name", ALL)
def test_every_bad_reply_over_rest_tells_what_the_server_said(name: str) -> None:
    bad = [one for one in capture_of(name)["rest"] if one["status"] >= 400]
    assert bad
    for one in bad:
        with pytest.raises(ConsoleError) as failure:
            checked(RestReply(one["status"], one["headers"], body_of(one)))
        assert failure.value.message
        assert not failure.value.message.startswith("{"), "the server's words, not its JSON"


@pytest.mark.parametrize("name", ALL)
def test_every_reply_over_grpc_is_read(name: str) -> None:
    for one in exchanges(name, "grpc", "infer").values():
        for reply in one["replies"]:
            (output,) = oip_grpc.decode_response(bytes.fromhex(reply)).outputs
            assert output.shape == (3,)
            if "nan" in one["name"]:
                assert np.isnan(output.data[1])
            else:
                assert output.data.tolist() == [1, 2, 1]


@pytest.mark.parametrize("serialization", [Serialization.RAW, Serialization.TYPED])
@pytest.mark.parametrize("name", ["triton", "mlserver", "oip"])
def test_streams_are_read_and_matched(name: str, serialization: Serialization) -> None:
    codec = OipGrpcCodec(
        profile_for("identity"),
        Payload(serialization),
        Transport.GRPC_STREAM,
        extensions=(),
        rules=dialect_for(name),
    )
    stream = exchanges(name, "grpc", f"stream {serialization}")[f"stream {serialization}"]
    replies = [codec.decode(bytes.fromhex(message)) for message in stream["replies"]]
    # MLServer gives every reply the id of the first request, so none is believed.
    assert [reply.seq for reply in replies] == ([None] * 3 if name == "mlserver" else [1, 2, 3])
    for seq, reply in enumerate(replies, 1):
        (prediction,) = reply.predictions
        assert isinstance(prediction, Tensors)
        assert prediction.tensors[0].data.tolist() == [1, 2, seq]


@pytest.mark.parametrize("name", ["triton", "oip"])
def test_an_error_in_a_stream_names_its_request(name: str) -> None:
    stream = exchanges(name, "grpc", "stream with")["stream with an error raw"]
    codec = OipGrpcCodec(profile_for("identity"), Payload(), Transport.GRPC_STREAM, extensions=())
    with pytest.raises(NotFound, match="unknown model: 'nosuch'") as failure:
        codec.decode(bytes.fromhex(stream["replies"][1]))
    assert failure.value.seq == 2
    assert codec.decode(bytes.fromhex(stream["replies"][2])).seq == 3


@pytest.mark.parametrize("door", DOORS)
def test_an_interface_that_is_kept_closed_is_not_available(door: str) -> None:
    """As pytriton starts Triton: 403 and UNAVAILABLE, in the words of Triton 2.51."""
    capture = capture_of("triton")
    for one in capture["rest"]:
        if one["name"] == "models":
            one["status"], one["text"] = 403, '{"error":"This API is restricted, expecting header'
            one["text"] += " 'triton-access-token'\"}"
    for one in capture["grpc"]:
        if one["name"] == "models":
            one["status"], one["replies"] = "UNAVAILABLE", []
            one["details"] = "This protocol is restricted, expecting header 'triton-grpc-k'"
    with replaying(capture, **DOORS[door]) as target:
        report = probe(target, timeout_s=WAIT_S)
        client = ServerControlClient(target)
        try:
            with pytest.raises(Unsupported, match="is restricted, expecting header 'triton-"):
                client.models()
        finally:
            client.close()
    assert report.answers
    assert report.models is None
