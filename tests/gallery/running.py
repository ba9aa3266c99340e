"""Entries of the gallery, installed from the test data and served as a user serves them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from backend.clients.control.client import ServerControlClient
from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.predictions import (
    Classification,
    Detections,
    KeyPoint,
    KeyPoints,
    Mask,
    Prediction,
    Predictions,
    Text,
)
from backend.core.samples import Frame, Sample
from backend.core.status import Result
from backend.core.target import Target
from backend.gallery import Gallery, read_catalogue
from backend.models.catalogue import repository_registry
from backend.models.config.text import parse_config
from backend.models.repository import ModelRegistry
from backend.models.runtimes.chain.cutting import Square
from backend.models.runtimes.chain.settings import settings_of
from backend.profiles.file import read_profile
from backend.profiles.guess import guess
from backend.profiles.model_profile import ModelProfile
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.session.run.live import Session
from backend.sources.registry import KINDS, Pace, SourceRegistry
from tests.profiles.gallery.reference import overlap
from tests.profiles.gallery.running import GALLERY, RealModel, items_of, load, predict, profile_of
from tests.session.running import on_result

CATALOGUE = read_catalogue()
PAYLOADS = {
    Transport.REST: Payload(Serialization.BINARY),
    Transport.GRPC: Payload(Serialization.RAW),
    Transport.GRPC_STREAM: Payload(Serialization.RAW),
}
_RUN_S = 300


@contextmanager
def served(root: Path, *names: str) -> Iterator[tuple[ModelRegistry, Target]]:
    """A server of a repository that has loaded models of these names."""
    registry = repository_registry((root,), bundled=False)
    for name in names:
        registry.load(name)
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    try:
        yield registry, Target("embedded", server.rest_url, server.grpc_address)
    finally:
        assert server.stop()
        registry.close()


def served_profile(target: Target, name: str) -> ModelProfile:
    """The profile that a client finds without any file: what the server says of the model."""
    client = ServerControlClient(target)
    try:
        return guess(client.model_metadata(name), client.model_config(name)).profile
    finally:
        client.close()


def streamed(target: Target, name: str, transport: Transport, source: Path) -> list[Result]:
    """Every answer of a run over a file or a folder, which must end without an error."""
    profile = served_profile(target, name)
    in_flight = 1 if profile.sequence else 2
    settings = RunSettings(
        target, name, Api.OIP, transport, PAYLOADS[transport], in_flight=in_flight
    )
    reader = SourceRegistry(KINDS).make(str(source), loop=False, pace=Pace.FREE)
    results: list[Result] = []
    session = Session(settings, reader, profiles=lambda _: profile, retry=False)
    on_result(session, results.append)
    session.start()
    assert session.join(_RUN_S)
    assert session.error is None
    counts = session.status().counts
    assert counts.failed == 0
    assert counts.answered == counts.captured == len(results)
    return results


class Direct:
    """A model of an installed gallery run by its own library, and a chain of them by hand."""

    def __init__(self, gallery: Gallery, data_dir: Path, name: str) -> None:
        self._needs = CATALOGUE[name].needs
        self._labels = read_profile(GALLERY / name / "profile.toml").labels
        self._config = parse_config(dict(CATALOGUE[name].beside).get("config.pbtxt", b""))
        self._models = {part: _model(gallery, data_dir, part) for part in self._needs or (name,)}

    def predict(self, result: Result) -> Predictions:
        """What it makes of the sample of an answer."""
        return self.of(result.sample)

    def of(self, sample: Sample) -> Predictions:
        """What it makes of a sample."""
        first, *second = self._models.values()
        if not second:
            return predict(*first, sample)
        assert isinstance(sample, Frame)
        return (self._chained(sample),)

    def _chained(self, frame: Frame) -> Detections:
        settings = settings_of(self._config)
        detector, (model, profile) = self._models.values()
        size = profile.inputs[0].shape[1]
        found = []
        for item in items_of(predict(*detector, frame)):
            square = Square.around(item, settings.cut)
            part = Frame(0, 0, square.cut_out(frame.pixels, size))
            (seen,) = predict(model, profile, part)
            assert isinstance(seen, KeyPoints)
            if seen.points:
                way = square.to_picture(size)
                places = [way @ (point.x, point.y, 1) for point in seen.points]
                label = self._labels[item.index]
                found.append(
                    replace(item, label=label, points=tuple(KeyPoint(x, y) for x, y in places))
                )
        return Detections(tuple(sorted(found, key=lambda item: -item.score)))


def assert_same(ours: Predictions, theirs: Predictions) -> None:
    """Equal classes, boxes that overlap by 0.99 and more, scores within 0.01, points and masks."""
    assert [type(one) for one in ours] == [type(one) for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        _assert_same(one, other)


def _assert_same(one: Prediction, other: Prediction) -> None:
    if isinstance(one, Detections) and isinstance(other, Detections):
        assert len(one.items) == len(other.items)
        for mine, yours in zip(one.items, other.items, strict=True):
            assert (mine.label, mine.index) == (yours.label, yours.index)
            assert abs(mine.score - yours.score) < 0.01
            assert overlap(np.array(mine.box), np.array(yours.box)) >= 0.99
            _assert_near(mine.points, yours.points, max(np.subtract(mine.box[2:], mine.box[:2])))
    elif isinstance(one, Classification) and isinstance(other, Classification):
        assert [item.label for item in one.classes] == [item.label for item in other.classes]
        for score, expected in zip(one.classes, other.classes, strict=True):
            assert abs(score.score - expected.score) < 0.01
    elif isinstance(one, KeyPoints) and isinstance(other, KeyPoints):
        _assert_near(one.points, other.points, 100)
    elif isinstance(one, Mask) and isinstance(other, Mask):
        assert one.labels == other.labels
        assert (one.classes == other.classes).mean() > 0.995
    else:
        assert isinstance(one, Text)
        assert one == other


def _assert_near(ours: tuple[KeyPoint, ...], theirs: tuple[KeyPoint, ...], reach: float) -> None:
    """Points within a hundredth of `reach` pixels, their scores within 0.01."""
    assert len(ours) == len(theirs)
    for mine, yours in zip(ours, theirs, strict=True):
        assert np.hypot(mine.x - yours.x, mine.y - yours.y) < 0.01 * reach
        assert abs(mine.score - yours.score) < 0.01


def _model(gallery: Gallery, data_dir: Path, name: str) -> tuple[RealModel, ModelProfile]:
    path = next(file.path for file in CATALOGUE[name].files if "/" in file.path)
    model = load(data_dir, name, str(gallery.row(name).folder / path))
    return model, profile_of(data_dir, name, model)
