"""Files that others trained give through a model folder what the bare interpreter gives."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from backend.core.tensors import Array, Datatype, Tensor
from backend.wire.media.opencv import cv2
from tests.models.onnx_folders import ask, fp32, outputs_of, request
from tests.models.tflite_folders import answer, load

_FILES = {
    "blazeface_short/mp_face_detection_short_range": (("FP32",), ("FP32", "FP32")),
    "deeplabv3_pascal/deeplabv3_mnv2_dm05_pascal_quant": (("UINT8",), ("INT64",)),
    "face_landmark/mp_face_landmark": (("FP32",), ("FP32", "FP32")),
    "kws_ds_cnn/kws_f32": (("FP32",), ("FP32",)),
    "kws_ds_cnn/kws_i8": (("FP32",), ("FP32",)),
    "mobilenet_v2_imagenet/mobilenet_v2_1.0_224_quant": (("UINT8",), ("FP32",)),
    "movenet_lightning/movenet_single_pose_lightning_ptq": (("UINT8",), ("FP32",)),
    "palm_hand/hand_landmark_lite": (("FP32",), ("FP32",) * 4),
    "palm_hand/mp_palm_detection_lite": (("FP32",), ("FP32", "FP32")),
    "selfie_segmentation/selfie_segmentation": (("FP32",), ("FP32",)),
    "selfie_segmentation/selfie_segmentation_landscape": (("FP32",), ("FP32",)),
}


def folder_of(data_dir: Path, name: str, folder: Path) -> Path:
    (folder / "1").mkdir(parents=True)
    shutil.copyfile(data_dir / "models" / f"{name}.tflite", folder / "1" / "model.tflite")
    return folder


def bare(path: Path, stored: Array) -> list[Array]:
    """What the interpreter alone gives for its only input, as the file stores it."""
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], stored)
    interpreter.invoke()
    return [_real(interpreter, detail) for detail in interpreter.get_output_details()]


def _real(interpreter: Any, detail: Mapping[str, Any]) -> Array:
    data: Array = interpreter.get_tensor(detail["index"])
    scale, zero = detail["quantization"]
    return (data.astype(np.float64) - zero) * scale if scale else data


@pytest.mark.parametrize("name", sorted(_FILES))
def test_it_gives_what_the_bare_interpreter_gives(
    tmp_path: Path, data_dir: Path, name: str
) -> None:
    servable = load(folder_of(data_dir, name, tmp_path / "m"))
    types = tuple(tuple(str(s.datatype) for s in r) for r in (servable.inputs, servable.outputs))
    assert types == _FILES[name]
    (spec,) = servable.inputs
    shape = [abs(size) for size in spec.shape]
    chance = np.random.default_rng(5)
    if spec.datatype is Datatype.UINT8:
        given = stored = chance.integers(0, 256, shape).astype(np.uint8)
    else:
        given = stored = chance.uniform(-1, 1, shape).astype(np.float32)
    path = tmp_path / "m/1/model.tflite"
    (detail,) = Interpreter(model_path=str(path)).get_input_details()
    if detail["dtype"] is np.int8:
        scale, zero = detail["quantization"]
        stored = np.clip(np.rint(given / scale) + zero, -128, 127).astype(np.int8)
    outputs = answer(servable, Tensor(spec.name, spec.datatype, given))
    for output, expected in zip(outputs.values(), bare(path, stored), strict=True):
        assert output.shape == expected.shape
        # XNNPACK may add in another order with another number of threads.
        assert output.data == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_mobilenet_takes_a_photo_as_its_bytes(tmp_path: Path, data_dir: Path) -> None:
    name = "mobilenet_v2_imagenet/mobilenet_v2_1.0_224_quant"
    servable = load(folder_of(data_dir, name, tmp_path / "m"))
    (tensor,) = answer(servable, _photo(data_dir, servable.inputs[0].name, 224)).values()
    assert tensor.data.sum() == pytest.approx(1, abs=0.1)
    assert 0 < tensor.data.max() <= 1


def _photo(data_dir: Path, name: str, size: int) -> Tensor:
    pixels = cv2.imread(str(data_dir / "photos" / "2.jpg"))
    assert pixels is not None
    square = cv2.resize(pixels, (size, size))[..., ::-1]
    return Tensor(name, Datatype.UINT8, np.ascontiguousarray(square)[np.newaxis])


@pytest.mark.parametrize("name", ["kws_ds_cnn/kws_f32", "kws_ds_cnn/kws_i8"])
def test_a_batch_gives_what_its_rows_give(tmp_path: Path, data_dir: Path, name: str) -> None:
    servable = load(folder_of(data_dir, name, tmp_path / "m"))
    assert servable.config.max_batch_size > 1
    rows = np.random.default_rng(1).uniform(-20, 20, (3, 49, 10, 1)).astype(np.float32)
    instance = servable.make_instance(0)
    together = ask(instance, *(request(fp32("input_1", row[np.newaxis])) for row in rows))
    alone = [answer(servable, fp32("input_1", row[np.newaxis])) for row in rows]
    for one, other in zip(together, alone, strict=True):
        same = outputs_of(one)["Identity"].data
        assert same == pytest.approx(other["Identity"].data, abs=1e-4)
