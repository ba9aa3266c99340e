"""Models that others trained, served as plain files, are fed and read from the client's side."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import soundfile

from backend.clients.codecs.calls import RestReply
from backend.clients.control.client import ServerControlClient
from backend.clients.inference.client import inference_client
from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.predictions import Classification, Detection, Detections, Predictions
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.status import Result
from backend.core.target import Target
from backend.core.tensors import Array
from backend.core.traffic import Transfer
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.choice import standard_runtimes
from backend.profiles.book import ProfileBook, ProfileOrigin
from backend.profiles.file import PROFILE_FILE, write_profile
from backend.profiles.geometry import Fit
from backend.profiles.guess.facts import ModelFacts
from backend.profiles.inputs.pictures import Colours, PictureRecipe
from backend.profiles.model_profile import ModelProfile
from backend.profiles.outputs.yunet import YunetDecoder
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.session.run.live import Session
from backend.sources.registry import KINDS, Pace, SourceRegistry
from backend.wire.media.opencv import cv2
from backend.wire.serving.rest import decode_reply
from tests.session.running import on_result

_FILES = {
    "yunet": "face_detection_yunet/face_detection_yunet_2023mar.onnx",
    "rfb": "face_rfb320/version-RFB-320.onnx",
    "silero": "silero_vad/silero_vad.onnx",
}
_PAYLOADS = {
    Transport.REST: Payload(Serialization.BINARY),
    Transport.GRPC: Payload(Serialization.RAW),
}
_YUNET = PictureRecipe(colours=Colours.BGR, width=640, height=640, fit=Fit.LETTERBOX)


@pytest.fixture
def serve(data_dir: Path, tmp_path: Path) -> Iterator[Callable[..., Target]]:
    """Start a server with one of the models as a plain file, or with a profile beside it."""
    servers: list[EmbeddedServer] = []

    def start(name: str, profile: ModelProfile | None = None) -> Target:
        folder = tmp_path / "repository" / name
        (folder / "1").mkdir(parents=True)
        shutil.copyfile(data_dir / "models" / _FILES[name], folder / "1" / "model.onnx")
        if profile is not None:
            write_profile(folder / PROFILE_FILE, profile)
        registry = ModelRegistry(
            folders=ModelFolders([tmp_path / "repository"], standard_runtimes())
        )
        registry.load_all()
        servers.append(EmbeddedServer(registry, ServerOptions()))
        servers[-1].start()
        return Target("embedded", servers[-1].rest_url, servers[-1].grpc_address)

    yield start
    for server in servers:
        assert server.stop()


def facts_of(target: Target, model: str) -> ModelFacts:
    """What the server tells."""
    client = ServerControlClient(target)
    try:
        return ModelFacts(client.model_metadata(model), client.model_config(model) or {})
    finally:
        client.close()


def guessed(target: Target, model: str, folder: Path) -> ModelProfile:
    """The profile that a newcomer gets."""
    facts = facts_of(target, model)
    choice = ProfileBook(folder).find("embedded", facts.description, facts.config)
    assert choice.origin is not ProfileOrigin.SAVED
    return choice.profile


def ask(
    target: Target,
    profile: ModelProfile,
    transport: Transport,
    *samples: Sample,
    api: Api = Api.OIP,
    payload: Payload | None = None,
) -> list[Predictions]:
    settings = RunSettings(
        target, profile.model, api, transport, payload=payload or _PAYLOADS[transport]
    )
    client = inference_client(settings, profile)
    try:
        client.connect()
        answers = []
        for seq, sample in enumerate(samples):
            raw = client.call(client.codec.encode(sample, seq).call, Transfer())
            assert isinstance(raw, (RestReply, bytes))
            answers.append(client.codec.decode(raw, partial(_only, sample)).predictions)
        return answers
    finally:
        client.close()


def _only(sample: Sample, seq: int | None) -> Sample:
    return sample


def photo(data_dir: Path, name: str) -> Frame:
    pixels = cv2.imread(str(data_dir / "photos" / name))
    assert pixels is not None
    return Frame(0, time.monotonic_ns(), np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)))


def faces(predictions: Predictions) -> tuple[Detection, ...]:
    (found,) = predictions
    assert isinstance(found, Detections)
    assert {item.label for item in found.items} <= {"face"}
    return found.items


def opencv_faces(
    data_dir: Path, frame: Frame, recipe: PictureRecipe, profile: ModelProfile
) -> Array:
    """What OpenCV's own reader of the same file finds, in source pixels: rows of 15 numbers."""
    seen = recipe.picture(frame, profile.inputs)
    place = recipe.geometry(frame.width, frame.height, profile.inputs)
    detector = cv2.FaceDetectorYN.create(
        str(data_dir / "models" / _FILES["yunet"]), "", (640, 640), 0.7, 0.3
    )
    _, rows = detector.detect(cv2.cvtColor(seen, cv2.COLOR_RGB2BGR))
    assert rows is not None
    rows = np.array(rows, np.float64)
    rows[:, 2:4] = rows[:, :2] + rows[:, 2:4]
    rows[:, :14] = place.points_to_source(rows[:, :14].reshape(-1, 7, 2)).reshape(-1, 14)
    return rows


