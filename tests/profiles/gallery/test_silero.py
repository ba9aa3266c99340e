"""A model that remembers hears a conversation through the server as it does run by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.clients.codecs.calls import RestReply
from backend.clients.control.client import ServerControlClient
from backend.clients.inference import InferenceClient, inference_client
from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.errors import ConsoleError
from backend.core.predictions import Classification, Predictions
from backend.core.samples import AudioWindow, Sample
from backend.core.status import Result
from backend.core.target import Target
from backend.core.tensors import Array, Datatype, Tensor
from backend.core.traffic import Transfer
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.choice import standard_runtimes
from backend.profiles.file import read_profile
from backend.profiles.guess import guess
from backend.profiles.model_profile import ModelProfile
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.session.run.live import Session
from backend.sources.registry import KINDS, Pace, SourceRegistry
from tests.profiles.gallery.running import FILES, GALLERY, RealModel, load
from tests.session.running import on_result

NAME = "silero_vad"
RATE, HOP, WINDOW = 16_000, 512, 576
_SECONDS = 10
PAYLOADS = {
    Transport.REST: Payload(Serialization.BINARY),
    Transport.GRPC: Payload(Serialization.RAW),
    Transport.GRPC_STREAM: Payload(Serialization.RAW),
}


@pytest.fixture
def target(data_dir: Path, tmp_path: Path) -> Iterator[Target]:
    """A server with the gallery's folder and the downloaded file."""
    folder = tmp_path / "repository" / NAME
    shutil.copytree(GALLERY / NAME, folder)
    (folder / "1").mkdir()
    shutil.copyfile(data_dir / "models" / FILES[NAME], folder / "1" / "model.onnx")
    registry = ModelRegistry(folders=ModelFolders([folder.parent], standard_runtimes()))
    registry.load_all()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    yield Target("embedded", server.rest_url, server.grpc_address)
    assert server.stop()


@pytest.fixture
def profile(target: Target) -> ModelProfile:
    """The gallery's, for the model as the server declares it."""
    client = ServerControlClient(target)
    try:
        described = client.model_metadata(NAME)
        found = guess(described, client.model_config(NAME))
    finally:
        client.close()
    given = read_profile(GALLERY / NAME / "profile.toml")
    assert found.profile.sequence
    assert found.profile.recipe == given.recipe
    assert found.profile.constants == given.constants
    assert found.profile.audio == given.audio
    return found.profile


def conversation(data_dir: Path, seconds: int) -> list[Array]:
    path = data_dir / "speech" / "conversation_60s.wav"
    samples, rate = soundfile.read(path, dtype="float32", frames=seconds * RATE)
    assert rate == RATE
    return [samples[i : i + WINDOW] for i in range(0, len(samples) - WINDOW + 1, HOP)]


@lru_cache
def _model(data_dir: Path) -> RealModel:
    return load(data_dir, NAME)


def by_hand(data_dir: Path, windows: list[Array]) -> list[float]:
    """The scores with the state carried from window to window."""
    model = _model(data_dir)
    state, scores = np.zeros((2, 1, 128), np.float32), []
    for window in windows:
        output, last = model.run(
            [
                Tensor("input", Datatype.FP32, window[np.newaxis]),
                Tensor("state", Datatype.FP32, state),
                Tensor("sr", Datatype.INT64, np.array(RATE)),
            ]
        )
        state = last.data
        scores.append(float(output.data[0, 0]))
    return scores


def speech(predictions: Predictions) -> float:
    (classes,) = predictions
    assert isinstance(classes, Classification)
    return next(item.score for item in classes.classes if item.label == "speech")


def only(sample: Sample, seq: int | None) -> Sample:
    del seq
    return sample


def ask(link: InferenceClient, window: Array, seq: int) -> float:
    sample = AudioWindow(seq, 0, window, RATE)
    raw = link.call(link.codec.encode(sample, seq).call, Transfer())
    assert isinstance(raw, (RestReply, bytes))
    return speech(link.codec.decode(raw, partial(only, sample)).predictions)


@pytest.mark.parametrize("transport", [Transport.REST, Transport.GRPC])
def test_each_connection_is_a_sequence_and_an_error_begins_another(
    data_dir: Path, target: Target, profile: ModelProfile, transport: Transport
) -> None:
    windows = conversation(data_dir, 3)
    expected = by_hand(data_dir, windows)
    settings = RunSettings(target, NAME, Api.OIP, transport, payload=PAYLOADS[transport])
    one, other = inference_client(settings, profile), inference_client(settings, profile)
    try:
        one.connect()
        other.connect()
        for seq, window in enumerate(windows[:40]):
            assert ask(one, window, seq) == pytest.approx(expected[seq], abs=1e-4)
            assert ask(other, window, seq) == pytest.approx(expected[seq], abs=1e-4)
        with pytest.raises(ConsoleError):
            ask(one, np.zeros(7, np.float32), 99)  # too short for the model
        for seq, window in enumerate(windows[:5]):
            assert ask(one, window, seq) == pytest.approx(expected[seq], abs=1e-4)
    finally:
        one.close()
        other.close()


@pytest.mark.parametrize("transport", list(Transport))
def test_a_run_hears_what_the_model_hears_by_hand(
    data_dir: Path, tmp_path: Path, target: Target, profile: ModelProfile, transport: Transport
) -> None:
    whole = data_dir / "speech" / "conversation_60s.wav"
    samples, rate = soundfile.read(whole, dtype="int16", frames=_SECONDS * RATE)
    soundfile.write(tmp_path / "said.wav", samples, rate)
    settings = RunSettings(target, NAME, Api.OIP, transport, PAYLOADS[transport], in_flight=3)
    source = SourceRegistry(KINDS).make(str(tmp_path / "said.wav"), loop=False, pace=Pace.FREE)
    results: list[Result] = []
    session = Session(settings, source, profiles=lambda _: profile, retry=False)
    on_result(session, results.append)
    session.start()
    assert session.join(60)
    assert session.error is None
    heard = [speech(result.predictions) for result in results]
    expected = by_hand(data_dir, conversation(data_dir, _SECONDS))
    assert len(heard) >= len(expected)
    assert heard[: len(expected)] == pytest.approx(expected, abs=1e-3)
    # By itself many a window would be taken for silence.
    alone = [by_hand(data_dir, [window])[0] > 0.5 for window in conversation(data_dir, 3)]
    assert np.mean(alone) < 0.7 * np.mean(np.array(heard[: len(alone)]) > 0.5)


def test_simple_serving_looks_at_each_window_by_itself(
    data_dir: Path, target: Target, profile: ModelProfile
) -> None:
    windows = conversation(data_dir, 1)
    settings = RunSettings(
        target, NAME, Api.SERVING, Transport.GRPC, payload=Payload(Serialization.RAW)
    )
    link = inference_client(settings, profile)
    try:
        link.connect()
        for seq, window in enumerate(windows):
            (alone,) = by_hand(data_dir, [window])
            assert ask(link, window, seq) == pytest.approx(alone, abs=1e-4)
    finally:
        link.close()
