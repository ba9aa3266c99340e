"""Whatever a server answers, a profile reads it or says that it does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import ReplyMismatch
from backend.core.predictions import Detections, scores
from backend.core.samples import Frame, MediaKind
from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.geometry import Fit
from backend.profiles.inputs.pictures import PictureRecipe
from backend.profiles.kinds import DECODERS
from backend.profiles.model_profile import ModelProfile
from backend.profiles.names import CONFIDENCE, FREQUENCY
from backend.profiles.options import options_of
from backend.profiles.outputs.yunet import STRIDES
from backend.wire.elements import object_array
from tests.profiles.any_profile import instances

FRAME = Frame(0, 0, np.zeros((30, 50, 3), np.uint8))
_YUNET = [f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in STRIDES]
_SIZES = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 10, 17, 40])


def named(decoder: Any) -> list[str]:
    """The outputs that a decoder may look for."""
    values = [getattr(decoder, option.name) for option in options_of(type(decoder))]
    names = [value for value in values if isinstance(value, str) and value]
    return [*names, FREQUENCY, CONFIDENCE, *_YUNET]


@st.composite
def arrays(draw: st.DrawFn, datatype: Datatype) -> Array:
    shape = tuple(draw(st.lists(_SIZES, max_size=4)))
    if np.prod(shape, dtype=np.int64) > 20_000:
        shape = shape[:2]
    count = int(np.prod(shape, dtype=np.int64))
    if datatype is Datatype.BYTES:
        return object_array([b"a\xff"] * count, shape)
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    scale = draw(st.sampled_from([0.0, 1.0, 300.0, 1e30, np.inf, np.nan]))
    numbers = rng.uniform(-0.2, 1, shape) * scale
    if datatype.numpy.kind == "f":
        with np.errstate(over="ignore"):
            return numbers.astype(datatype.numpy)
    return np.nan_to_num(numbers, posinf=3, neginf=0).clip(0, 100).astype(datatype.numpy)


@st.composite
def answers(draw: st.DrawFn) -> tuple[ModelProfile, list[Tensor]]:
    decoder = draw(st.sampled_from(list(DECODERS.values())).flatmap(instances))
    kind = st.sampled_from([Datatype.FP32, Datatype.FP16, Datatype.BF16, *Datatype])
    outputs = []
    for name in draw(st.lists(st.sampled_from(named(decoder)), unique=True, max_size=14)):
        datatype = draw(kind)
        outputs.append(Tensor(name, datatype, draw(arrays(datatype))))
    recipe = PictureRecipe(width=20, height=16, fit=draw(st.sampled_from(Fit)))
    labels = draw(st.sampled_from([(), ("cat", "dog")]))
    profile = ModelProfile("m", MediaKind.IMAGE, (), (), decoder, labels, recipe=recipe)
    return profile, outputs


@settings(max_examples=200, deadline=None)
@given(answers(), st.sampled_from([FRAME, None]))
def test_any_tensors_are_read_or_refused(
    answer: tuple[ModelProfile, list[Tensor]], sample: Frame | None
) -> None:
    profile, outputs = answer
    try:
        predictions = profile.decode(outputs, sample)
    except ReplyMismatch:
        return
    for label, _ in scores(predictions):
        assert isinstance(label, str)


_FITTING: dict[str, dict[str, tuple[int, ...]]] = {
    "boxes": {"BOXES": (40, 4), "SCORES": (40,), "CLASSES": (40,), "POINTS": (40, 4, 2)},
    "ssd": {"scores": (1, 40, 3), "boxes": (1, 40, 4)},
    "yolo_v5": {"o": (1, 40, 7)},
    "yolo_v8": {"o": (1, 17, 40)},
    "yolo_v10": {"o": (1, 40, 6)},
    "yunet": {
        f"{part}_{stride}": (1, (64 // stride) ** 2, size)
        for part, size in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        for stride in STRIDES
    },
    "yolox": {"o": (1, 84, 7)},
    "fastestdet": {"o": (1, 8, 6, 6)},
    "anchors": {"regressors": (1, 224, 16), "classificators": (1, 224, 1)},
    "mask": {"o": (1, 3, 8, 8)},
    "points": {"o": (1, 1, 17, 3)},
    "classes": {"o": (1, 10)},
    "text_boxes": {"o": (1, 1, 40, 30)},
    "ctc": {"o": (1, 9, 5)},
    "scalars": {"o": (2,), "p": (1, 1)},
}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(_FITTING)), st.integers(0, 1000), st.data())
def test_any_numbers_of_the_right_form_are_read(kind: str, seed: int, data: st.DataObject) -> None:
    """Not a number, infinite, huge: what is no place is left out, and nothing warns."""
    rng = np.random.default_rng(seed)
    wild = [0.0, 0.5, 1.0, -1.0, 100.0, 1e4, np.nan, np.inf, -np.inf, 1e38]
    share = data.draw(st.sampled_from([0.0, 0.1, 1.0]))
    datatype = data.draw(st.sampled_from([Datatype.FP32, Datatype.FP16, Datatype.FP64]))
    outputs = []
    for name, shape in _FITTING[kind].items():
        numbers = rng.uniform(-0.1, 1.0, shape)
        chosen = rng.random(shape) < share
        numbers[chosen] = rng.choice(wild, int(chosen.sum()))
        with np.errstate(over="ignore"):
            outputs.append(Tensor(name, datatype, numbers.astype(datatype.numpy)))
    recipe = PictureRecipe(width=64, height=64, fit=data.draw(st.sampled_from(Fit)))
    profile = ModelProfile("m", MediaKind.IMAGE, (), (), DECODERS[kind](), recipe=recipe)
    for prediction in profile.decode(outputs, FRAME):
        if isinstance(prediction, Detections):
            assert all(np.isfinite(item.box).all() for item in prediction.items)
