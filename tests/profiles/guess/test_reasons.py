"""A profile is guessed from what a server tells, with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.choices import Payload
from backend.core.description import ModelDescription
from backend.core.errors import InvalidInput
from backend.core.samples import AudioWindow, Frame, MediaKind
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.profiles.bundled import BUNDLED
from backend.profiles.file import profile_from_toml, profile_to_toml
from backend.profiles.geometry import Fit
from backend.profiles.guess.whole import Guess, guess
from backend.profiles.inputs.log_mel import MelScale
from backend.profiles.inputs.pictures import Colours, EncodedPicture, PictureLayout, PictureRecipe
from backend.profiles.inputs.recipe import Elements, NoInput
from backend.profiles.inputs.sounds import SoundLayout, SoundRecipe
from backend.profiles.model_profile import OutputDecoder
from backend.profiles.outputs.boxes import Background, BoxDecoder, SsdDecoder
from backend.profiles.outputs.bundled import PlainTensors, YesNoDecoder
from backend.profiles.outputs.classes import ClassDecoder, ScalarDecoder, TextDecoder
from backend.profiles.outputs.coco import COCO_LABELS
from backend.profiles.outputs.masks import MaskDecoder, MaskForm
from backend.profiles.outputs.parts import Activation, BoxForm, Unit
from backend.profiles.outputs.points import PointDecoder
from backend.profiles.outputs.yolo import YoloV5Decoder, YoloV8Decoder, YoloV10Decoder
from backend.profiles.outputs.yunet import YunetDecoder

FRAME = Frame(0, 0, np.zeros((480, 640, 3), np.uint8))
Shape = tuple[int, ...]
Given = tuple[str, Datatype, Shape]
F, U, B = Datatype.FP32, Datatype.UINT8, Datatype.BYTES


def guessed(
    inputs: list[Given],
    outputs: list[Given],
    *,
    name: str = "m",
    config: Mapping[str, Any] | None = None,
    labels: tuple[str, ...] = (),
) -> Guess:
    description = ModelDescription(
        name, tuple(TensorSpec(*i) for i in inputs), tuple(TensorSpec(*o) for o in outputs)
    )
    return guess(description, config, labels)


def tensors(found: Guess) -> dict[str, Tensor]:
    """What the profile sends for a picture or a window, checked against the model's inputs."""
    profile = found.profile
    window = AudioWindow(0, 0, np.zeros(profile.audio.window, np.float32), profile.audio.rate)
    sample = window if profile.kind is MediaKind.AUDIO else FRAME
    sent = {tensor.name: tensor for tensor in profile.encode(sample, Payload())}
    declared = {spec.name: spec for spec in profile.inputs}
    for name, tensor in sent.items():
        assert tensor.datatype is declared[name].datatype
        assert declared[name].accepts(tensor.shape), (name, tensor.shape, declared[name].shape)
    return sent


def recipe_of(found: Guess) -> PictureRecipe:
    assert isinstance(found.profile.recipe, PictureRecipe)
    return found.profile.recipe


