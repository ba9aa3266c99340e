"""A user's .proto files, compiled by grpcio-tools' protoc in a child process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from backend.core.errors import InvalidInput, UsageError
from backend.inspector.methods.schema import Origin, Schema, schema_from_files, schema_from_protoset

TIME_LIMIT_S = 20.0
MAX_BYTES = 64 * 1024 * 1024
_LONGEST_TEXT = 4000


def read_schema_file(path: Path, import_paths: Sequence[Path] = ()) -> Schema:
    """The services of a .proto file, or of a protoset if it is called anything else.

    Imports are looked for beside the file and in `import_paths`. Raises UsageError if it cannot
    be opened, InvalidInput with protoc's own words if it is wrong.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(f"{path} has {size:,} bytes; at most {MAX_BYTES:,} are read.")
        if path.suffix != ".proto":
            return schema_from_protoset(path.read_bytes(), path.name)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    return _compiled(path.resolve(), [folder.resolve() for folder in import_paths])


def _compiled(path: Path, import_paths: Sequence[Path]) -> Schema:
    # The folder of an import path that holds the file gives it the name its importers know it by.
    folders = [folder for folder in import_paths if folder != path.parent]
    within = next((folder for folder in folders if path.is_relative_to(folder)), path.parent)
    includes = list(dict.fromkeys([within, *folders, path.parent, _google()]))
    with tempfile.TemporaryDirectory(prefix="inferdeck-") as made:
        out = Path(made) / "schema.protoset"
        _run_protoc(
            [
                *(f"-I{folder}" for folder in includes),
                "--include_imports",
                f"--descriptor_set_out={out}",
                str(path),
            ],
            path,
        )
        described = FileDescriptorSet.FromString(out.read_bytes())
    own = described.file[-1] if described.file else None
    schema = schema_from_files(described.file, Origin.PROTO, name=path.name)
    if own is None or not schema.services:
        raise InvalidInput(f"{path.name} describes no service.")
    return schema


def _run_protoc(arguments: Sequence[str], path: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "grpc_tools.protoc", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InvalidInput(
            f"protoc did not finish with {path.name} in {TIME_LIMIT_S:g} s.",
            hint="Compile it yourself and give the protoset.",
        ) from None
    if done.returncode:
        output = done.stderr.decode("utf-8", "replace").strip()[:_LONGEST_TEXT]
        raise InvalidInput(
            f"{path.name} does not compile:\n{output or 'protoc gave no reason'}",
            hint="" if "not found" not in output else "Give the folder of its imports as well.",
        )


def _google() -> Path:
    """Where protoc's own copies of google's files are."""
    return Path(str(files("grpc_tools").joinpath("_proto")))