@pytest.mark.parametrize("transport", list(_PAYLOADS))
def test_yunet_by_a_guessed_profile_finds_what_opencv_finds(
    data_dir: Path, tmp_path: Path, serve: Callable[..., Target], transport: Transport
) -> None:
    target = serve("yunet")
    profile = guessed(target, "yunet", tmp_path)
    assert isinstance(profile.recipe, PictureRecipe)
    frames = [photo(data_dir, name) for name in ("2.jpg", "9.jpg", "1.jpg")]
    for frame, answer in zip(frames, ask(target, profile, transport, *frames), strict=True):
        agree(faces(answer), opencv_faces(data_dir, frame, profile.recipe, profile))


def agree(ours: tuple[Detection, ...], theirs: Array, least: int = 3) -> None:
    """Boxes and points within 1.5 pixels, scores within 0.01."""
    assert len(ours) == len(theirs) >= least
    for row in theirs:
        item = min(ours, key=lambda item: float(np.abs(np.subtract(item.box, row[:4])).max()))
        assert item.box == pytest.approx(row[:4], abs=1.5)
        assert item.score == pytest.approx(row[14], abs=0.01)
        points = [value for point in item.points for value in (point.x, point.y)]
        assert points == pytest.approx(row[4:14], abs=1.5)


def test_yunet_by_a_given_profile_beside_it_is_served_simply(
    data_dir: Path, tmp_path: Path, serve: Callable[..., Target]
) -> None:
    """POST /predict takes the photo as it is, and answers in its pixels."""
    recipe = PictureRecipe(colours=Colours.BGR, fit=Fit.LETTERBOX)
    profile = ModelProfile("", MediaKind.IMAGE, (), (), YunetDecoder(), ("face",), recipe=recipe)
    target = serve("yunet", profile)
    frame = photo(data_dir, "9.jpg")
    own = guessed(target, "yunet", tmp_path)
    reference = opencv_faces(data_dir, frame, recipe, own)
    reply = requests.post(
        f"{target.rest}/predict", data=(data_dir / "photos" / "9.jpg").read_bytes(), timeout=30
    )
    assert reply.status_code == 200, reply.text
    predictions, _ = decode_reply(reply.content, own.outputs)
    agree(faces(predictions), reference)
    for serialization in (Serialization.TYPED, Serialization.RAW):
        (answer,) = ask(
            target, own, Transport.GRPC, frame, api=Api.SERVING, payload=Payload(serialization)
        )
        agree(faces(answer), reference)


