"""Real models run by their own libraries on what the gallery's profiles make of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from backend.core.choices import Payload
from backend.core.predictions import Detection, Detections, Predictions
from backend.core.samples import Frame, Sample
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.profiles.file import read_profile
from backend.profiles.label_file import read_label_file
from backend.profiles.model_profile import ModelProfile
from backend.wire.media.opencv import cv2

GALLERY = Path(__file__).resolve().parents[3] / "assets" / "gallery"

FILES = {
    "fastestdet": "fastestdet/FastestDet.onnx",
    "yolox_nano": "yolox_nano/yolox_nano.onnx",
    "mobilenet_v2": "mobilenet_v2_imagenet/mobilenet_v2_1.0_224_quant.tflite",
    "movenet": "movenet_lightning/movenet_single_pose_lightning_ptq.tflite",
    "selfie_segmentation": "selfie_segmentation/selfie_segmentation.tflite",
    "selfie_segmentation_landscape": "selfie_segmentation/selfie_segmentation_landscape.tflite",
    "deeplab_v3": "deeplabv3_pascal/deeplabv3_mnv2_dm05_pascal_quant.tflite",
    "blazeface": "blazeface_short/mp_face_detection_short_range.tflite",
    "face_mesh": "face_landmark/mp_face_landmark.tflite",
    "palm": "palm_hand/mp_palm_detection_lite.tflite",
    "hand_landmarks": "palm_hand/hand_landmark_lite.tflite",
    "yunet": "face_detection_yunet/face_detection_yunet_2023mar.onnx",
    "rfb_320": "face_rfb320/version-RFB-320.onnx",
    "silero_vad": "silero_vad/silero_vad.onnx",
    "keywords": "kws_ds_cnn/kws_f32.tflite",
}
LABELS = {"mobilenet_v2": "mobilenet_v2_imagenet/imagenet_labels.txt"}
_ONNX_TYPES = {"tensor(float)": Datatype.FP32, "tensor(int64)": Datatype.INT64}


@dataclass(frozen=True, slots=True)
class RealModel:
    """A model's file with its tensors as a server would declare them."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    run_with: Any

    def run(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The outputs, in the model's order."""
        answer: list[Tensor] = self.run_with({tensor.name: tensor.data for tensor in tensors})
        return answer


def load(data_dir: Path, name: str, file: str = "") -> RealModel:
    """The model of a name of the gallery, or one in another file."""
    path = data_dir / "models" / (file or FILES[name])
    return _onnx(path) if path.suffix == ".onnx" else _litert(path)


def profile_of(data_dir: Path, name: str, model: RealModel) -> ModelProfile:
    """The gallery's profile for a model as it is, with the labels that are downloaded with it."""
    profile = read_profile(GALLERY / name / "profile.toml")
    if name in LABELS:
        profile = replace(profile, labels=read_label_file(data_dir / "models" / LABELS[name]))
    return replace(profile, inputs=model.inputs, outputs=model.outputs)


def predict(model: RealModel, profile: ModelProfile, sample: Sample) -> Predictions:
    """What the model makes of a sample."""
    tensors = profile.encode(sample, Payload())
    declared = {spec.name: spec for spec in model.inputs}
    assert len(tensors) == len(declared)
    for tensor in tensors:
        assert tensor.datatype is declared[tensor.name].datatype
        assert declared[tensor.name].accepts(tensor.shape), (tensor.name, tensor.shape)
    return profile.decode(model.run(tensors), sample)


def picture(data_dir: Path, name: str) -> Frame:
    """A photo or another picture of the data."""
    pixels = cv2.imread(str(data_dir / name))
    assert pixels is not None, name
    return Frame(0, 0, np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)))


def items_of(predictions: Predictions) -> tuple[Detection, ...]:
    (found,) = predictions
    assert isinstance(found, Detections)
    return found.items


def _onnx(path: Path) -> RealModel:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = tuple(_onnx_spec(item) for item in session.get_inputs())
    outputs = tuple(_onnx_spec(item) for item in session.get_outputs())

    def run(feeds: Mapping[str, Array]) -> list[Tensor]:
        answers = session.run(None, dict(feeds))
        return [
            Tensor(spec.name, spec.datatype, data)
            for spec, data in zip(outputs, answers, strict=True)
        ]

    return RealModel(inputs, outputs, run)


def _onnx_spec(item: Any) -> TensorSpec:
    shape = tuple(size if isinstance(size, int) else -1 for size in item.shape)
    return TensorSpec(item.name, _ONNX_TYPES[item.type], shape)


def _litert(path: Path) -> RealModel:
    library = pytest.importorskip("ai_edge_litert.interpreter")
    interpreter = library.Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    ins, outs = interpreter.get_input_details(), interpreter.get_output_details()
    outputs = tuple(_litert_spec(detail) for detail in outs)

    def run(feeds: Mapping[str, Array]) -> list[Tensor]:
        for detail in ins:
            interpreter.set_tensor(detail["index"], _quantised(feeds[detail["name"]], detail))
        interpreter.invoke()
        answers = [_plain(interpreter.get_tensor(d["index"]).copy(), d) for d in outs]
        return [
            Tensor(spec.name, spec.datatype, data)
            for spec, data in zip(outputs, answers, strict=True)
        ]

    return RealModel(tuple(_litert_spec(d, as_is="uint8") for d in ins), outputs, run)


def _litert_spec(detail: Any, as_is: str = "") -> TensorSpec:
    """Quantised tensors are offered as FP32, but pictures of UINT8 stay what they are."""
    name = detail["dtype"].__name__
    quantised = detail["quantization"][0] and name != as_is
    kind = Datatype.FP32 if quantised or name == "float32" else Datatype(name.upper())
    return TensorSpec(detail["name"], kind, tuple(int(size) for size in detail["shape"]))


def _quantised(data: Array, detail: Any) -> Array:
    if data.dtype == detail["dtype"]:
        return data
    scale, zero = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    whole = np.clip(np.rint(data / scale + zero), limits.min, limits.max)
    return np.asarray(whole, detail["dtype"])


def _plain(data: Array, detail: Any) -> Array:
    scale, zero = detail["quantization"]
    return np.asarray((data.astype(np.float32) - zero) * np.float32(scale)) if scale else data
