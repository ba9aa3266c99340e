"""What a model's inputs likely take, from their names, datatypes and shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.geometry import Fit
from backend.profiles.guess.facts import FLOATS, ModelFacts, shown
from backend.profiles.guess.outputs import Family
from backend.profiles.inputs.log_mel import LogKind, LogMel, MelScale
from backend.profiles.inputs.pictures import Colours, EncodedPicture, PictureLayout, PictureRecipe
from backend.profiles.inputs.recipe import Elements, InputRecipe, NoInput
from backend.profiles.inputs.sounds import SoundLayout, SoundRecipe
from backend.profiles.model_profile import DEFAULT_AUDIO, AudioFormat

_SMALLEST_SIDE = 16
_MEL_BANDS = (40, 64, 80, 96, 128)
_SOUND_WORDS = ("audio", "wav", "speech", "pcm", "sound", "samples", "signal", "input_values")
_MEL_WORDS = ("mel", "fbank", "spectrogram", "features", "audio_signal")
_PICTURE_WORDS = ("image", "img", "jpeg", "jpg", "png", "picture", "photo", "frame", "encoded")
_FEWEST_SAMPLES = 4000
_RATES = {"8k": 8000, "16k": 16_000, "22k": 22_050, "24k": 24_000, "44k": 44_100, "48k": 48_000}
_RATE = 16_000
_SILERO = AudioFormat(_RATE, 576 / _RATE, 512 / _RATE)
"""Its chunks of 512 samples, each with the last 64 of the one before."""

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

_USUAL: Mapping[Family, tuple[str, Mapping[str, Any]]] = {
    Family.YUNET: ("0 to 255", {"colours": Colours.BGR, "fit": Fit.LETTERBOX}),
    Family.SSD: ("0 to 1", {}),
    Family.YOLO: ("0 to 1", {"fit": Fit.LETTERBOX, "padding": (114, 114, 114)}),
    Family.CLASSES: ("ImageNet's mean and deviation", {"fit": Fit.CROP, "crop_share": 0.875}),
    Family.MASK: ("ImageNet's mean and deviation", {}),
    Family.POINTS: ("0 to 255", {"fit": Fit.LETTERBOX}),
}
"""How numbers are made and what else is usual for each family; others get 0 to 1, stretched."""

_SIZES = {Family.YOLO: (640, 640), Family.CLASSES: (224, 224), Family.MASK: (512, 512)}
"""Width and height where the model leaves them open."""


@dataclass(frozen=True, slots=True)
class InputGuess:
    """A recipe for one input with why it was chosen, and others that would fit as well."""

    recipe: InputRecipe
    kind: MediaKind
    input: str
    reason: str
    audio: AudioFormat = DEFAULT_AUDIO
    others: tuple[tuple[str, InputRecipe], ...] = ()


def feed_of(facts: ModelFacts, family: Family) -> InputGuess:
    """The input that takes the sample, and how; a recipe of nothing if none can."""
    for rule in _RULES:
        for spec in facts.inputs:
            feed = rule(facts, family, spec)
            if feed is not None:
                return feed
    reason = "no input looks like a picture, sound or bytes"
    if not facts.inputs:
        reason = "the server does not tell what the model's inputs are"
    return InputGuess(NoInput(), MediaKind.BYTES, "", reason)


def rate_of(facts: ModelFacts) -> int:
    """Samples per second by the model's name, 16,000 if it says nothing."""
    words = facts.description.name.lower().replace("-", "_").removesuffix("hz").split("_")
    return next((_RATES[word] for word in words if word in _RATES), _RATE)


def _picture(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:
    if spec.datatype in (Datatype.BYTES, Datatype.BOOL, Datatype.INT64, Datatype.UINT64):
        return None
    layout = _picture_layout(facts, family, spec)
    if layout is None:
        return None
    numbers, usual = _USUAL.get(family, ("0 to 1", {}))
    if family is Family.SSD and _counts_faces(facts):
        numbers = "(pixel - 127) / 128"
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
        recipe, MediaKind.IMAGE, spec.name, reason, others=_other_pictures(recipe, plain, numbers)
    )


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
    if family is Family.SPEECH or _is_spectrogram(spec):
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


def _counts_faces(facts: ModelFacts) -> bool:
    """The numbers of anchors of RFB-320 and RFB-640."""
    return any(spec.shape[1:2] in ((4420,), (17_640,)) for spec in facts.outputs)


