"""A repository may hold anything: what is no regular file is refused at once, and never waited for.

Each test would hang, and not only fail, if something that is no file were opened to be read.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core.errors import UsageError
from backend.core.files.regular import read_regular
from backend.core.tensors import Datatype
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import ModelState
from backend.models.runtimes.choice import standard_runtimes
from backend.profiles.file import read_profile
from backend.profiles.label_file import read_label_file
from tests.attacks.growth import assert_linear
from tests.models.onnx_folders import identity

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there are no such files"),
    pytest.mark.timeout(60),
]
Put = Callable[[Path], None]

_LABELS = """
input { name: "X" data_type: TYPE_FP32 dims: 2 }
output { name: "Y" data_type: TYPE_FP32 dims: 2 label_filename: "labels.txt" }
"""
_STATE = """
sequence_batching { state { input_name: "X" output_name: "Y" data_type: TYPE_FP32 dims: 2
  initial_state { name: "s" data_type: TYPE_FP32 dims: 2 data_file: "zeros" } } }
"""


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


KINDS: list[tuple[Put, str]] = [
    (_pipe, "a named pipe"),
    (_socket, "a socket"),
    (_endless, "a device|leads out of the model's folder"),
    (_loop, "symbolic link|Symlink loop|symlink loop|there is no file"),
    (Path.mkdir, "a folder|no file"),
]
kinds = pytest.mark.parametrize(("put", "said"), KINDS)


def refusal(root: Path, name: str = "m") -> str:
    """Why the model cannot be loaded, as the index says it; another one beside it can."""
    identity(root / "beside", Datatype.FP32, [2])
    models = ModelRegistry(folders=ModelFolders([root], standard_runtimes()))
    models.load_all()
    rows = {row.name: row for row in models.index()}
    models.close()
    assert rows["beside"].state is ModelState.READY
    assert rows[name].state is ModelState.UNAVAILABLE
    return rows[name].reason


@kinds
@pytest.mark.parametrize(
    ("file", "config"),
    [
        ("config.pbtxt", None),
        ("labels.txt", _LABELS),
        ("initial_state/zeros", _STATE),
        ("1/model.onnx", 'backend: "onnxruntime"'),
        ("1/model.py", 'backend: "python"'),
    ],
)
def test_what_is_no_file_is_the_reason_why_its_model_is_not_served(
    tmp_path: Path, put: Put, said: str, file: str, config: str | None
) -> None:
    folder = identity(tmp_path / "m", Datatype.FP32, [2])
    if config is not None:
        (folder / "config.pbtxt").write_text(config)
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    put(path)
    reason = refusal(tmp_path)
    assert any(words in reason for words in said.split("|")), reason
    assert path.name in reason or "1" in reason


@pytest.mark.parametrize("put", [_pipe, _socket, _endless, Path.mkdir])
def test_a_profile_that_is_no_file_is_an_error(tmp_path: Path, put: Put) -> None:
    folder = identity(tmp_path / "m", Datatype.FP32, [2])
    put(folder / "profile.toml")
    assert "profile.toml" in refusal(tmp_path)


@pytest.mark.parametrize("put", [_pipe, _socket, _endless, _loop])
def test_version_folders_that_are_none_are_no_versions(tmp_path: Path, put: Put) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.pbtxt").write_text('backend: "onnxruntime"')
    put(tmp_path / "m" / "1")
    assert "no version is there" in refusal(tmp_path)


@pytest.mark.parametrize("put", [_pipe, _socket, _endless, _loop])
def test_model_folders_that_are_none_are_no_models(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "m")
    assert ModelFolders([tmp_path], standard_runtimes()).names() == ()


@pytest.mark.parametrize("put", [_pipe, _endless, Path.mkdir])
def test_files_that_a_person_chooses_are_no_exception(tmp_path: Path, put: Put) -> None:
    path = tmp_path / "chosen"
    put(path)
    for read in (read_profile, read_label_file):
        with pytest.raises(UsageError, match="where a regular file is expected"):
            read(path)


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    looked_at = path.stat()
    path.unlink()
    _pipe(path)
    monkeypatch.setattr(Path, "stat", lambda *_: looked_at)
    with pytest.raises(OSError, match="a named pipe"):
        read_regular(path, 10)


def test_a_file_is_read_to_its_bound_and_no_further(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(OSError, match="over 4 bytes"):
        read_regular(path, 4)


def test_a_file_far_over_its_bound_costs_no_more_than_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 40)

    def call_with(most: int) -> Callable[[], object]:
        def call() -> None:
            with pytest.raises(OSError, match="over"):
                read_regular(path, most)

        return call

    assert_linear(call_with, 8 << 20, seconds=5, peak_bytes_per_byte=3)
