"""Models that many people have are recognised by their tensors, and told from their like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from backend.core.description import ModelDescription
from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.file import profile_from_toml, profile_to_toml
from backend.profiles.guess.whole import Guess, guess
from backend.profiles.kinds import DECODERS, kind_word
from backend.profiles.outputs.coco import COCO_LABELS, COCO_POINTS
from backend.profiles.outputs.mediapipe import HAND_POINTS
from backend.profiles.outputs.pascal import PASCAL_LABELS

F, U, L = Datatype.FP32, Datatype.UINT8, Datatype.INT64
Shape = tuple[int, ...]
Given = tuple[str, Datatype, Shape]


def guessed(
    name: str, inputs: Sequence[Given], outputs: Sequence[Given], labels: tuple[str, ...] = ()
) -> Guess:
    found = guess(
        ModelDescription(
            name, tuple(TensorSpec(*i) for i in inputs), tuple(TensorSpec(*o) for o in outputs)
        ),
        labels=labels,
    )
    assert profile_from_toml(profile_to_toml(found.profile)) == found.profile
    return found


def picture(*shape: int, datatype: Datatype = F, name: str = "x") -> list[Given]:
    return [(name, datatype, shape)]


YUNET: list[Given] = [
    (f"{part}_{s}", F, (1, (320 // s) ** 2, size))
    for part, size in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
    for s in (8, 16, 32)
]

KNOWN: list[tuple[str, list[Given], list[Given], str, dict[str, Any], str]] = [
    (
        "yolox_nano", picture(1, 3, 416, 416), [("output", F, (1, 3549, 85))], "yolox",
        {"colours": "bgr", "fit": "corner", "scale": 1, "padding": (114, 114, 114)},
        "1x3x416x416 float, picture, NCHW, BGR 0..255, YOLOX-like, 80 COCO classes",
    ),
    (
        "yolov5s", picture(1, 3, 640, 640), [("o", F, (1, 25200, 85))], "yolo_v5",
        {"colours": "rgb", "fit": "letterbox", "scale": 1 / 255},
        "1x3x640x640 float, picture, NCHW, RGB 0..1, YOLOv5-like, 80 COCO classes",
    ),
    (
        "yolov8n", picture(1, 3, 640, 640), [("o", F, (1, 84, 8400))], "yolo_v8",
        {"colours": "rgb", "fit": "letterbox", "scale": 1 / 255},
        "1x3x640x640 float, picture, NCHW, RGB 0..1, YOLOv8-like, 80 COCO classes",
    ),
    (
        "FastestDet", picture(1, 3, 352, 352), [("758", F, (1, 85, 22, 22))], "fastestdet",
        {"colours": "bgr", "fit": "stretch", "scale": 1 / 255},
        "1x3x352x352 float, picture, NCHW, BGR 0..1, FastestDet-like, 80 COCO classes",
    ),
    (
        "ssd", picture(1, 3, 300, 300), [("scores", F, (1, 3000, 21)), ("boxes", F, (1, 3000, 4))],
        "ssd", {"colours": "rgb", "scale": 1 / 255},
        "1x3x300x300 float, picture, NCHW, RGB 0..1, SSD-like, 21 classes",
    ),
    (
        "yunet", picture(1, 3, 320, 320), YUNET, "yunet",
        {"colours": "bgr", "fit": "letterbox", "scale": 1},
        ("1x3x320x320 float, picture, NCHW, BGR 0..255, YuNet's twelve outputs, "
        "faces with 5 points"),
    ),
    (
        "version-RFB-320", picture(1, 3, 240, 320),
        [("scores", F, (1, 4420, 2)), ("boxes", F, (1, 4420, 4))],
        "ssd", {"mean": (127,), "deviation": (128,), "fit": "stretch"},
        "1x3x240x320 float, picture, NCHW, RGB (pixel - 127) / 128, RFB-like, faces",
    ),
    (
        "blazeface", picture(1, 128, 128, 3),
        [("regressors", F, (1, 896, 16)), ("classificators", F, (1, 896, 1))], "anchors",
        {"layout": "NHWC", "fit": "letterbox", "scale": 1 / 127.5, "mean": (1,)},
        ("1x128x128x3 float, picture, NHWC, RGB -1..1, faces with 6 points, as BlazeFace gives "
        "them, 896 anchors"),
    ),
    (
        "palm", picture(1, 192, 192, 3),
        [("Identity", F, (1, 2016, 18)), ("Identity_1", F, (1, 2016, 1))], "anchors",
        {"layout": "NHWC", "fit": "letterbox", "scale": 1 / 255},
        ("1x192x192x3 float, picture, NHWC, RGB 0..1, palms with 7 points, as MediaPipe gives "
        "them, 2016 anchors"),
    ),
    (
        "face_landmark", picture(1, 192, 192, 3),
        [("conv2d_21", F, (1, 1, 1, 1404)), ("conv2d_31", F, (1, 1, 1, 1))], "points",
        {"layout": "NHWC", "fit": "crop", "scale": 1 / 255},
        "1x192x192x3 float, picture, NHWC, RGB 0..1, MediaPipe-like, 468 points of a face",
    ),
    (
        "hand_landmark", picture(1, 224, 224, 3),
        [("Identity", F, (1, 63)), ("Identity_1", F, (1, 1)), ("Identity_2", F, (1, 1)),
         ("Identity_3", F, (1, 63))], "points",
        {"layout": "NHWC", "fit": "crop", "scale": 1 / 255},
        "1x224x224x3 float, picture, NHWC, RGB 0..1, MediaPipe-like, 21 points of a hand",
    ),
    (
        "movenet", picture(1, 192, 192, 3, datatype=U), [("o", F, (1, 1, 17, 3))], "points",
        {"layout": "NHWC", "fit": "letterbox", "datatype": U, "scale": 1},
        "1x192x192x3 UINT8, picture, NHWC, RGB 0..255, MoveNet-like, 17 body points",
    ),
    (
        "selfie_segmentation", picture(1, 144, 256, 3), [("s", F, (1, 144, 256, 1))], "mask",
        {"layout": "NHWC", "fit": "stretch", "scale": 1 / 255, "mean": (0,)},
        ("1x144x256x3 float, picture, NHWC, RGB 0..1, segmentation, how much of each pixel is "
        "foreground"),
    ),
    (
        "deeplabv3", picture(1, 513, 513, 3, datatype=U), [("ArgMax", L, (1, 513, 513))], "mask",
        {"layout": "NHWC", "fit": "stretch", "datatype": U},
        "1x513x513x3 UINT8, picture, NHWC, RGB 0..255, segmentation, the class of each pixel",
    ),
    (
        "mobilenet_v2", picture(1, 224, 224, 3, datatype=U),
        [("MobilenetV2/Predictions/Softmax", F, (1, 1001))], "classes",
        {"layout": "NHWC", "fit": "crop", "datatype": U},
        "1x224x224x3 UINT8, picture, NHWC, RGB 0..255, 1,001 ImageNet classes with background 0",
    ),
    (
        "kws", [("input_1", F, (1, 49, 10, 1))], [("Identity", F, (1, 12))], "classes",
        {"window": 480, "hop": 320, "coefficients": 10},
        "1x49x10x1 float, 10 MFCCs of 49 frames of sound at 16000 Hz, 12 classes",
    ),
    (
        "ocr_det", picture(-1, 3, -1, -1), [("f", F, (-1, 1, -1, -1))], "text_boxes",
        {"colours": "bgr", "fit": "letterbox", "scale": 1 / 127.5, "width": 512},
        "?x3x?x? float, picture, NCHW, BGR -1..1, DB-like, lines of text",
    ),
    (
        "rec", picture(-1, 3, 48, -1), [("f", F, (-1, -1, 97))], "ctc",
        {"colours": "bgr", "fit": "corner", "scale": 1 / 127.5, "width": 480, "height": 48},
        "?x3x48x? float, picture, NCHW, BGR -1..1, CTC reader of text, 97 characters",
    ),
    (
        "silero_vad",
        [("input", F, (-1, -1)), ("state", F, (2, -1, 128)), ("sr", L, ())],
        [("output", F, (-1, 1)), ("stateN", F, (-1, -1, -1))], "yes_no", {},
        "?x? float, sound at 16000 Hz, windows of 576 samples, Silero-like, speech or silence",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "decoder", "recipe", "summary"), KNOWN, ids=lambda v: str(v)[:16]
)
def test_known_models(
    name: str,
    inputs: list[Given],
    outputs: list[Given],
    decoder: str,
    recipe: dict[str, Any],
    summary: str,
) -> None:
    found = guessed(name, inputs, outputs)
    assert kind_word(found.profile.decoder, DECODERS) == decoder
    made = found.profile.recipe
    assert {key: getattr(made, key) for key in recipe} == recipe
    assert found.summary == summary
    assert found.missing == ()


def of(name: str, labels: tuple[str, ...] = ()) -> Guess:
    row = next(row for row in KNOWN if row[0] == name)
    return guessed(name, row[1], row[2], labels)


def test_names_that_are_known() -> None:
    assert of("yolox_nano").profile.labels == of("FastestDet").profile.labels == COCO_LABELS
    assert of("movenet").profile.labels == COCO_POINTS
    assert of("hand_landmark").profile.labels == HAND_POINTS
    assert of("selfie_segmentation").profile.labels == ("background", "person")
    assert of("deeplabv3").profile.labels == PASCAL_LABELS
    assert of("blazeface").profile.labels == ("face",)
    assert of("palm").profile.labels == ("palm",)
    assert of("kws", ("down", "go")).profile.labels == ("down", "go")


def test_what_the_file_does_not_show_is_said() -> None:
    def doubts(name: str) -> str:
        return " ".join(of(name).doubts)

    assert "Colour order and range cannot be seen in the file: BGR 0..255 assumed." in doubts(
        "yolox_nano"
    )
    assert "still count from their cells" in doubts("yolox_nano")
    assert doubts("movenet") == "Colour order cannot be seen in the file: RGB assumed."
    assert of("yunet").doubts == of("version-RFB-320").doubts == of("silero_vad").doubts == ()
    assert "frames of 30 ms every 20 ms, 40 bands" in doubts("kws")
    assert "names of the classes cannot be seen" in doubts("kws")
    assert "PASCAL VOC" in doubts("deeplabv3")
    assert not any("names" in doubt for doubt in of("mobilenet_v2", ("a",) * 1001).doubts)


@pytest.mark.parametrize(
    ("shape", "output", "decoder"),
    [
        ((1, 3, 640, 640), (1, 8400, 85), "yolox"),
        ((1, 3, 640, 640), (1, 8400, 7), "yolox"),
        ((1, 3, 640, 640), (1, 8400, 84), "yolo_v8"),
        ((1, 3, 640, 640), (1, 25200, 7), "yolo_v5"),
        ((1, 3, 416, 416), (1, 10647, 85), "yolo_v5"),
        ((1, 3, 416, 416), (1, 8400, 85), "yolo_v5"),
        ((1, 3, 384, 640), (1, 5040, 85), "yolox"),
        ((-1, 3, -1, -1), (-1, 3549, 85), "yolox"),
        ((-1, 3, -1, -1), (-1, 25200, 85), "yolo_v5"),
        ((-1, 3, -1, -1), (-1, -1, 85), "yolo_v5"),
        ((1, 3, 352, 352), (1, 85, 44, 44), "mask"),
        ((1, 3, 352, 352), (1, 7, 22, 22), "mask"),
    ],
)
def test_like_shapes_are_told_apart(shape: Shape, output: Shape, decoder: str) -> None:
    found = guessed("m", picture(*shape), [("o", F, output)])
    assert kind_word(found.profile.decoder, DECODERS) == decoder


def test_a_name_or_labels_tell_a_grid_from_a_mask() -> None:
    inputs, outputs = picture(1, 3, 352, 352), [("o", F, (1, 7, 22, 22))]
    for found in (
        guessed("my_fastestdet", inputs, outputs),
        guessed("m", inputs, outputs, ("cat", "dog")),
    ):
        assert kind_word(found.profile.decoder, DECODERS) == "fastestdet"


@pytest.mark.parametrize(
    ("side", "count", "numbers", "strides"),
    [
        (256, 2944, 18, (8, 16, 32, 32, 32)),
        (224, 2254, 12, (8, 16, 32, 32, 32)),
        (128, 900, 16, ()),
        (128, 896, 10, ()),
    ],
)
def test_anchors_are_counted(side: int, count: int, numbers: int, strides: Shape) -> None:
    outputs = [("b", F, (1, count, numbers)), ("s", F, (1, count, 1))]
    found = guessed("m", picture(1, side, side, 3), outputs)
    assert getattr(found.profile.decoder, "strides", ()) == strides


def test_tensorflow_lites_detectors() -> None:
    name = "TFLite_Detection_PostProcess"
    outputs = [
        (name, F, (1, 20, 4)), (f"{name}:1", F, (1, 20)), (f"{name}:2", F, (1, 20)),
        (f"{name}:3", F, (1,)),
    ]  # fmt: skip
    decoder: Any = guessed("coco", picture(1, 300, 300, 3, datatype=U), outputs).profile.decoder
    assert (decoder.boxes, decoder.classes, decoder.scores, decoder.count) == tuple(
        output[0] for output in outputs
    )
    assert (decoder.form, decoder.unit) == ("yxyx", "normalised")


@pytest.mark.parametrize(("frames", "window"), [(49, 480), (98, 400), (25, 480)])
def test_coefficients_of_as_many_frames(frames: int, window: int) -> None:
    found = guessed("kws", [("x", F, (1, frames, 10))], [("y", F, (1, 5))])
    profile: Any = found.profile
    assert profile.kind is MediaKind.AUDIO
    assert profile.recipe.window == window
    assert (profile.audio.window - window) // profile.recipe.hop + 1 == frames
