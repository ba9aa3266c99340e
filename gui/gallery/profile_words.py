"""The profile that comes with a model, in sentences."""

from __future__ import annotations

from backend.core.errors import UsageError
from backend.core.samples import MediaKind
from backend.gallery import GalleryEntry
from backend.profiles.file import PROFILE_FILE, profile_from_toml
from backend.profiles.geometry import Fit
from backend.profiles.inputs.pictures import PictureRecipe
from backend.profiles.kinds import DECODERS, kind_word
from backend.profiles.model_profile import ModelProfile
from gui.widgets.language import count, marked, number, significant, tr

_FITS = {
    Fit.STRETCH: marked("stretched to that size"),
    Fit.LETTERBOX: marked("with margins on two sides"),
    Fit.CORNER: marked("with a margin right or below"),
    Fit.CROP: marked("cut to that shape"),
}
_GIVES = {
    "classes": marked("Gives the most likely classes."),
    "boxes": marked("Gives boxes with a class and a score each."),
    "ssd": marked("Gives boxes with a class and a score each."),
    "yolo_v5": marked("Gives boxes with a class and a score each."),
    "yolo_v8": marked("Gives boxes with a class and a score each."),
    "yolo_v10": marked("Gives boxes with a class and a score each."),
    "yolox": marked("Gives boxes with a class and a score each."),
    "fastestdet": marked("Gives boxes with a class and a score each."),
    "yunet": marked("Gives faces with five points each."),
    "anchors": marked("Gives boxes with points and a score each."),
    "mask": marked("Gives a class for every pixel."),
    "points": marked("Gives points."),
    "scalars": marked("Gives numbers."),
    "yes_no": marked("Says yes or no."),
    "pitch": marked("Gives numbers."),
    "text": marked("Gives text."),
    "text_boxes": marked("Gives boxes around lines of text."),
    "ctc": marked("Gives text."),
    "tensors": marked("Gives tensors."),
}


def profile_sentences(entry: GalleryEntry) -> tuple[str, ...]:
    """What the model takes and gives; without a profile, what happens instead."""
    text = dict(entry.beside).get(PROFILE_FILE)
    if text is None:
        return (tr("No profile comes with it: Inferdeck guesses one, which can be edited."),)
    try:
        profile = profile_from_toml(text.decode("utf-8", "replace"))
    except UsageError as error:
        return (str(error),)
    return tuple(part for part in (_takes(profile), _gives(profile), _labels(profile)) if part)


def _takes(profile: ModelProfile) -> str:
    recipe = profile.recipe
    if isinstance(recipe, PictureRecipe):
        if not (recipe.width and recipe.height):
            return tr("Takes pictures, {fit}.", fit=tr(_FITS[recipe.fit]))
        return tr(
            "Takes pictures of {width} x {height} pixels, {fit}.",
            width=number(recipe.width),
            height=number(recipe.height),
            fit=tr(_FITS[recipe.fit]),
        )
    if profile.kind is MediaKind.AUDIO:
        return tr(
            "Takes sound, {seconds} s at {rate} Hz at a time.",
            seconds=significant(profile.audio.window_s, 3),
            rate=number(profile.audio.rate),
        )
    return ""


def _gives(profile: ModelProfile) -> str:
    return tr(_GIVES[kind_word(profile.decoder, DECODERS)])


def _labels(profile: ModelProfile) -> str:
    many = len(profile.labels)
    return count(many, "It knows {n} class.", "It knows {n} classes.") if many else ""
