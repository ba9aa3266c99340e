from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InputData(_message.Message):
    __slots__ = ("id", "model", "image", "audio", "tensors", "value")
    ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    id: str
    model: str
    image: Image
    audio: Audio
    tensors: TensorList
    value: _struct_pb2.Value
    def __init__(self, id: _Optional[str] = ..., model: _Optional[str] = ..., image: _Optional[_Union[Image, _Mapping]] = ..., audio: _Optional[_Union[Audio, _Mapping]] = ..., tensors: _Optional[_Union[TensorList, _Mapping]] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("encoding", "format", "height", "width", "data")
    class Encoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ENCODING_RAW: _ClassVar[Image.Encoding]
        ENCODING_FILE: _ClassVar[Image.Encoding]
    ENCODING_RAW: Image.Encoding
    ENCODING_FILE: Image.Encoding
    class PixelFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PIXEL_FORMAT_RGB: _ClassVar[Image.PixelFormat]
        PIXEL_FORMAT_BGR: _ClassVar[Image.PixelFormat]
        PIXEL_FORMAT_GRAY: _ClassVar[Image.PixelFormat]
    PIXEL_FORMAT_RGB: Image.PixelFormat
    PIXEL_FORMAT_BGR: Image.PixelFormat
    PIXEL_FORMAT_GRAY: Image.PixelFormat
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    encoding: Image.Encoding
    format: Image.PixelFormat
    height: int
    width: int
    data: bytes
    def __init__(self, encoding: _Optional[_Union[Image.Encoding, str]] = ..., format: _Optional[_Union[Image.PixelFormat, str]] = ..., height: _Optional[int] = ..., width: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class Audio(_message.Message):
    __slots__ = ("rate", "format", "channels", "pcm")
    class SampleFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SAMPLE_FORMAT_FLOAT32: _ClassVar[Audio.SampleFormat]
        SAMPLE_FORMAT_INT16: _ClassVar[Audio.SampleFormat]
        SAMPLE_FORMAT_FILE: _ClassVar[Audio.SampleFormat]
    SAMPLE_FORMAT_FLOAT32: Audio.SampleFormat
    SAMPLE_FORMAT_INT16: Audio.SampleFormat
    SAMPLE_FORMAT_FILE: Audio.SampleFormat
    RATE_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    PCM_FIELD_NUMBER: _ClassVar[int]
    rate: int
    format: Audio.SampleFormat
    channels: int
    pcm: bytes
    def __init__(self, rate: _Optional[int] = ..., format: _Optional[_Union[Audio.SampleFormat, str]] = ..., channels: _Optional[int] = ..., pcm: _Optional[bytes] = ...) -> None: ...

class TensorList(_message.Message):
    __slots__ = ("tensors",)
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    tensors: _containers.RepeatedCompositeFieldContainer[TensorValue]
    def __init__(self, tensors: _Optional[_Iterable[_Union[TensorValue, _Mapping]]] = ...) -> None: ...

class TensorValue(_message.Message):
    __slots__ = ("name", "datatype", "shape", "bool_values", "int_values", "uint_values", "float_values", "double_values", "bytes_values", "raw")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATATYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUES_FIELD_NUMBER: _ClassVar[int]
    INT_VALUES_FIELD_NUMBER: _ClassVar[int]
    UINT_VALUES_FIELD_NUMBER: _ClassVar[int]
    FLOAT_VALUES_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_VALUES_FIELD_NUMBER: _ClassVar[int]
    BYTES_VALUES_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    name: str
    datatype: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    bool_values: _containers.RepeatedScalarFieldContainer[bool]
    int_values: _containers.RepeatedScalarFieldContainer[int]
    uint_values: _containers.RepeatedScalarFieldContainer[int]
    float_values: _containers.RepeatedScalarFieldContainer[float]
    double_values: _containers.RepeatedScalarFieldContainer[float]
    bytes_values: _containers.RepeatedScalarFieldContainer[bytes]
    raw: bytes
    def __init__(self, name: _Optional[str] = ..., datatype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., bool_values: _Optional[_Iterable[bool]] = ..., int_values: _Optional[_Iterable[int]] = ..., uint_values: _Optional[_Iterable[int]] = ..., float_values: _Optional[_Iterable[float]] = ..., double_values: _Optional[_Iterable[float]] = ..., bytes_values: _Optional[_Iterable[bytes]] = ..., raw: _Optional[bytes] = ...) -> None: ...

class PredictionResult(_message.Message):
    __slots__ = ("id", "model", "predictions", "timing", "error")
    ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    id: str
    model: str
    predictions: _containers.RepeatedCompositeFieldContainer[Prediction]
    timing: ServerTiming
    error: Error
    def __init__(self, id: _Optional[str] = ..., model: _Optional[str] = ..., predictions: _Optional[_Iterable[_Union[Prediction, _Mapping]]] = ..., timing: _Optional[_Union[ServerTiming, _Mapping]] = ..., error: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...

class Prediction(_message.Message):
    __slots__ = ("classification", "detections", "key_points", "mask", "scalars", "text", "tensors")
    CLASSIFICATION_FIELD_NUMBER: _ClassVar[int]
    DETECTIONS_FIELD_NUMBER: _ClassVar[int]
    KEY_POINTS_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    SCALARS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    classification: Classification
    detections: Detections
    key_points: KeyPoints
    mask: Mask
    scalars: Scalars
    text: Text
    tensors: TensorList
    def __init__(self, classification: _Optional[_Union[Classification, _Mapping]] = ..., detections: _Optional[_Union[Detections, _Mapping]] = ..., key_points: _Optional[_Union[KeyPoints, _Mapping]] = ..., mask: _Optional[_Union[Mask, _Mapping]] = ..., scalars: _Optional[_Union[Scalars, _Mapping]] = ..., text: _Optional[_Union[Text, _Mapping]] = ..., tensors: _Optional[_Union[TensorList, _Mapping]] = ...) -> None: ...

class Classification(_message.Message):
    __slots__ = ("classes",)
    class ClassScore(_message.Message):
        __slots__ = ("label", "score", "index")
        LABEL_FIELD_NUMBER: _ClassVar[int]
        SCORE_FIELD_NUMBER: _ClassVar[int]
        INDEX_FIELD_NUMBER: _ClassVar[int]
        label: str
        score: float
        index: int
        def __init__(self, label: _Optional[str] = ..., score: _Optional[float] = ..., index: _Optional[int] = ...) -> None: ...
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedCompositeFieldContainer[Classification.ClassScore]
    def __init__(self, classes: _Optional[_Iterable[_Union[Classification.ClassScore, _Mapping]]] = ...) -> None: ...

class KeyPoint(_message.Message):
    __slots__ = ("x", "y", "score", "label")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    score: float
    label: str
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., score: _Optional[float] = ..., label: _Optional[str] = ...) -> None: ...

class Detections(_message.Message):
    __slots__ = ("items",)
    class Detection(_message.Message):
        __slots__ = ("x0", "y0", "x1", "y1", "label", "score", "index", "text", "points")
        X0_FIELD_NUMBER: _ClassVar[int]
        Y0_FIELD_NUMBER: _ClassVar[int]
        X1_FIELD_NUMBER: _ClassVar[int]
        Y1_FIELD_NUMBER: _ClassVar[int]
        LABEL_FIELD_NUMBER: _ClassVar[int]
        SCORE_FIELD_NUMBER: _ClassVar[int]
        INDEX_FIELD_NUMBER: _ClassVar[int]
        TEXT_FIELD_NUMBER: _ClassVar[int]
        POINTS_FIELD_NUMBER: _ClassVar[int]
        x0: float
        y0: float
        x1: float
        y1: float
        label: str
        score: float
        index: int
        text: str
        points: _containers.RepeatedCompositeFieldContainer[KeyPoint]
        def __init__(self, x0: _Optional[float] = ..., y0: _Optional[float] = ..., x1: _Optional[float] = ..., y1: _Optional[float] = ..., label: _Optional[str] = ..., score: _Optional[float] = ..., index: _Optional[int] = ..., text: _Optional[str] = ..., points: _Optional[_Iterable[_Union[KeyPoint, _Mapping]]] = ...) -> None: ...
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Detections.Detection]
    def __init__(self, items: _Optional[_Iterable[_Union[Detections.Detection, _Mapping]]] = ...) -> None: ...

class KeyPoints(_message.Message):
    __slots__ = ("points",)
    POINTS_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[KeyPoint]
    def __init__(self, points: _Optional[_Iterable[_Union[KeyPoint, _Mapping]]] = ...) -> None: ...

class Mask(_message.Message):
    __slots__ = ("height", "width", "classes", "labels")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    height: int
    width: int
    classes: bytes
    labels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, height: _Optional[int] = ..., width: _Optional[int] = ..., classes: _Optional[bytes] = ..., labels: _Optional[_Iterable[str]] = ...) -> None: ...