def _encoded(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:  # noqa: ARG001
    if spec.datatype is not Datatype.BYTES or any(size not in (1, -1) for size in spec.shape):
        return None
    if not any(word in spec.name.lower() for word in _PICTURE_WORDS):
        return None
    recipe = EncodedPicture(spec.name, rank=len(spec.shape))
    reason = f"input {shown(spec)} takes a picture as a file, by its name"
    return InputGuess(recipe, MediaKind.IMAGE, spec.name, reason)


def _spectrogram(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:  # noqa: ARG001
    if not _is_spectrogram(spec):
        return None
    shape, rank = spec.shape, len(spec.shape)
    place = max(i for i, size in enumerate(shape) if size in _MEL_BANDS and i >= rank - 2)
    layout = SoundLayout({2: "", 3: "N", 4: "NC"}[rank] + ("TM" if place == rank - 1 else "MT"))
    mels, time = shape[place], shape[2 * rank - 3 - place]
    mel = LogMel(mels=mels)
    whisper = time == 3000
    if whisper:
        mel = replace(
            mel, mel_scale=MelScale.SLANEY, log=LogKind.LOG10, range=8.0, shift=4.0, divisor=4.0
        )
    rate = rate_of(facts)
    seconds = (time - 1) * mel.hop / rate if time > 1 else 1.0
    recipe = SoundRecipe(spec.name, spec.datatype, layout, log_mel=mel)
    like = ", prepared as for Whisper" if whisper else ""
    reason = f"input {shown(spec)} looks like {mels} mel bands of sound at {rate} Hz{like}"
    audio = AudioFormat(rate, seconds, min(seconds, max(seconds / 2, 0.1)))
    return InputGuess(recipe, MediaKind.AUDIO, spec.name, reason, audio)


def _is_spectrogram(spec: TensorSpec) -> bool:
    shape = spec.shape
    if spec.datatype not in FLOATS or not 2 <= len(shape) <= 4:
        return False
    if any(size not in (1, -1) for size in shape[:-2]):
        return False
    last = shape[-2:]
    bands = [size for size in last if size in _MEL_BANDS]
    if not bands:
        return False
    named = any(word in spec.name.lower() for word in _MEL_WORDS)
    return named or (len(shape) == 3 and max(last) >= 8 * min(last) > 0)


def _elements(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:  # noqa: ARG001
    """Bytes in, the same number of bytes out."""
    if len(facts.inputs) != 1 or spec.datatype not in (Datatype.UINT8, Datatype.FP32):
        return None
    if -1 not in spec.shape or any(size not in (1, -1) for size in spec.shape):
        return None
    same = [(o.datatype, o.shape) for o in facts.outputs] == [(spec.datatype, spec.shape)]
    if not same and spec.datatype is not Datatype.UINT8:
        return None
    reason = f"input {shown(spec)} takes any number of elements" + (
        " and gives as many back" if same else ""
    )
    return InputGuess(Elements(spec.name, spec.datatype), MediaKind.BYTES, spec.name, reason)


def _sound(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:
    if spec.datatype not in (*FLOATS, Datatype.INT16) or not 1 <= len(spec.shape) <= 3:
        return None
    if any(size not in (1, -1) for size in spec.shape[:-1]):
        return None
    samples = spec.shape[-1]
    silero = family is Family.SPEECH and spec.name == "input"
    named = any(word in spec.name.lower() for word in _SOUND_WORDS)
    if not (silero or named or samples >= _FEWEST_SAMPLES or spec.shape == (-1,)):
        return None
    layout = SoundLayout({1: "T", 2: "NT", 3: "NCT"}[len(spec.shape)])
    rate = rate_of(facts)
    seconds = samples / rate if samples > 1 else 1.0
    audio = _SILERO if silero else AudioFormat(rate, seconds, seconds / 2)
    scale = 32_767.0 if spec.datatype is Datatype.INT16 else 1.0
    recipe = SoundRecipe(spec.name, spec.datatype, layout, scale=scale)
    reason = (
        f"input {shown(spec)} looks like sound; windows of {audio.window} samples at "
        f"{audio.rate} Hz are {'what Silero wants' if silero else 'assumed'}"
    )
    return InputGuess(recipe, MediaKind.AUDIO, spec.name, reason, audio)


_RULES: tuple[Callable[[ModelFacts, Family, TensorSpec], InputGuess | None], ...] = (
    _picture, _encoded, _spectrogram, _elements, _sound,
)  # fmt: skip
