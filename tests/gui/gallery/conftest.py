"""A gallery page of made-up models, whose files are on a server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.gallery.conftest import server
from tests.gallery.file_server import FileServer
from tests.gui.gallery.gallery_stage import SUMMARY, Stage, leave, make_stage

__all__ = ["server"]


@pytest.fixture
def added_texts() -> frozenset[str]:
    """The summary of the made-up models."""
    return frozenset({SUMMARY})


@pytest.fixture
def stage(server: FileServer, tmp_path: Path, qtbot: QtBot) -> Iterator[Stage]:
    """A page with nothing installed yet."""
    made = make_stage(server, tmp_path, qtbot)
    yield made
    leave(made)
