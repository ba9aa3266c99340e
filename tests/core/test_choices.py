"""Which choices go together, and targets as people type them."""

from __future__ import annotations

import pytest

from backend.core.addresses import target_from_text
from backend.core.choices import (
    ImageEncoding,
    Payload,
    RunSettings,
    Serialization,
    Transport,
    check_choices,
    why_not_image,
    why_not_serialization,
)
from backend.core.errors import UsageError
from backend.core.options.common import SERIALIZATION
from backend.core.samples import MediaKind
from backend.core.target import Target


@pytest.mark.parametrize(
    ("serialization", "transport", "offered"),
    [
        (Serialization.JSON, Transport.REST, True),
        (Serialization.BINARY, Transport.REST, True),
        (Serialization.TYPED, Transport.GRPC, True),
        (Serialization.RAW, Transport.GRPC_STREAM, True),
        (Serialization.JSON, Transport.GRPC, False),
        (Serialization.RAW, Transport.REST, False),
    ],
)
def test_each_serialisation_belongs_to_one_kind_of_transport(
    serialization: Serialization, transport: Transport, offered: bool
) -> None:
    assert (why_not_serialization(serialization, transport) == "") is offered


def test_json_carries_no_jpeg_and_sound_no_picture_encoding() -> None:
    assert why_not_image(ImageEncoding.JPEG, Serialization.JSON, MediaKind.IMAGE)
    assert why_not_image(ImageEncoding.PNG, Serialization.RAW, MediaKind.AUDIO)
    assert not why_not_image(ImageEncoding.JPEG, Serialization.TYPED, MediaKind.IMAGE)


def test_a_run_of_choices_that_do_not_go_together_is_refused_with_the_reason() -> None:
    settings = RunSettings(Target("t"), "faces", payload=Payload(Serialization.JSON))
    with pytest.raises(UsageError, match="json belongs to REST"):
        check_choices(settings, MediaKind.IMAGE, MediaKind.IMAGE)
    fine = RunSettings(Target("t"), "faces")
    with pytest.raises(UsageError, match="takes pictures; the source gives sound"):
        check_choices(fine, MediaKind.AUDIO, MediaKind.IMAGE)


@pytest.mark.parametrize(
    ("text", "rest", "grpc"),
    [
        ("127.0.0.1:8000,8001", "http://127.0.0.1:8000", "127.0.0.1:8001"),
        ("gpu-box.local:8000", "http://gpu-box.local:8000", ""),
        ("[::1]:,8001", "", "[::1]:8001"),
    ],
)
def test_targets_name_a_host_and_one_or_two_ports(text: str, rest: str, grpc: str) -> None:
    target = target_from_text(text)
    assert (target.rest, target.grpc) == (rest, grpc)


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", "a b:1,2", "h:1,2,3", "h:99999"])
def test_other_texts_are_refused_and_the_form_is_shown(text: str) -> None:
    with pytest.raises(UsageError, match=r"HOST:RESTPORT|65535"):
        target_from_text(text)


@pytest.mark.parametrize(
    ("rest", "grpc", "loopback"),
    [
        ("http://127.0.0.1:1", "127.0.0.1:2", True),
        ("http://localhost:1", "", True),
        ("", "[::1]:5", True),
        ("http://10.0.0.1:1", "127.0.0.1:2", False),
        ("", "", False),
    ],
)
def test_loopback_means_every_address_is_here(rest: str, grpc: str, loopback: bool) -> None:
    assert Target("t", rest, grpc).loopback is loopback


def test_every_serialisation_says_what_it_is_and_each_protocol_has_its_own() -> None:
    assert all(each.tip and Serialization(each.value) is each for each in Serialization)
    rest, grpc = Serialization.of(rest=True), Serialization.of(rest=False)
    assert rest == (Serialization.JSON, Serialization.BINARY)
    assert grpc == (Serialization.TYPED, Serialization.RAW)
    assert SERIALIZATION.help == "json and binary belong to REST, typed and raw to gRPC"
    assert "needs binary, typed or raw: JSON" in why_not_image(
        ImageEncoding.PNG, Serialization.JSON, MediaKind.IMAGE
    )