@pytest.mark.parametrize("transport", list(_PAYLOADS))
def test_rfb_320_by_a_guessed_profile_finds_the_faces(
    data_dir: Path, tmp_path: Path, serve: Callable[..., Target], transport: Transport
) -> None:
    """YuNet's boxes are the reference: every large face of theirs is one of ours."""
    target = serve("rfb")
    profile = guessed(target, "rfb", tmp_path)
    frames = [photo(data_dir, name) for name in ("5.jpg", "13.jpg", "21.jpg")]
    yunet = ModelProfile("", MediaKind.IMAGE, (), (), YunetDecoder(), recipe=_YUNET)
    for frame, answer in zip(frames, ask(target, profile, transport, *frames), strict=True):
        ours = [item.box for item in faces(answer)]
        large = [
            row[:4]
            for row in opencv_faces(data_dir, frame, _YUNET, yunet)
            if row[2] - row[0] > frame.width / 20
        ]
        assert large
        for box in large:
            assert max(overlap(box, other) for other in ours) > 0.5


def overlap(one: Any, other: Any) -> float:
    """Intersection over union of two boxes."""
    x0, y0 = np.maximum(one[:2], other[:2])
    x1, y1 = np.minimum(one[2:], other[2:])
    both = max(0.0, x1 - x0) * max(0.0, y1 - y0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(both / (sum(areas) - both))


@pytest.mark.parametrize("transport", list(Transport))
def test_a_session_maps_each_answer_into_its_own_photo(
    data_dir: Path, tmp_path: Path, serve: Callable[..., Target], transport: Transport
) -> None:
    """Photos of different sizes, several of them under way at once."""
    target = serve("yunet")
    profile = guessed(target, "yunet", tmp_path / "book")
    payload = _PAYLOADS[Transport.GRPC if transport.is_grpc else transport]
    settings = RunSettings(target, "yunet", Api.OIP, transport, payload, in_flight=3)
    results: list[Result] = []
    source = SourceRegistry(KINDS).make(str(data_dir / "photos"), loop=False, pace=Pace.FREE)
    session = Session(settings, source, profiles=lambda _: profile, retry=False)
    on_result(session, results.append)
    session.start()
    assert session.join(60)
    assert session.error is None
    sizes = set()
    assert len(results) == len(list((data_dir / "photos").glob("*.jpg")))
    for result in results:
        assert isinstance(result.sample, Frame)
        if Path(result.sample.name).name == "1.jpg":
            continue  # a crowd, some of whom are at the limit
        agree(
            faces(result.predictions),
            opencv_faces(data_dir, result.sample, _YUNET, profile),
            least=1,
        )
        sizes.add(result.sample.pixels.shape)
    assert len(sizes) > 1


@pytest.mark.parametrize("transport", list(_PAYLOADS))
def test_silero_by_a_guessed_profile_hears_speech(
    data_dir: Path, tmp_path: Path, serve: Callable[..., Target], transport: Transport
) -> None:
    """Its state starts from zeros with each window, so it is less sure than with a memory."""
    target = serve("silero")
    profile = guessed(target, "silero", tmp_path)
    assert profile.kind is MediaKind.AUDIO
    audio = profile.audio
    samples, rate = soundfile.read(
        data_dir / "speech" / "conversation_60s.wav", dtype="float32", frames=audio.rate * 5
    )
    assert rate == audio.rate
    starts = range(0, len(samples) - audio.window, audio.hop)
    spoken = [samples[start : start + audio.window] for start in starts]
    silent = [np.zeros(audio.window, np.float32)] * 5
    windows = [AudioWindow(0, 0, data, rate) for data in (*spoken, *silent)]
    heard = [speech(answer) for answer in ask(target, profile, transport, *windows)]
    assert max(heard[: len(spoken)]) > 0.8
    assert np.mean(np.array(heard[: len(spoken)]) > 0.3) > 0.3
    assert max(heard[len(spoken) :]) < 0.2


def speech(predictions: Predictions) -> float:
    (classes,) = predictions
    assert isinstance(classes, Classification)
    return next(item.score for item in classes.classes if item.label == "speech")
