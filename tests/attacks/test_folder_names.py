"""Folders of a model repository whose names cannot be sent: the others are served all the same."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import grpc
import pytest
import requests

from backend.models.config.files import legible
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.servable import ModelLoadError
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.generated import open_inference_pb2 as pb
from gui.state.models.rows import looked_at
from tests.models.scripted_runtime import ScriptedRuntime, write_model

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="names of files are Unicode there"
)

_BYTES = (b"\xff", b"caf\xe9", b"\xed\xa0\x80")
_INDEX = "/inference.GRPCInferenceService/RepositoryIndex"
_SHOWN = [r"\xff", r"caf\xe9", r"\xed\xa0\x80"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_model(tmp_path, "good", 1)
    write_model(tmp_path, "with\nline and 'quote'", 1)
    for name in _BYTES:
        write_model(tmp_path, os.fsdecode(name), 1)
    return tmp_path


def test_the_index_over_rest_and_grpc_tells_of_all_and_serves_the_others(root: Path) -> None:
    registry = ModelRegistry(folders=ModelFolders([root], [ScriptedRuntime()]))
    registry.load_all()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    try:
        reply = requests.post(f"{server.rest_url}/v2/repository/index", json={}, timeout=30)
        rows = {row["name"]: (row["state"], row.get("reason", "")) for row in reply.json()}
        with grpc.insecure_channel(server.grpc_address) as channel:
            call = channel.unary_unary(_INDEX, None, None)
            data = call(pb.RepositoryIndexRequest().SerializeToString(), timeout=30)
        index = pb.RepositoryIndexResponse.FromString(data)
    finally:
        server.stop()
    assert {row.name: (row.state, row.reason) for row in index.models} == rows
    assert rows["good"] == ("READY", "")
    assert rows["with\nline and 'quote'"] == ("READY", "")
    for name in _SHOWN:
        assert rows[name] == ("UNAVAILABLE", "the name of its folder is not UTF-8: rename it")


def test_the_window_lists_them_with_their_reason(root: Path) -> None:
    registry = ModelRegistry(folders=ModelFolders([root], [ScriptedRuntime()]))
    registry.load_all()
    (folder, _) = looked_at(registry)
    assert folder.root == root
    reasons = {row.name: row.reason for row in folder.models}
    assert reasons["good"] == ""
    assert all("not UTF-8" in reasons[name] for name in _SHOWN)


def test_a_folder_that_is_named_like_what_stands_for_another_is_the_one_that_is_served(
    root: Path,
) -> None:
    write_model(root, r"\xff", 1)
    registry = ModelRegistry(folders=ModelFolders([root], [ScriptedRuntime()]))
    registry.load(r"\xff")
    assert registry.names() == (r"\xff",)
    with pytest.raises(ModelLoadError, match="not UTF-8"):
        registry.load(r"caf\xe9")


def test_a_repository_whose_own_name_is_not_utf_8_is_served(tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode(b"models-\xff")
    write_model(root, "good", 1)
    write_model(root, "bad", 1, script="broken")
    registry = ModelRegistry(folders=ModelFolders([root], [ScriptedRuntime()]))
    registry.load_all()
    assert registry.names() == ("good",)
    for row in registry.index():
        row.reason.encode()


def test_an_entry_that_cannot_be_looked_at_costs_no_other(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "loop").symlink_to(root / "loop")
    (root / "nowhere").symlink_to(root / "gone" / "gone")
    (root / "file").write_text("")
    folders = ModelFolders([root], [ScriptedRuntime()])
    assert set(folders.names()) == {"good", "with\nline and 'quote'", *_SHOWN}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain ü", "plain ü"), ("\udcff", r"\xff"), ("\ud800", r"\ud800"), ("\udc80\ud800", None)],
)
def test_every_text_can_be_made_legible(text: str, shown: str | None) -> None:
    assert legible(text).encode()
    assert shown is None or legible(text) == shown
