"""Requests of a connection are numbered as one sequence until one of them fails."""

from __future__ import annotations

import pytest

from backend.clients.codecs.choice import make_codec
from backend.clients.codecs.sequence import RequestSequence
from backend.clients.dialects import kserve, triton
from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.errors import Unsupported
from backend.core.rings import TraceRing
from backend.core.samples import MediaKind
from backend.core.target import Target
from backend.profiles.file import profile_from_toml, profile_to_toml
from backend.profiles.inputs.recipe import NoInput
from backend.profiles.model_profile import ModelProfile
from backend.profiles.outputs.bundled import PlainTensors
from backend.session.lanes import flight_limit

PROFILE = ModelProfile(
    "m", MediaKind.BYTES, (), (), PlainTensors(), recipe=NoInput(), sequence=True
)
TARGET = Target("t", "http://127.0.0.1:1", "127.0.0.1:2")


def test_only_the_first_request_starts_a_sequence() -> None:
    sequence = RequestSequence()
    first, second = sequence.next(), sequence.next()
    assert (first["sequence_start"], second["sequence_start"]) == (True, False)
    assert first["sequence_id"] == second["sequence_id"]
    assert isinstance(first["sequence_id"], int)
    assert 0 < first["sequence_id"] < 2**63
    sequence.restart()
    third = sequence.next()
    assert third["sequence_start"]
    assert third["sequence_id"] not in (first["sequence_id"], RequestSequence().next())


def settings(transport: Transport, in_flight: int | None = 4) -> RunSettings:
    payload = Payload(Serialization.RAW if transport.is_grpc else Serialization.BINARY)
    return RunSettings(TARGET, "m", Api.OIP, transport, payload, in_flight=in_flight)


@pytest.mark.parametrize("transport", list(Transport))
def test_a_server_that_knows_no_sequences_is_not_sent_any(transport: Transport) -> None:
    make_codec(settings(transport), PROFILE, extensions=(), rules=triton.RULES)
    with pytest.raises(Unsupported, match="KServe knows no sequences"):
        make_codec(settings(transport), PROFILE, extensions=(), rules=kserve.RULES)


@pytest.mark.parametrize(
    ("transport", "limit"), [(Transport.REST, 1), (Transport.GRPC, 1), (Transport.GRPC_STREAM, 4)]
)
def test_single_calls_of_a_sequence_do_not_overtake_each_other(
    transport: Transport, limit: int
) -> None:
    assert flight_limit(settings(transport), TraceRing(("network",), 8), sequence=True) == limit
    assert flight_limit(settings(transport), TraceRing(("network",), 8)) == 4


def test_a_file_says_that_a_model_remembers() -> None:
    text = profile_to_toml(PROFILE)
    assert "sequence = true" in text
    assert profile_from_toml(text) == PROFILE
    assert not profile_from_toml(text.replace("sequence = true", "")).sequence
