"""The generated modules are what .ci/protos makes of the .proto files now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.wire.generated import modelserving_pb2, open_inference_pb2

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "backend" / "wire" / "generated"


@pytest.mark.timeout(90)
def test_generated_modules_are_not_stale(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / ".ci" / "protos", tmp_path], check=True, timeout=80)

    fresh = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    stored = {
        path.name: path.read_text("utf-8")
        for path in GENERATED.glob("*_pb2.py*")
        if path.suffix in (".py", ".pyi")
    }

    assert fresh == stored, "run .ci/protos and commit backend/wire/generated"


def test_packages_and_services_have_their_public_names() -> None:
    inference = open_inference_pb2.DESCRIPTOR
    serving = modelserving_pb2.DESCRIPTOR

    assert inference.package == "inference"
    assert list(inference.services_by_name) == ["GRPCInferenceService"]
    assert serving.package == "modelserving.v1"
    assert list(serving.services_by_name) == ["ModelServing"]


def test_the_contested_field_of_model_metadata_is_skipped() -> None:
    described = open_inference_pb2.ModelMetadataResponse(name="m")
    as_string_map = bytes.fromhex("3206 0a016b 120176".replace(" ", ""))
    as_parameter_map = bytes.fromhex("3209 0a016b 12041a0276 76".replace(" ", ""))

    for field_6 in (as_string_map, as_parameter_map):
        parsed = open_inference_pb2.ModelMetadataResponse.FromString(
            described.SerializeToString() + field_6
        )
        assert parsed.name == "m"
