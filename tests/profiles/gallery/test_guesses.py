"""Whoever has only the file gets a guess that sees the same as the gallery's profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.core.description import ModelDescription
from backend.core.predictions import Classification, Detections, KeyPoints, Mask, Prediction
from backend.core.samples import Sample
from backend.profiles.guess import guess
from backend.profiles.label_file import read_label_file
from tests.profiles.gallery.running import (
    FILES,
    LABELS,
    load,
    picture,
    predict,
    profile_of,
)

PICTURES = {
    "fastestdet": "things/cat_720p.jpg", "yolox_nano": "things/kite_and_cold.jpg",
    "mobilenet_v2": "things/cat_720p.jpg", "movenet": "things/squat.bmp",
    "selfie_segmentation": "photos/2.jpg", "selfie_segmentation_landscape": "photos/2.jpg",
    "deeplab_v3": "things/parrot.jpg", "blazeface": "photos/2.jpg",
    "face_mesh": "things/grace_hopper.bmp", "palm": "things/squat.bmp",
    "hand_landmarks": "things/squat.bmp", "yunet": "photos/9.jpg", "rfb_320": "photos/5.jpg",
}  # fmt: skip


def gist(prediction: Prediction) -> Any:
    """What a person would see."""
    match prediction:
        case Classification(classes):
            return classes[0].label
        case Detections(items):
            return sorted((item.label, *map(round, item.box)) for item in items if item.score > 0.7)
        case KeyPoints(points):
            return [(p.label, round(p.x), round(p.y)) for p in points]
        case Mask(classes, labels):
            return labels[int(classes.max())], round(float((classes > 0).mean()), 2)
    raise AssertionError(prediction)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_guess_sees_what_the_given_profile_sees(data_dir: Path, name: str) -> None:
    sample: Sample = picture(data_dir, PICTURES[name])
    model = load(data_dir, name)
    labels = read_label_file(data_dir / "models" / LABELS[name]) if name in LABELS else ()
    described = ModelDescription(Path(FILES[name]).stem, model.inputs, model.outputs)
    found = guess(described, labels=labels)
    given = profile_of(data_dir, name, model)
    (ours,) = predict(model, found.profile, sample)
    (theirs,) = predict(model, given, sample)
    assert gist(ours) == gist(theirs)
    assert found.summary
    assert found.profile.labels == given.labels


@pytest.mark.parametrize("name", ["keywords", "silero_vad"])
def test_a_guess_hears_what_the_given_profile_hears(data_dir: Path, name: str) -> None:
    model = load(data_dir, name)
    described = ModelDescription(name, model.inputs, model.outputs)
    given = profile_of(data_dir, name, model)
    found = guess(described, labels=given.labels)
    assert found.profile.audio.rate == given.audio.rate
    assert found.profile.audio.window == given.audio.window
    assert found.profile.labels == given.labels
    assert replace(found.profile.recipe, input="") == replace(given.recipe, input="")  # type: ignore[type-var]
    ours, theirs = found.profile.decoder, given.decoder
    assert getattr(ours, "background", "") == getattr(theirs, "background", "")
    assert found.missing == ()
