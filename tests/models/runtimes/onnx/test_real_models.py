"""Models that others trained are served from a model folder, and find what is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.core.tensors import Array
from backend.models.runtimes.onnx.instance import OnnxInstance
from backend.models.servable import SequenceStep
from backend.wire.media.opencv import cv2
from tests.models.onnx_folders import answer, ask, fp32, int64, load, outputs_of, request

_CHUNK = 512
_BEFORE = 64
"""Samples of the chunk before: the model was trained to be shown them again."""
_SILERO = """
input [
  { name: "input" data_type: TYPE_FP32 dims: [ 1, -1 ] },
  { name: "sr" data_type: TYPE_INT64 dims: [ 1 ] reshape { shape: [] } }
]
output { name: "output" data_type: TYPE_FP32 dims: [ 1, 1 ] }
sequence_batching {
  max_sequence_idle_microseconds: 5000000
  oldest { max_candidate_sequences: 8 }
  state {
    input_name: "state" output_name: "stateN" data_type: TYPE_FP32 dims: [ 2, 1, 128 ]
    initial_state { data_type: TYPE_FP32 dims: [ 2, 1, 128 ] zero_data: true name: "silence" }
  }
}
"""


def folder_of(source: Path, folder: Path) -> Path:
    (folder / "1").mkdir(parents=True)
    shutil.copyfile(source, folder / "1" / "model.onnx")
    return folder


def photo(data_dir: Path, name: str, width: int, height: int) -> Array:
    pixels = cv2.imread(str(data_dir / "photos" / name))
    assert pixels is not None, name
    return np.asarray(cv2.resize(pixels, (width, height)))


def test_yunet_finds_a_face(tmp_path: Path, data_dir: Path) -> None:
    source = data_dir / "models/face_detection_yunet/face_detection_yunet_2023mar.onnx"
    servable = load(folder_of(source, tmp_path / "yunet"))
    assert [(spec.name, spec.shape) for spec in servable.inputs] == [("input", (1, 3, 640, 640))]
    assert len(servable.outputs) == 12
    pixels = photo(data_dir, "2.jpg", 640, 640)
    outputs = answer(servable, fp32("input", pixels.transpose(2, 0, 1)[np.newaxis]))
    scores = np.sqrt(outputs["cls_32"].data * outputs["obj_32"].data)
    assert outputs["kps_8"].shape == (1, 6400, 10)
    assert max(float(np.max(scores)), _best(outputs, 16), _best(outputs, 8)) > 0.7
    grey = np.full((1, 3, 640, 640), 128)
    nothing = answer(servable, fp32("input", grey))
    assert max(_best(nothing, stride) for stride in (8, 16, 32)) < 0.3


def _best(outputs: object, stride: int) -> float:
    assert isinstance(outputs, dict)
    score = np.sqrt(outputs[f"cls_{stride}"].data * outputs[f"obj_{stride}"].data)
    return float(score.max())


def test_rfb_320_finds_a_face_and_its_weights_stay_its_own(tmp_path: Path, data_dir: Path) -> None:
    source = data_dir / "models/face_rfb320/version-RFB-320.onnx"
    servable = load(folder_of(source, tmp_path / "rfb320"))
    # Its weights are declared as inputs that need not be sent.
    assert [spec.name for spec in servable.inputs] == ["input"]
    assert [spec.shape for spec in servable.outputs] == [(1, 4420, 2), (1, 4420, 4)]
    pixels = photo(data_dir, "2.jpg", 320, 240)[..., ::-1].transpose(2, 0, 1)[np.newaxis]
    outputs = answer(servable, fp32("input", (pixels.astype(np.float32) - 127) / 128))
    surest = int(outputs["scores"].data[0, :, 1].argmax())
    assert outputs["scores"].data[0, surest, 1] > 0.9
    x0, y0, x1, y1 = outputs["boxes"].data[0, surest].tolist()
    assert 0 <= x0 < x1 <= 1
    assert 0 <= y0 < y1 <= 1


@pytest.fixture
def silero(tmp_path: Path, data_dir: Path) -> OnnxInstance:
    source = data_dir / "models/silero_vad/silero_vad.onnx"
    return load(folder_of(source, tmp_path / "silero_vad"), _SILERO).make_instance(0)


def chunks(data_dir: Path, seconds: float) -> list[Array]:
    samples, rate = soundfile.read(
        data_dir / "speech/conversation_60s.wav", dtype="float32", frames=int(seconds * 16_000)
    )
    assert rate == 16_000
    sound = np.concatenate([np.zeros(_BEFORE, np.float32), samples])
    starts = range(0, len(samples) - _CHUNK + 1, _CHUNK)
    return [sound[np.newaxis, start : start + _BEFORE + _CHUNK] for start in starts]


def test_silero_hears_a_stream_as_one_who_carries_the_state_along(
    tmp_path: Path, data_dir: Path, silero: OnnxInstance
) -> None:
    """The stateless model, its state carried from call to call by the caller, is the reference."""
    plain = load(tmp_path / "silero_vad")
    assert [spec.name for spec in plain.inputs] == ["input", "state", "sr"]
    speech = chunks(data_dir, 6)
    heard, expected = [], []
    state = fp32("state", np.zeros((2, 1, 128)))
    for index, chunk in enumerate(speech):
        step = SequenceStep("voice", start=index == 0, end=index == len(speech) - 1)
        sound, rate = fp32("input", chunk), int64("sr", [16_000])
        (response,) = ask(silero, request(sound, rate, step=step))
        heard.append(float(outputs_of(response)["output"].data[0, 0]))
        outputs = answer(plain, sound, state, rate)
        expected.append(float(outputs["output"].data[0, 0]))
        state = fp32("state", outputs["stateN"].data)
    assert heard == pytest.approx(expected, abs=1e-6)
    assert max(heard) > 0.9  # somebody speaks
    assert min(heard) < 0.1  # and breathes


def test_two_voices_do_not_hear_each_other(data_dir: Path, silero: OnnxInstance) -> None:
    speech = chunks(data_dir, 2)
    rate = int64("sr", [16_000])

    def hear(sequence: int, index: int, chunk: Array) -> float:
        step = SequenceStep(sequence, start=index == 0)
        (response,) = ask(silero, request(fp32("input", chunk), rate, step=step))
        return float(outputs_of(response)["output"].data[0, 0])

    alone = [hear(1, index, chunk) for index, chunk in enumerate(speech)]
    between = []
    for index, chunk in enumerate(speech):
        between.append(hear(2, index, chunk))
        hear(3, index, np.zeros_like(chunk))
    assert between == alone
