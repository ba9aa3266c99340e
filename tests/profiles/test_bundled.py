"""Bundled profiles turn samples into inputs and outputs into predictions."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import ImageEncoding, Payload
from backend.core.errors import InvalidInput, ReplyMismatch, UsageError
from backend.core.predictions import Classification, Detections, Scalars, Tensors, Text
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.tensors import Datatype, Tensor
from backend.profiles.bundled import BUNDLED, profile_for

PICTURE = Frame(0, 0, np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3))
SOUND = AudioWindow(0, 0, np.linspace(-1, 1, 1600, dtype=np.float32), 16_000)


def fp32(name: str, values: object) -> Tensor:
    return Tensor(name, Datatype.FP32, np.asarray(values, np.float32))


def int64(name: str, values: object) -> Tensor:
    return Tensor(name, Datatype.INT64, np.asarray(values, np.int64))


def test_every_profile_says_what_its_model_does_in_one_line() -> None:
    for name, profile in BUNDLED.items():
        assert profile.model == name
        assert profile.description.endswith(".")
        assert len(profile.description) <= 100
        assert "\n" not in profile.description


@pytest.mark.parametrize("name", list(BUNDLED))
@pytest.mark.parametrize("encoding", list(ImageEncoding))
@pytest.mark.parametrize("sample", [PICTURE, SOUND], ids=["picture", "sound"])
def test_what_a_profile_sends_fits_what_its_model_declares(
    name: str, encoding: ImageEncoding, sample: Sample
) -> None:
    profile = profile_for(name)
    kind = MediaKind.IMAGE if sample is PICTURE else MediaKind.AUDIO
    payload = Payload(image=encoding)
    if profile.kind not in (kind, MediaKind.BYTES):
        with pytest.raises(InvalidInput, match="takes"):
            profile.encode(sample, payload)
        return
    declared = {spec.name: spec for spec in profile.inputs}
    (tensor,) = profile.encode(sample, payload)
    assert tensor.datatype is declared[tensor.name].datatype
    assert declared[tensor.name].accepts(tensor.shape)
    assert tensor.data.dtype == tensor.datatype.numpy


def test_boxes_become_detections_with_text_and_corners() -> None:
    texts = Tensor.of_bytes("TEXT", "größe".encode())
    corners = fp32("POINTS", [[[1, 2], [3, 2], [3, 4], [1, 4]]])
    (found,) = profile_for("qr_codes").decode(
        [fp32("BOXES", [[1, 2, 3, 4]]), fp32("SCORES", [1]), int64("CLASSES", [0]), texts, corners]
    )
    assert isinstance(found, Detections)
    (code,) = found.items
    assert (code.box, code.label, code.score) == ((1.0, 2.0, 3.0, 4.0), "qr code", 1.0)
    assert code.text == "größe"
    assert [(point.x, point.y) for point in code.points] == [(1, 2), (3, 2), (3, 4), (1, 4)]


def test_nothing_found_is_an_empty_list() -> None:
    (found,) = profile_for("faces").decode(
        [fp32("BOXES", np.zeros((0, 4))), fp32("SCORES", []), int64("CLASSES", [])]
    )
    assert found == Detections(())


def test_an_unknown_class_is_shown_by_its_number() -> None:
    (found,) = profile_for("shapes").decode(
        [fp32("BOXES", [[0, 0, 1, 1]] * 2), fp32("SCORES", [1, 1]), int64("CLASSES", [17, -1])]
    )
    assert isinstance(found, Detections)
    assert [item.label for item in found.items] == ["class 17", "class -1"]


def test_a_sure_pitch_is_named_and_an_unsure_one_is_not() -> None:
    profile = profile_for("pitch")
    numbers, note = profile.decode([fp32("FREQUENCY", [440.8]), fp32("CONFIDENCE", [0.9])])
    assert isinstance(numbers, Scalars)
    assert [(s.name, round(s.value, 1), s.unit) for s in numbers.values] == [
        ("frequency", 440.8, "Hz"),
        ("confidence", 0.9, ""),
    ]
    assert note == Text("A4 +3 cents")
    for frequency, confidence in ((440.0, 0.2), (0.0, 0.9)):
        _, none = profile.decode([fp32("FREQUENCY", [frequency]), fp32("CONFIDENCE", [confidence])])
        assert none == Text("no pitch")


@pytest.mark.parametrize(("probability", "first"), [(0.75, "speech"), (0.25, "silence")])
def test_the_likelier_class_comes_first(probability: float, first: str) -> None:
    (classes,) = profile_for("voice_activity").decode([fp32("PROBABILITY", [probability])])
    assert isinstance(classes, Classification)
    assert [c.score for c in classes.classes] == [0.75, 0.25]
    assert classes.classes[0].label == first


def test_identity_shows_its_tensors() -> None:
    output = Tensor("OUTPUT0", Datatype.UINT8, np.zeros(3, np.uint8))
    (shown,) = profile_for("identity").decode([output])
    assert isinstance(shown, Tensors)
    assert shown.tensors == (output,)


@pytest.mark.parametrize(
    "outputs",
    [
        [],
        [fp32("BOXES", [[1, 2, 3, 4]]), fp32("SCORES", [1, 1]), int64("CLASSES", [0, 0])],
        [fp32("BOXES", [1, 2, 3, 4]), fp32("SCORES", [1]), int64("CLASSES", [0])],
    ],
    ids=["none", "lengths differ", "flat boxes"],
)
def test_outputs_that_do_not_fit_are_a_mismatch(outputs: list[Tensor]) -> None:
    with pytest.raises(ReplyMismatch, match="does not answer as its profile says"):
        profile_for("shapes").decode(outputs)


def test_other_models_have_no_profile_yet() -> None:
    with pytest.raises(UsageError, match="no profile for model 'resnet'"):
        profile_for("resnet")
