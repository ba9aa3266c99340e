"""What is no text of a request: files beside it, from the source or from what was sent before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.clients.control import ServerControlClient
from backend.clients.dialects.known import dialect_for
from backend.core.choices import Serialization
from backend.core.errors import UsageError
from backend.core.inference import InferRequest
from backend.core.samples import AudioWindow, Frame
from backend.core.target import Dialect, Target
from backend.core.tensors import Datatype, Tensor
from backend.inspector.calls import Caller, Request
from backend.inspector.collections import (
    Place,
    SavedRequest,
    draft_of,
    draft_of_recorded,
    of_live,
    read_collection,
    run_request,
    write_with_files,
)
from backend.inspector.collections.beside import BesideFile, of_tensor
from backend.inspector.forms import (
    NOTHING_LIVE,
    Draft,
    Fill,
    FillKind,
    Live,
    Variables,
    to_request,
)
from backend.inspector.methods import known_methods
from backend.profiles.bundled import BUNDLED
from backend.wire.media.images import decode_image

INFER = "inference.GRPCInferenceService/ModelInfer"
ROUTE = "POST /v2/models/{model}/infer"
NOW = SavedRequest(INFER, model="shapes", inputs={"IMAGE": "frame"})
NO_VALUES = Variables({}, {})
PIXELS = np.random.default_rng(3).integers(0, 255, (48, 64, 3), np.uint8)
LIVE = Live(Frame(0, 0, PIXELS), profile=BUNDLED["shapes"])


@pytest.fixture
def place(target: Target) -> Iterator[Place]:
    control = ServerControlClient(target)
    methods = known_methods(dialect_for(Dialect.OIP))
    with Caller(target) as caller:
        yield Place(
            target,
            caller,
            methods.find,
            control.model_metadata,
            lambda model: Live(profile=BUNDLED[model]),
        )
    control.close()


def draft_with(place: Place, saved: SavedRequest, folder: Path) -> Draft:
    method = place.find(saved.method)
    return draft_of(saved, method, place.target, NO_VALUES, place.describe, folder)


def test_the_current_frame_is_kept_as_a_picture_that_makes_the_same_request(
    place: Place, tmp_path: Path
) -> None:
    draft = draft_with(place, NOW, tmp_path)
    file = tmp_path / "Shapes now.toml"
    write_with_files(file, draft, None, of_live(draft, None, LIVE))
    assert np.array_equal(decode_image((tmp_path / "Shapes now.png").read_bytes()), PIXELS)
    (entry,) = read_collection(tmp_path).entries
    assert entry.request is not None
    assert entry.request.inputs == {"IMAGE": "picture:Shapes now.png"}
    outcome = run_request(entry.request, tmp_path, NO_VALUES, place)
    assert outcome.ok, outcome.error
    assert outcome.exchange is not None
    assert outcome.exchange.request.body == draft.request(LIVE).body


def test_saving_again_replaces_the_picture_and_leaves_what_is_somebody_elses(
    place: Place, tmp_path: Path
) -> None:
    draft = draft_with(place, NOW, tmp_path)
    file = tmp_path / "now.toml"
    (tmp_path / "now.png").write_bytes(b"somebody's")
    write_with_files(file, draft, None, of_live(draft, None, LIVE))
    saved = read_collection(tmp_path).entries[0].request
    assert saved is not None
    assert saved.inputs == {"IMAGE": "picture:now 2.png"}
    write_with_files(file, draft, saved, of_live(draft, saved, LIVE))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["now 2.png", "now.png", "now.toml"]
    assert (tmp_path / "now.png").read_bytes() == b"somebody's"


def test_what_a_file_leaves_to_the_sender_stays_so(place: Place, tmp_path: Path) -> None:
    draft = draft_with(place, NOW, tmp_path)
    assert of_live(draft, NOW, LIVE) == {}
    assert of_live(draft, None, NOTHING_LIVE) == {}
    write_with_files(tmp_path / "now.toml", draft, NOW, {})
    (entry,) = read_collection(tmp_path).entries
    assert entry.request is not None
    assert entry.request.inputs == {"IMAGE": "frame"}
    assert "--source" in run_request(entry.request, tmp_path, NO_VALUES, place).error
    live = replace(place, live=lambda _model: LIVE)
    assert run_request(entry.request, tmp_path, NO_VALUES, live).ok


def test_a_window_of_sound_is_kept_to_the_bit(place: Place, tmp_path: Path) -> None:
    profile = BUNDLED["pitch"]
    samples = np.sin(np.arange(profile.audio.window) / 7).astype(np.float32)
    live = Live(window=AudioWindow(0, 0, samples, profile.audio.rate), profile=profile)
    name = profile.inputs[0].name
    draft = draft_with(place, SavedRequest(INFER, model="pitch", inputs={name: "window"}), tmp_path)
    write_with_files(tmp_path / "tone.toml", draft, None, of_live(draft, None, live))
    (entry,) = read_collection(tmp_path).entries
    assert entry.request is not None
    assert entry.request.inputs == {name: "sound:tone.wav"}
    outcome = run_request(entry.request, tmp_path, NO_VALUES, place)
    assert outcome.exchange is not None
    assert outcome.exchange.request.body == draft.request(live).body


def sent(serialization: Serialization, *tensors: Tensor, model: str = "identity_fp32") -> Request:
    """A request as the history would have it."""
    return to_request(InferRequest(model, tensors), serialization, "here")


@pytest.mark.parametrize("serialization", list(Serialization))
@pytest.mark.parametrize("size", [3, 500])
def test_what_was_sent_is_saved_and_sent_again_with_the_same_values(
    place: Place, tmp_path: Path, serialization: Serialization, size: int
) -> None:
    values = np.random.default_rng(1).random(size, np.float32)
    request = sent(serialization, Tensor("INPUT0", Datatype.FP32, values))
    method = place.find(ROUTE if serialization.over_rest else INFER)
    draft, beside = draft_of_recorded(method, request)
    assert bool(beside) is (size > 64)
    write_with_files(tmp_path / "again.toml", draft, None, beside)
    (entry,) = read_collection(tmp_path).entries
    assert entry.request is not None
    assert entry.request.serialization is serialization
    outcome = run_request(entry.request, tmp_path, NO_VALUES, place)
    assert outcome.ok, outcome.error
    assert outcome.exchange is not None
    assert outcome.exchange.request.body == request.body


def test_texts_keep_their_shape_and_files_their_kind() -> None:
    texts = np.array([[b"a", b"bc"]], object)
    assert of_tensor(Tensor("T", Datatype.BYTES, texts)) == Fill(FillKind.JSON, '["a", "bc"]')
    for data, suffix in ((b"\xff\xd8\xff\xe0" + b"0" * 20, ".jpg"), (bytes(200), ".bin")):
        beside = of_tensor(Tensor.of_bytes("T", data))
        assert isinstance(beside, BesideFile)
        assert (beside.suffix, beside.data) == (suffix, data)
    half = of_tensor(Tensor("T", Datatype.BF16, np.full(100, 0x3F80, np.uint16)))
    assert isinstance(half, BesideFile)
    assert half.suffix == ".npy"


def test_other_methods_are_saved_as_their_message(place: Place, tmp_path: Path) -> None:
    method = place.find("ModelMetadata")
    request = Draft(method, "here", text='{"name": "shapes"}').request()
    draft, beside = draft_of_recorded(method, request)
    write_with_files(tmp_path / "about.toml", draft, None, beside)
    (entry,) = read_collection(tmp_path).entries
    assert entry.request is not None
    assert "shapes" in entry.request.message
    assert run_request(entry.request, tmp_path, NO_VALUES, place).ok
    with pytest.raises(UsageError, match="3 messages were sent"):
        draft_of_recorded(method, replace(request, messages=(b"",) * 3))


def test_a_variable_of_the_file_survives_saving(place: Place, tmp_path: Path) -> None:
    saved = SavedRequest(INFER, model="{{which}}", inputs={"INPUT0": "[1]"})
    values = Variables({"which": "identity_fp32"}, {})
    method = place.find(INFER)
    draft = draft_of(saved, method, place.target, values, place.describe, tmp_path)
    write_with_files(tmp_path / "a.toml", draft, saved, {})
    (entry,) = read_collection(tmp_path).entries
    assert entry.request is not None
    assert entry.request.model == "{{which}}"
