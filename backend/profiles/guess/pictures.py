"""Inputs that likely take pictures, and how those are usually prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.geometry import Fit
from backend.profiles.guess.facts import FLOATS, ModelFacts, shown
from backend.profiles.guess.feed import InputGuess
from backend.profiles.guess.meaning import Family
from backend.profiles.guess.sounds import is_spectrogram
from backend.profiles.inputs.pictures import Colours, EncodedPicture, PictureLayout, PictureRecipe
from backend.profiles.inputs.recipe import InputRecipe

_SMALLEST_SIDE = 16
_WITH_BACKGROUND = 1001
_PICTURE_WORDS = ("image", "img", "jpeg", "jpg", "png", "picture", "photo", "frame", "encoded")

_IMAGENET: Mapping[str, Any] = {
    "scale": 1 / 255,
    "mean": (0.485, 0.456, 0.406),
    "deviation": (0.229, 0.224, 0.225),
}
_NUMBERS: Mapping[str, Mapping[str, Any]] = {
    "0 to 1": {"scale": 1 / 255},
    "-1 to 1": {"scale": 1 / 127.5, "mean": (1.0,)},
    "0 to 255": {},
    "ImageNet's mean and deviation": _IMAGENET,
    "(pixel - 127) / 128": {"mean": (127.0,), "deviation": (128.0,)},
}

_SHORT = {
    "0 to 1": "0..1",
    "-1 to 1": "-1..1",
    "0 to 255": "0..255",
    "ImageNet's mean and deviation": "by ImageNet's mean and deviation",
    "(pixel - 127) / 128": "(pixel - 127) / 128",
}

_GREY_MARGIN: Mapping[str, Any] = {"padding": (114, 114, 114)}
_USUAL: Mapping[Family, tuple[str, Mapping[str, Any]]] = {
    Family.YUNET: ("0 to 255", {"colours": Colours.BGR, "fit": Fit.LETTERBOX}),
    Family.SSD: ("0 to 1", {}),
    Family.FACES: ("(pixel - 127) / 128", {}),
    Family.YOLO: ("0 to 1", {"fit": Fit.LETTERBOX, **_GREY_MARGIN}),
    Family.YOLOX: ("0 to 255", {"colours": Colours.BGR, "fit": Fit.CORNER, **_GREY_MARGIN}),
    Family.FASTESTDET: ("0 to 1", {"colours": Colours.BGR}),
    Family.ANCHORS: ("-1 to 1", {"fit": Fit.LETTERBOX}),
    Family.PALMS: ("0 to 1", {"fit": Fit.LETTERBOX}),
    Family.CLASSES: ("ImageNet's mean and deviation", {"fit": Fit.CROP, "crop_share": 0.875}),
    Family.MASK: ("ImageNet's mean and deviation", {}),
    Family.FOREGROUND: ("0 to 1", {}),
    Family.POINTS: ("0 to 255", {"fit": Fit.LETTERBOX}),
    Family.CROP: ("0 to 1", {"fit": Fit.CROP}),
    Family.TEXT: ("-1 to 1", {"colours": Colours.BGR, "fit": Fit.LETTERBOX}),
    Family.LINE: ("-1 to 1", {"colours": Colours.BGR, "fit": Fit.CORNER, "padding": (127,) * 3}),
}
"""How numbers are made and what else is usual for each family; others get 0 to 1, stretched."""

_CERTAIN = (Family.YUNET, Family.FACES)
"""Models of these families are all fed alike."""

_SIZES = {
    Family.YOLO: (640, 640),
    Family.YOLOX: (640, 640),
    Family.CLASSES: (224, 224),
    Family.MASK: (512, 512),
    Family.TEXT: (512, 512),
    Family.LINE: (480, 48),
}
"""Width and height where the model leaves them open."""


def picture(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:
    """Pixels as numbers, prepared as is usual for the family."""
    if spec.datatype in (Datatype.BYTES, Datatype.BOOL, Datatype.INT64, Datatype.UINT64):
        return None
    layout = _picture_layout(facts, family, spec)
    if layout is None:
        return None
    numbers, usual = _USUAL.get(family, ("0 to 1", {}))
    if family is Family.CLASSES and layout is PictureLayout.NHWC and _counts_background(facts):
        numbers = "-1 to 1"
    if spec.datatype not in FLOATS:
        numbers = "0 to 255"
    grey = _is_grey(spec.shape, layout)
    if grey:
        usual = {**usual, "colours": Colours.GREY}
        numbers = "0 to 1" if numbers.startswith("ImageNet") else numbers
    width, height = _open_size(spec, layout, family)
    plain = PictureRecipe(
        input=spec.name, datatype=spec.datatype, layout=layout, width=width, height=height,
        colours=usual.get("colours", Colours.RGB),
    )  # fmt: skip
    recipe = replace(plain, **{**usual, **_NUMBERS[numbers]})
    reason = (
        f"input {shown(spec)} looks like an {layout} picture; "
        f"{'grey' if grey else recipe.colours.upper()}, {numbers}, {recipe.fit} is usual for "
        f"{'such models' if family is Family.OTHER else f'models of kind {family}'}"
    )
    return InputGuess(
        recipe,
        MediaKind.IMAGE,
        spec.name,
        reason,
        others=_other_pictures(recipe, plain, numbers),
        summary=f"picture, {layout}, {_colours_in_words(recipe)} {_SHORT[numbers]}",
        doubts=_doubts(recipe, family, numbers),
    )


def _colours_in_words(recipe: PictureRecipe) -> str:
    return "grey" if recipe.colours is Colours.GREY else recipe.colours.upper()


def _doubts(recipe: PictureRecipe, family: Family, numbers: str) -> tuple[str, ...]:
    """What a file does not show; some families are all made alike."""
    if family in _CERTAIN:
        return ()
    unseen = [] if recipe.colours is Colours.GREY else ["colour order"]
    unseen += ["range"] if recipe.datatype in FLOATS else []
    if not unseen:
        return ()
    assumed = _colours_in_words(recipe) + (f" {_SHORT[numbers]}" if "range" in unseen else "")
    what = " and ".join(unseen).capitalize()
    return (f"{what} cannot be seen in the file: {assumed} assumed.",)


def _other_pictures(
    recipe: PictureRecipe, plain: PictureRecipe, numbers: str
) -> tuple[tuple[str, InputRecipe], ...]:
    others: list[tuple[str, InputRecipe]] = []
    kept = {"fit": recipe.fit, "crop_share": recipe.crop_share, "padding": recipe.padding}
    if recipe.colours is not Colours.GREY:
        order = Colours.RGB if recipe.colours is Colours.BGR else Colours.BGR
        others.append((f"{order.upper()} instead", replace(recipe, colours=order)))
    if recipe.datatype in FLOATS:
        wanted = [word for word in _NUMBERS if word != numbers]
        if recipe.colours is Colours.GREY:
            wanted = [word for word in wanted if not word.startswith("ImageNet")]
        others += [
            (
                f"numbers {word}",
                replace(plain, **{**kept, **_NUMBERS[word]}),
            )
            for word in wanted
        ]
    return tuple(others)


def _picture_layout(facts: ModelFacts, family: Family, spec: TensorSpec) -> PictureLayout | None:
    declared = facts.picture_format(spec.name)
    if len(spec.shape) == 4 and declared in ("NCHW", "NHWC"):
        return PictureLayout(declared)
    if family is Family.SPEECH or is_spectrogram(spec):
        return None
    choices = {
        4: (PictureLayout.NCHW, PictureLayout.NHWC),
        3: (PictureLayout.CHW, PictureLayout.HWC, PictureLayout.NHW),
        2: (PictureLayout.HW,),
    }
    named = any(word in spec.name.lower() for word in _PICTURE_WORDS)
    for layout in choices.get(len(spec.shape), ()):
        # Tables of numbers look like grey pictures without a batch: those need a name for it.
        table = len(spec.shape) < 4 and _is_grey(spec.shape, layout)
        if _fits(spec.shape, layout) and (named or not table):
            return layout
    # Where everything is open, most models are NCHW.
    if len(spec.shape) == 4 and set(spec.shape) == {-1}:
        return PictureLayout.NCHW
    return PictureLayout.HWC if named and spec.shape == (-1, -1, -1) else None


def _is_grey(shape: tuple[int, ...], layout: PictureLayout) -> bool:
    return "C" not in layout or shape[layout.index("C")] == 1


def _fits(shape: tuple[int, ...], layout: PictureLayout) -> bool:
    sizes = dict(zip(layout, shape, strict=True))
    sides = (sizes["H"], sizes["W"])
    if "C" in sizes and sizes["C"] not in (1, 3):
        return False
    if layout in (PictureLayout.HW, PictureLayout.NHW) and -1 in sides:
        return False  # a table of any size is no picture
    if sizes.get("N", 1) not in (1, -1):
        return False
    return all(side == -1 or side >= _SMALLEST_SIDE for side in sides)


def _open_size(spec: TensorSpec, layout: PictureLayout, family: Family) -> tuple[int, int]:
    """Width and height where the model declares none, else 0, 0."""
    sides = [spec.shape[layout.index(letter)] for letter in "WH"]
    return _SIZES.get(family, (0, 0)) if -1 in sides else (0, 0)


def _counts_background(facts: ModelFacts) -> bool:
    """1,001 classes: TensorFlow's models of ImageNet, whose pixels are -1 to 1."""
    return bool(facts.outputs) and _WITH_BACKGROUND in facts.outputs[0].shape


def encoded(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:  # noqa: ARG001
    """A picture as a file."""
    if spec.datatype is not Datatype.BYTES or any(size not in (1, -1) for size in spec.shape):
        return None
    if not any(word in spec.name.lower() for word in _PICTURE_WORDS):
        return None
    recipe = EncodedPicture(spec.name, rank=len(spec.shape))
    reason = f"input {shown(spec)} takes a picture as a file, by its name"
    return InputGuess(recipe, MediaKind.IMAGE, spec.name, reason, summary="picture as a file")
