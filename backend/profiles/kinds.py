"""Every input recipe and output decoder under the word that files and forms use for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from backend.core.samples import MediaKind
from backend.profiles.inputs.mfcc import MfccRecipe
from backend.profiles.inputs.pictures import EncodedPicture, PictureRecipe
from backend.profiles.inputs.recipe import Elements, NoInput, OurInputs
from backend.profiles.inputs.sounds import SoundRecipe
from backend.profiles.outputs.anchors import AnchorDecoder
from backend.profiles.outputs.boxes import BoxDecoder, SsdDecoder
from backend.profiles.outputs.bundled import PitchDecoder, PlainTensors, YesNoDecoder
from backend.profiles.outputs.classes import ClassDecoder, ScalarDecoder, TextDecoder
from backend.profiles.outputs.fastestdet import FastestDetDecoder
from backend.profiles.outputs.masks import MaskDecoder
from backend.profiles.outputs.points import PointDecoder
from backend.profiles.outputs.writing import CtcDecoder, TextBoxDecoder
from backend.profiles.outputs.yolo import YoloV5Decoder, YoloV8Decoder, YoloV10Decoder
from backend.profiles.outputs.yolox import YoloxDecoder
from backend.profiles.outputs.yunet import YunetDecoder

RECIPES: Mapping[str, type[Any]] = MappingProxyType(
    {
        "picture": PictureRecipe,
        "encoded_picture": EncodedPicture,
        "sound": SoundRecipe,
        "mfcc": MfccRecipe,
        "elements": Elements,
        "constants": NoInput,
        "inferdeck": OurInputs,
    }
)

DECODERS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "classes": ClassDecoder,
        "boxes": BoxDecoder,
        "ssd": SsdDecoder,
        "yolo_v5": YoloV5Decoder,
        "yolo_v8": YoloV8Decoder,
        "yolo_v10": YoloV10Decoder,
        "yolox": YoloxDecoder,
        "fastestdet": FastestDetDecoder,
        "yunet": YunetDecoder,
        "anchors": AnchorDecoder,
        "mask": MaskDecoder,
        "points": PointDecoder,
        "scalars": ScalarDecoder,
        "yes_no": YesNoDecoder,
        "pitch": PitchDecoder,
        "text": TextDecoder,
        "text_boxes": TextBoxDecoder,
        "ctc": CtcDecoder,
        "tensors": PlainTensors,
    }
)

TAKES: Mapping[type[Any], MediaKind] = MappingProxyType(
    {
        PictureRecipe: MediaKind.IMAGE,
        EncodedPicture: MediaKind.IMAGE,
        SoundRecipe: MediaKind.AUDIO,
        MfccRecipe: MediaKind.AUDIO,
        Elements: MediaKind.BYTES,
        NoInput: MediaKind.BYTES,
    }
)
"""What a model takes that is fed by a recipe; the one of our own models takes either."""


def kind_word(value: object, kinds: Mapping[str, type[Any]]) -> str:
    """The word for a recipe or decoder; raises KeyError for one that is not listed."""
    for word, kind in kinds.items():
        if type(value) is kind:
            return word
    raise KeyError(type(value).__name__)


def explanation(kind: type[Any]) -> str:
    """The first sentence of what a recipe or decoder says about itself."""
    text = " ".join((kind.__doc__ or "").split())
    return text.partition(". ")[0].rstrip(".") + "."
