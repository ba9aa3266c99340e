"""A recurrent model that others trained hears speech over a stream, as run by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import grpc
import numpy as np
import onnxruntime
import pytest
import soundfile

from backend.core.inference import InferRequest
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.catalogue import repository_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.oip import grpc as oip_grpc
from tests.server.grpc_calls import streaming

WAIT_S = 30.0
CHUNK, BEFORE, RATE = 512, 64, 16_000
CONFIG = """
backend: "onnxruntime"
input [
  { name: "input" data_type: TYPE_FP32 dims: [ 1, -1 ] },
  { name: "sr" data_type: TYPE_INT64 dims: [ 1 ] reshape { shape: [] } }
]
output { name: "output" data_type: TYPE_FP32 dims: [ 1, 1 ] }
sequence_batching {
  oldest { max_candidate_sequences: 4 }
  state {
    input_name: "state" output_name: "stateN" data_type: TYPE_FP32 dims: [ 2, 1, 128 ]
    initial_state { data_type: TYPE_FP32 dims: [ 2, 1, 128 ] zero_data: true name: "silence" }
  }
}
"""


@pytest.fixture
def model(data_dir: Path, tmp_path: Path) -> Path:
    """The model's file, in the repository that the server serves."""
    folder = tmp_path / "repository" / "silero_vad"
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(CONFIG)
    file = folder / "1" / "model.onnx"
    shutil.copyfile(data_dir / "models/silero_vad/silero_vad.onnx", file)
    return file


@pytest.fixture
def channel(model: Path) -> Iterator[grpc.Channel]:
    registry = repository_registry([model.parents[2]], bundled=False)
    registry.load_all()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    try:
        with grpc.insecure_channel(server.grpc_address) as channel:
            yield channel
    finally:
        assert server.stop()
        registry.close()


def chunks(data_dir: Path, start_s: float, seconds: float) -> list[Array]:
    """Stretches of speech, each with the last samples of the one before it."""
    samples, rate = soundfile.read(data_dir / "speech/conversation_60s.wav", dtype="float32")
    assert rate == RATE
    first = int(start_s * RATE)
    samples = samples[first : first + int(seconds * RATE)]
    sound = np.concatenate([np.zeros(BEFORE, np.float32), samples])
    starts = range(0, len(samples) - CHUNK + 1, CHUNK)
    return [sound[np.newaxis, start : start + BEFORE + CHUNK] for start in starts]


def by_hand(file: Path, speech: list[Array]) -> list[float]:
    """The scores with the state carried from call to call."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    state = np.zeros((2, 1, 128), np.float32)
    scores = []
    for chunk in speech:
        feeds = {"input": chunk, "state": state, "sr": np.array(RATE, np.int64)}
        output, state = session.run(["output", "stateN"], feeds)
        scores.append(float(output[0, 0]))
    return scores


def request(sequence: int | str, index: int, chunk: Array, *, last: bool) -> bytes:
    sound = Tensor("input", Datatype.FP32, chunk)
    rate = Tensor("sr", Datatype.INT64, np.array([RATE], np.int64))
    parameters = {"sequence_id": sequence, "sequence_start": index == 0, "sequence_end": last}
    name = f"{sequence} {index}"
    return oip_grpc.encode_request(
        InferRequest("silero_vad", (sound, rate), id=name, parameters=parameters), raw=True
    )


def requests(sequence: int | str, speech: list[Array]) -> list[bytes]:
    last = len(speech) - 1
    return [request(sequence, i, chunk, last=i == last) for i, chunk in enumerate(speech)]


def test_two_voices_in_one_stream_are_heard_as_each_alone(
    channel: grpc.Channel, model: Path, data_dir: Path
) -> None:
    voices: dict[int | str, list[Array]] = {
        7: chunks(data_dir, 0, 5),
        "second": chunks(data_dir, 20, 5),
    }
    asked = [requests(sequence, speech) for sequence, speech in voices.items()]
    mixed = iter(list(chain.from_iterable(zip(*asked, strict=True))))
    heard: dict[str, list[float]] = {str(sequence): [] for sequence in voices}
    for data in streaming(channel, oip_grpc.MODEL_STREAM_INFER)(mixed, timeout=WAIT_S):
        error, answer = oip_grpc.decode_stream_response(data)
        assert not error
        assert answer is not None
        name, index = answer.id.split()
        assert int(index) == len(heard[name])
        heard[name].append(float(answer.outputs[0].data[0, 0]))
    for sequence, speech in voices.items():
        assert heard[str(sequence)] == pytest.approx(by_hand(model, speech), abs=1e-6)
    assert max(heard["7"]) > 0.9  # somebody speaks
    assert min(heard["7"]) < 0.1  # and breathes


def test_a_voice_that_never_began_is_refused_and_the_stream_goes_on(
    channel: grpc.Channel, data_dir: Path
) -> None:
    speech = chunks(data_dir, 0, 0.1)
    asked = [request(9, 1, speech[0], last=False), *requests(9, speech)]
    found = [
        oip_grpc.decode_stream_response(data)
        for data in streaming(channel, oip_grpc.MODEL_STREAM_INFER)(iter(asked), timeout=WAIT_S)
    ]
    assert "must specify the START flag" in found[0][0]
    assert [error for error, _ in found[1:]] == [""] * len(speech)