class Scalars(_message.Message):
    __slots__ = ("values",)
    class Scalar(_message.Message):
        __slots__ = ("name", "value", "unit", "low", "high")
        NAME_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        UNIT_FIELD_NUMBER: _ClassVar[int]
        LOW_FIELD_NUMBER: _ClassVar[int]
        HIGH_FIELD_NUMBER: _ClassVar[int]
        name: str
        value: float
        unit: str
        low: float
        high: float
        def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ..., unit: _Optional[str] = ..., low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Scalars.Scalar]
    def __init__(self, values: _Optional[_Iterable[_Union[Scalars.Scalar, _Mapping]]] = ...) -> None: ...

class Text(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class ServerTiming(_message.Message):
    __slots__ = ("queue_us", "compute_input_us", "compute_infer_us", "compute_output_us", "decode_us", "encode_us")
    QUEUE_US_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_INPUT_US_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_INFER_US_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_OUTPUT_US_FIELD_NUMBER: _ClassVar[int]
    DECODE_US_FIELD_NUMBER: _ClassVar[int]
    ENCODE_US_FIELD_NUMBER: _ClassVar[int]
    queue_us: float
    compute_input_us: float
    compute_infer_us: float
    compute_output_us: float
    decode_us: float
    encode_us: float
    def __init__(self, queue_us: _Optional[float] = ..., compute_input_us: _Optional[float] = ..., compute_infer_us: _Optional[float] = ..., compute_output_us: _Optional[float] = ..., decode_us: _Optional[float] = ..., encode_us: _Optional[float] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    class Model(_message.Message):
        __slots__ = ("name", "kind", "description", "labels")
        NAME_FIELD_NUMBER: _ClassVar[int]
        KIND_FIELD_NUMBER: _ClassVar[int]
        DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
        LABELS_FIELD_NUMBER: _ClassVar[int]
        name: str
        kind: str
        description: str
        labels: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, name: _Optional[str] = ..., kind: _Optional[str] = ..., description: _Optional[str] = ..., labels: _Optional[_Iterable[str]] = ...) -> None: ...
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[ListModelsResponse.Model]
    def __init__(self, models: _Optional[_Iterable[_Union[ListModelsResponse.Model, _Mapping]]] = ...) -> None: ...
