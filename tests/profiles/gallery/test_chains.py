"""The gallery's chains find landmarks of every face and hand of a photo, upright or tilted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from backend.clients.codecs.calls import RestReply
from backend.clients.inference import inference_client
from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.predictions import Detection
from backend.core.samples import Frame, Sample
from backend.core.target import Target
from backend.core.tensors import Array, Tensor
from backend.core.traffic import Transfer
from backend.models.catalogue import repository_registry
from backend.models.contract import BundledModel
from backend.profiles.file import read_profile
from backend.profiles.model_profile import ModelProfile
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.media.opencv import cv2
from tests.profiles.gallery.running import (
    GALLERY,
    RealModel,
    items_of,
    load,
    picture,
    predict,
    profile_of,
)

CHAINS = {"face_landmarks": ("blazeface", "face_mesh"), "hands": ("palm", "hand_landmarks")}


class Wrapped(BundledModel):
    """A real model run by its own library, as a model of this process."""

    def __init__(self, profile: ModelProfile, model: RealModel) -> None:
        super().__init__(profile)
        self._model = model

    def prepare(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        return list(inputs.values())

    def infer(self, prepared: list[Tensor]) -> list[Tensor]:
        return self._model.run(prepared)

    def finish(self, raw: list[Tensor]) -> tuple[Tensor, ...]:
        return tuple(raw)


@pytest.fixture
def target(data_dir: Path, tmp_path: Path) -> Iterator[Target]:
    """A server with the four models and, as they are in the gallery, both chains."""
    registry = repository_registry((), bundled=False)
    for chain, models in CHAINS.items():
        shutil.copytree(GALLERY / chain, tmp_path / chain)
        (tmp_path / chain / "1").mkdir()
        for name in models:
            model = load(data_dir, name)
            registry.add_factory(name, partial(Wrapped, profile_of(data_dir, name, model), model))
            registry.load(name)
    registry.add_repository(tmp_path)
    registry.load_all()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    yield Target("embedded", server.rest_url, server.grpc_address)
    assert server.stop()
    registry.close()


def found_in(target: Target, chain: str, frame: Frame) -> tuple[Detection, ...]:
    """What a client with the gallery's profile sees."""
    profile = read_profile(GALLERY / chain / "profile.toml")
    settings = RunSettings(
        target, chain, Api.OIP, Transport.GRPC, payload=Payload(Serialization.RAW)
    )
    link = inference_client(settings, profile)
    try:
        link.connect()
        raw = link.call(link.codec.encode(frame, 0).call, Transfer())
        assert isinstance(raw, (RestReply, bytes))
        return items_of(link.codec.decode(raw, partial(_only, frame)).predictions)
    finally:
        link.close()


def _only(sample: Sample, seq: int | None) -> Sample:
    del seq
    return sample


def places(item: Detection) -> Array:
    return np.array([(point.x, point.y) for point in item.points])


def eyes_of(mesh: Array) -> Array:
    """The middles of the right and the left eye, by their corners."""
    return np.array([mesh[[33, 133]].mean(axis=0), mesh[[362, 263]].mean(axis=0)])


@pytest.mark.parametrize(("file", "count"), [("photos/2.jpg", 4), ("things/grace_hopper.bmp", 1)])
def test_every_face_has_its_mesh(data_dir: Path, target: Target, file: str, count: int) -> None:
    """The corners of the eyes lie around the eyes that YuNet finds."""
    yunet, frame = load(data_dir, "yunet"), picture(data_dir, file)
    found = found_in(target, "face_landmarks", frame)
    others = items_of(predict(yunet, profile_of(data_dir, "yunet", yunet), frame))
    assert len(found) == count
    for item in found:
        mesh = places(item)
        assert (item.label, mesh.shape) == ("face", (468, 2))
        eyes = eyes_of(mesh)
        reach = np.linalg.norm(eyes[1] - eyes[0])
        away = [np.abs(eyes - places(other)[:2]).max() / reach for other in others]
        assert min(away) < 0.25


@pytest.mark.parametrize("degrees", [35, -35])
def test_a_tilted_face_has_the_same_mesh(data_dir: Path, target: Target, degrees: float) -> None:
    frame = picture(data_dir, "things/grace_hopper.bmp")
    height, width = frame.pixels.shape[:2]
    way = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = Frame(0, 0, np.asarray(cv2.warpAffine(frame.pixels, way, (width, height))))
    (upright,) = (places(item) for item in found_in(target, "face_landmarks", frame))
    (found,) = (places(item) for item in found_in(target, "face_landmarks", turned))
    eyes = eyes_of(found)
    away = np.linalg.norm(found - (upright @ way[:, :2].T + way[:, 2]), axis=1)
    assert away.mean() < 0.12 * np.linalg.norm(eyes[1] - eyes[0])


def test_a_hand_has_its_fingers(data_dir: Path, target: Target) -> None:
    """The fist before the squatting man's face; his other hand is around it."""
    found = found_in(target, "hands", picture(data_dir, "things/squat.bmp"))
    assert found
    assert found[0].label == "hand"
    assert len(found[0].points) == 21
    assert found[0].points[0].label == "wrist"
    middle = places(found[0]).mean(axis=0)
    assert middle == pytest.approx((330, 235), abs=30)


def test_a_bird_has_no_face(data_dir: Path, target: Target) -> None:
    assert found_in(target, "face_landmarks", picture(data_dir, "things/parrot.jpg")) == ()