def yunet_outputs(side: int = 640) -> list[Given]:
    sizes = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
    return [
        (f"{part}_{stride}", F, (1, (side // stride) ** 2, size))
        for part, size in sizes.items()
        for stride in (8, 16, 32)
    ]


def test_bundled_models_are_known_by_name_and_tensors() -> None:
    for name, profile in BUNDLED.items():
        found = guess(ModelDescription(name, profile.inputs, profile.outputs))
        assert found.profile is profile
        assert "ships with Inferdeck" in found.reasons[0]
    other = guessed([("images", F, (1, 3, 64, 64))], [("y", F, (1, 10))], name="faces")
    assert isinstance(other.profile.decoder, ClassDecoder)


def test_yunet() -> None:
    found = guessed([("input", F, (1, 3, 640, 640))], yunet_outputs())
    assert found.profile.decoder == YunetDecoder()
    assert found.profile.labels == ("face",)
    assert recipe_of(found).colours is Colours.BGR
    assert recipe_of(found).fit is Fit.LETTERBOX
    assert (recipe_of(found).scale, recipe_of(found).mean) == (1, (0,))
    assert tensors(found)["input"].shape == (1, 3, 640, 640)
    assert "'input' FP32 [1, 3, 640, 640] looks like an NCHW picture" in found.reasons[0]


def test_rfb_320() -> None:
    found = guessed(
        [("input", F, (1, 3, 240, 320))],
        [("scores", F, (1, 4420, 2)), ("boxes", F, (1, 4420, 4))],
    )
    assert isinstance(found.profile.decoder, SsdDecoder)
    assert found.profile.labels == ("background", "face")
    assert (recipe_of(found).mean, recipe_of(found).deviation) == ((127,), (128,))
    assert recipe_of(found).colours is Colours.RGB
    tensors(found)


@pytest.mark.parametrize(
    ("outputs", "decoder", "labels"),
    [
        ([("o", F, (1, 84, 8400))], YoloV8Decoder("o"), COCO_LABELS),
        ([("o", F, (-1, 84, -1))], YoloV8Decoder("o"), COCO_LABELS),
        ([("o", F, (1, 7, 8400))], YoloV8Decoder("o"), ()),
        ([("o", F, (1, 5, 8400))], YoloV8Decoder("o"), ()),
        (
            [("o", F, (1, 116, 8400)), ("p", F, (1, 32, 160, 160))],
            YoloV8Decoder("o", skipped=32),
            COCO_LABELS,
        ),
        ([("o", F, (1, 25200, 85))], YoloV5Decoder("o"), COCO_LABELS),
        ([("o", Datatype.FP16, (1, 25200, 7))], YoloV5Decoder("o"), ()),
        ([("o", F, (1, 300, 6))], YoloV10Decoder("o"), COCO_LABELS),
    ],
)
def test_the_yolo_family(
    outputs: list[Given], decoder: OutputDecoder, labels: tuple[str, ...]
) -> None:
    found = guessed([("images", outputs[0][1], (1, 3, 640, 640))], outputs)
    assert found.profile.decoder == decoder
    assert found.profile.labels == labels
    recipe = recipe_of(found)
    assert (recipe.scale, recipe.fit, recipe.padding) == (1 / 255, Fit.LETTERBOX, (114,) * 3)
    tensors(found)


def test_yolo_pose_has_body_points() -> None:
    found = guessed([("images", F, (1, 3, 640, 640))], [("o", F, (1, 56, 8400))])
    decoder = found.profile.decoder
    assert isinstance(decoder, YoloV8Decoder)
    assert (decoder.key_points, decoder.point_names[0]) == (17, "nose")


def test_a_detector_of_any_size_is_fed_640() -> None:
    found = guessed([("images", F, (-1, 3, -1, -1))], [("o", F, (-1, 84, -1))])
    assert tensors(found)["images"].shape == (1, 3, 640, 640)


@pytest.mark.parametrize(
    ("shape", "config", "layout"),
    [
        ((-1, 3, 224, 224), {}, PictureLayout.NCHW),
        ((-1, 224, 224, 3), {}, PictureLayout.NHWC),
        ((3, 224, 224), {}, PictureLayout.CHW),
        ((224, 224, 3), {}, PictureLayout.HWC),
        ((-1, 3, -1, -1), {}, PictureLayout.NCHW),
        (
            (-1, -1, -1, -1),
            {"max_batch_size": 8, "input": [{"name": "x", "format": "FORMAT_NHWC"}]},
            PictureLayout.NHWC,
        ),
    ],
)
def test_imagenet_like_classifiers(
    shape: Shape, config: dict[str, Any], layout: PictureLayout
) -> None:
    found = guessed([("x", F, shape)], [("logits", F, (-1, 1000))], config=config)
    assert found.profile.decoder == ClassDecoder("logits", Activation.SOFTMAX)
    recipe = recipe_of(found)
    assert (recipe.layout, recipe.fit, recipe.crop_share) == (layout, Fit.CROP, 0.875)
    assert recipe.mean == (0.485, 0.456, 0.406)
    assert 224 in tensors(found)["x"].shape
    titles = [other.title for other in found.alternatives]
    assert "numbers -1 to 1" in titles
    assert "BGR instead" in titles
    assert "scores by none" in titles


def test_names_tell_whether_scores_are_scores_already() -> None:
    found = guessed([("x", F, (1, 3, 64, 64))], [("probs", F, (1, 4))], labels=tuple("abcd"))
    assert found.profile.decoder == ClassDecoder("probs", Activation.NONE)
    assert found.profile.labels == ("a", "b", "c", "d")
    assert "each of 4 classes, already scores by its name" in found.reasons[-1]


def test_whole_numbers_and_grey_are_not_normalised_by_colours() -> None:
    whole = guessed([("x", U, (1, 224, 224, 3))], [("y", F, (1, 1000))])
    assert (recipe_of(whole).datatype, recipe_of(whole).scale) == (U, 1)
    grey = guessed([("x", F, (1, 1, 28, 28))], [("y", F, (1, 10))])
    assert (recipe_of(grey).colours, recipe_of(grey).mean) == (Colours.GREY, (0,))
    for found in (whole, grey):
        tensors(found)
        for other in found.alternatives:
            other.profile.encode(FRAME, Payload())


@pytest.mark.parametrize(
    ("output", "form"),
    [
        (("o", F, (1, 21, 512, 512)), MaskForm.SCORES_FIRST),
        (("o", F, (-1, 19, -1, -1)), MaskForm.SCORES_FIRST),
        (("o", F, (1, 512, 512, 21)), MaskForm.SCORES_LAST),
        (("o", F, (1, 1, 512, 512)), MaskForm.FOREGROUND),
        (("o", F, (1, 256, 256, 1)), MaskForm.FOREGROUND),
        (("o", Datatype.INT64, (1, 512, 512)), MaskForm.CLASSES),
    ],
)
def test_segmentation(output: Given, form: MaskForm) -> None:
    found = guessed([("image", F, (1, 3, 512, 512))], [output])
    assert found.profile.decoder == MaskDecoder("o", form)
    tensors(found)


def test_detectors_that_give_boxes_scores_and_classes() -> None:
    tensorflow = guessed(
        [("input_tensor", U, (1, -1, -1, 3))],
        [
            ("detection_boxes", F, (1, 100, 4)),
            ("detection_classes", F, (1, 100)),
            ("detection_scores", F, (1, 100)),
            ("num_detections", F, (1,)),
        ],
    ).profile.decoder
    assert isinstance(tensorflow, BoxDecoder)
    assert (tensorflow.form, tensorflow.unit) == (BoxForm.YXYX, Unit.NORMALISED)
    assert (tensorflow.count, tensorflow.first_class) == ("num_detections", 1)
    torch = guessed(
        [("image", F, (3, -1, -1))],
        [("boxes", F, (-1, 4)), ("labels", Datatype.INT64, (-1,)), ("scores", F, (-1,))],
    ).profile.decoder
    assert isinstance(torch, BoxDecoder)
    assert (torch.form, torch.unit, torch.classes) == (BoxForm.XYXY, Unit.PIXELS, "labels")


def test_detr() -> None:
    found = guessed(
        [("pixel_values", F, (-1, 3, 640, 640))],
        [("logits", F, (-1, 300, 80)), ("pred_boxes", F, (-1, 300, 4))],
    )
    decoder = found.profile.decoder
    assert isinstance(decoder, SsdDecoder)
    assert (decoder.form, decoder.activation) == (BoxForm.CXCYWH, Activation.SIGMOID)
    assert decoder.background is Background.NONE


def test_movenet() -> None:
    found = guessed([("x", Datatype.INT32, (1, 192, 192, 3))], [("o", F, (1, 1, 17, 3))])
    assert isinstance(found.profile.decoder, PointDecoder)
    assert tensors(found)["x"].data.dtype == np.int32
    assert len(found.profile.labels) == 17


def test_silero_with_and_without_a_memory_of_its_own() -> None:
    inputs = [("input", F, (-1, -1)), ("state", F, (2, -1, 128)), ("sr", Datatype.INT64, ())]
    found = guessed(inputs, [("output", F, (-1, 1)), ("stateN", F, (-1, -1, -1))])
    assert found.profile.kind is MediaKind.AUDIO
    assert isinstance(found.profile.decoder, YesNoDecoder)
    sent = tensors(found)
    assert (sent["input"].shape, sent["state"].shape) == ((1, 576), (2, 1, 128))
    assert sent["sr"].data.item() == 16_000
    assert found.missing == ()
    assert any("state, which starts from zeros" in reason for reason in found.reasons)
    served = guessed(
        [("input", F, (1, -1)), ("sr", Datatype.INT64, (1,))],
        [("output", F, (1, 1))],
        config={"sequence_batching": {"oldest": {}}},
    )
    assert sorted(tensors(served)) == ["input", "sr"]


@pytest.mark.parametrize(
    ("given_", "shape", "rate"),
    [
        (("waveform", F, (-1,)), (16_000,), 16_000),
        (("audio", F, (1, 48_000)), (1, 48_000), 48_000),
        (("pcm", Datatype.INT16, (1, 1, -1)), (1, 1, 48_000), 48_000),
    ],
)
def test_models_of_sound(given_: Given, shape: Shape, rate: int) -> None:
    name = "tagger_48k" if rate == 48_000 else "tagger"
    found = guessed([given_], [("scores", F, (1, 521))], name=name)
    assert isinstance(found.profile.recipe, SoundRecipe)
    assert found.profile.audio.rate == rate
    assert tensors(found)[given_[0]].shape == shape


def test_spectrograms() -> None:
    whisper = guessed([("input_features", F, (1, 80, 3000))], [("tokens", B, (1,))])
    recipe = whisper.profile.recipe
    assert isinstance(recipe, SoundRecipe)
    assert recipe.log_mel is not None
    assert (recipe.layout, recipe.log_mel.mel_scale) == (SoundLayout.NMT, MelScale.SLANEY)
    assert isinstance(whisper.profile.decoder, TextDecoder)
    tensors(whisper)
    tall = guessed([("mel", F, (-1, 1, 96, 64))], [("classes", F, (-1, 10))])
    assert isinstance(tall.profile.recipe, SoundRecipe)
    assert tall.profile.recipe.layout is SoundLayout.NCTM
    tensors(tall)


def test_models_that_give_back_what_they_get() -> None:
    for datatype in (U, F):
        found = guessed([("IN", datatype, (-1, -1))], [("OUT", datatype, (-1, -1))])
        assert found.profile.recipe == Elements("IN", datatype)
        assert found.profile.kind is MediaKind.BYTES
        tensors(found)


def test_pictures_as_files() -> None:
    found = guessed([("image_bytes", B, (-1, 1))], [("caption", B, (-1, 1))])
    assert found.profile.recipe == EncodedPicture("image_bytes", rank=2)
    assert isinstance(found.profile.decoder, TextDecoder)
    assert tensors(found)["image_bytes"].shape == (1, 1)


def test_what_nothing_is_known_about_is_filled_and_said() -> None:
    found = guessed(
        [("image", F, (1, 3, 64, 64)), ("prompt", B, (1,)), ("ids", Datatype.INT64, (-1, 77))],
        [("embedding", F, (1, 512, 3, 2, 1))],
    )
    assert isinstance(found.profile.decoder, PlainTensors)
    assert tensors(found)["ids"].shape == (1, 77)
    assert found.missing == (
        "Input 'prompt' BYTES [1] is filled with an empty text: no camera or microphone gives it.",
        "Input 'ids' INT64 [-1, 77] is filled with zeros: no camera or microphone gives it.",
    )
    table = guessed([("x", F, (-1, 4))], [("y", F, (1,))])
    assert isinstance(table.profile.recipe, NoInput)
    assert isinstance(table.profile.decoder, ScalarDecoder)
    assert tensors(table)["x"].shape == (1, 4)
    assert "no input looks like" in table.reasons[0]


def test_a_server_that_tells_nothing_leaves_it_to_the_user() -> None:
    found = guessed([], [])
    assert "does not tell" in found.reasons[0]
    assert found.missing == (
        "Say in the profile which inputs the model takes: the server does not.",
    )
    assert tensors(found) == {}


def test_what_may_be_left_out_is_left_out() -> None:
    found = guessed(
        [("image", F, (1, 3, 64, 64)), ("top", Datatype.INT32, (1,))],
        [("y", F, (1, 10))],
        config={"input": [{"name": "top", "optional": True}]},
    )
    assert list(tensors(found)) == ["image"]
    assert found.missing == ()


names = st.sampled_from(["input", "image", "mel", "sr", "state", "scores", "boxes", "x", "audio"])


def givens(*sizes: int) -> st.SearchStrategy[list[Given]]:
    shapes = st.lists(st.sampled_from([-1, 0, 1, 2, 3, 4, 6, 17, 64, *sizes]), max_size=5)
    one = st.tuples(names, st.sampled_from(Datatype), shapes.map(tuple))
    return st.lists(one, max_size=4, unique_by=lambda given: given[0])


@settings(max_examples=150, deadline=None)
@given(
    givens(80, 112),
    givens(85, 512, 4420, 8400),
    st.sampled_from([{}, {"max_batch_size": "4"}, {"input": None}]),
)
def test_every_model_gets_a_profile_that_can_be_saved(
    inputs: list[Given], outputs: list[Given], config: dict[str, Any]
) -> None:
    found = guessed(inputs, outputs, config=config)
    assert found.reasons
    assert profile_from_toml(profile_to_toml(found.profile)) == found.profile
    for other in found.alternatives:
        assert other.profile != found.profile, other.title
    if found.profile.kind is not MediaKind.AUDIO:
        try:
            found.profile.encode(FRAME, Payload())
        except InvalidInput as error:
            assert "do not fit" in error.message  # noqa: PT017 - other errors must come out


def test_classes_of_a_word_spotter_that_are_no_words_are_its_background() -> None:
    labels = ("_silence_", "_unknown_", "yes", "no")
    found = guessed([("mfcc", F, (1, 49, 10, 1))], [("out", F, (1, 4))], labels=labels)
    assert isinstance(found.profile.decoder, ClassDecoder)
    assert found.profile.decoder.background == "_silence_, _unknown_"
    assert "_silence_, _unknown_" in " ".join(found.reasons)
    picture = guessed([("x", F, (1, 3, 224, 224))], [("out", F, (1, 4))], labels=labels)
    assert isinstance(picture.profile.decoder, ClassDecoder)
    assert picture.profile.decoder.background == ""
