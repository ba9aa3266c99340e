"""JSON schemas of the bodies that the REST side takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from backend.core.tensors import Datatype
from backend.wire.oip.cluster import ClusterStatus

Schema = Mapping[str, Any]

JSON = "application/json"
BYTES = "application/octet-stream"
TEXT = "text/plain"


def ref(name: str) -> Schema:
    """A schema by its name; '' is any bytes."""
    return {"$ref": f"#/components/schemas/{name}"} if name else {}


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    made: dict[str, Any] = {"type": "object", "properties": properties}
    return made | ({"required": list(required)} if required else {})


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_SHAPE: Schema = _list({"type": "integer"})
_DATATYPE: Schema = {"type": "string", "enum": list(Datatype)}
_DURATION: Schema = ref("Duration")
_MICROSECONDS: Schema = {"type": "number", "minimum": 0}

_TENSOR: Mapping[str, Schema] = {
    "name": _TEXT,
    "shape": _SHAPE,
    "datatype": _DATATYPE,
    "parameters": ref("Parameters"),
    "data": {"type": "array", "description": "Elements, flat or nested.", "items": {}},
}

_CLUSTER = msgspec.json.schema_components(
    [ClusterStatus], ref_template="#/components/schemas/{name}"
)[1]

SCHEMAS: Mapping[str, Schema] = {
    **_CLUSTER,
    "Error": _object(("error",), error=_TEXT),
    "Parameters": {
        "type": "object",
        "additionalProperties": {
            "oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]
        },
    },
    "Live": _object(("live",), live=_FLAG),
    "Ready": _object(("ready",), ready=_FLAG),
    "ModelReady": _object(("name", "ready"), name=_TEXT, ready=_FLAG),
    "ServerMetadata": _object(
        ("name", "version", "extensions"), name=_TEXT, version=_TEXT, extensions=_list(_TEXT)
    ),
    "TensorMetadata": _object(
        ("name", "datatype", "shape"), name=_TEXT, datatype=_DATATYPE, shape=_SHAPE
    ),
    "ModelMetadata": _object(
        ("name", "versions", "platform", "inputs", "outputs"),
        name=_TEXT,
        versions=_list(_TEXT),
        platform=_TEXT,
        inputs=_list(ref("TensorMetadata")),
        outputs=_list(ref("TensorMetadata")),
    ),
    "ModelConfig": {
        "type": "object",
        "description": "inference.ModelConfig of protos/open_inference.proto, names as there.",
        "required": ["name", "max_batch_size", "input", "output"],
    },
    "InputTensor": _object(("name", "shape", "datatype"), **_TENSOR),
    "RequestedOutput": _object(("name",), name=_TEXT, parameters=ref("Parameters")),
    "InferRequest": _object(
        ("inputs",),
        id=_TEXT,
        parameters=ref("Parameters"),
        inputs=_list(ref("InputTensor")),
        outputs=_list(ref("RequestedOutput")),
    ),
    "OutputTensor": _object(("name", "shape", "datatype"), **_TENSOR),
    "InferResponse": _object(
        ("model_name", "outputs"),
        model_name=_TEXT,
        model_version=_TEXT,
        id=_TEXT,
        parameters=ref("Parameters"),
        outputs=_list(ref("OutputTensor")),
    ),
    "Duration": _object(("count", "ns"), count=_COUNT, ns=_COUNT),
    "InferStatistics": _object(
        success=_DURATION,
        fail=_DURATION,
        queue=_DURATION,
        compute_input=_DURATION,
        compute_infer=_DURATION,
        compute_output=_DURATION,
        cache_hit=_DURATION,
        cache_miss=_DURATION,
    ),
    "ModelStatistics": _object(
        ("name", "version", "inference_stats"),
        name=_TEXT,
        version=_TEXT,
        last_inference=_COUNT,
        inference_count=_COUNT,
        execution_count=_COUNT,
        inference_stats=ref("InferStatistics"),
        batch_stats=_list({"type": "object"}),
        response_stats={"type": "object"},
        memory_usage=_list({"type": "object"}),
    ),
    "Statistics": _object(("model_stats",), model_stats=_list(ref("ModelStatistics"))),
    "IndexRequest": _object(ready=_FLAG),
    "Index": _list(
        _object(
            ("name",),
            name=_TEXT,
            version=_TEXT,
            state={"type": "string", "enum": ["READY", "LOADING", "UNLOADING", "UNAVAILABLE"]},
            reason=_TEXT,
        )
    ),
    "LoadRequest": _object(
        parameters={
            "type": "object",
            "properties": {
                "config": {
                    "type": "string",
                    "description": "A ModelConfig as JSON, instead of the file.",
                }
            },
            "additionalProperties": {
                "type": "string",
                "description": "file:VERSION/NAME or file:NAME, in base64: the model's files.",
            },
        }
    ),
    "UnloadRequest": _object(parameters=_object(unload_dependents=_FLAG)),
    "RegisterRegion": _object(("key", "byte_size"), key=_TEXT, offset=_COUNT, byte_size=_COUNT),
    "Regions": _list(
        _object(
            ("name", "key", "offset", "byte_size"),
            name=_TEXT,
            key=_TEXT,
            offset=_COUNT,
            byte_size=_COUNT,
        )
    ),
    "LogSettings": _object(
        log_file=_TEXT,
        log_info=_FLAG,
        log_warning=_FLAG,
        log_error=_FLAG,
        log_verbose_level=_COUNT,
        log_format=_TEXT,
    ),
    "TraceSettings": _object(
        trace_level=_list(_TEXT),
        trace_rate=_TEXT,
        trace_count=_TEXT,
        log_frequency=_TEXT,
        trace_file=_TEXT,
        trace_mode=_TEXT,
    ),
    "PredictRequest": _object(
        ("input",),
        input={
            "description": "A number or nested lists of numbers; for a model without a profile "
            "an object of such by input's name as well, and texts where it takes BYTES."
        },
        rate={"type": "integer", "minimum": 1, "description": "Samples per second of sound."},
    ),
    "Prediction": _object(
        ("prediction", "model"),
        prediction={"description": "An object keyed by kind, or nested lists of numbers."},
        model=_TEXT,
        timing=_object(
            decode_us=_MICROSECONDS,
            queue_us=_MICROSECONDS,
            compute_input_us=_MICROSECONDS,
            compute_infer_us=_MICROSECONDS,
            compute_output_us=_MICROSECONDS,
            encode_us=_MICROSECONDS,
        ),
    ),
    "Models": _object(
        ("models", "default"),
        models=_list(
            _object(name=_TEXT, kind=_TEXT, description=_TEXT, labels=_list(_TEXT)),
        ),
        default=_TEXT,
    ),
    "OpenApi": {"type": "object", "description": "This document."},
}
"""Every schema by its name."""
