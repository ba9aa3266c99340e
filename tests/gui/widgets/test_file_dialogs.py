"""Qt's own dialogs for files, which a system without its own shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QTreeView, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.file_dialogs import ask_file


def test_sizes_and_dates_of_files_are_shown_whole(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{'a long name of a picture ' * 5}.png").write_bytes(bytes(1234))
    monkeypatch.setenv("HOME", str(tmp_path))
    window = QWidget()
    qtbot.addWidget(window)
    dialog = ask_file(window, "Open", lambda _path: None)
    dialog.setDirectory(str(tmp_path))
    files = dialog.findChild(QTreeView, "treeView")
    assert files is not None
    model = files.model()
    qtbot.waitUntil(lambda: model.rowCount(files.rootIndex()) == 1)
    cells = [model.index(0, column, files.rootIndex()) for column in range(1, model.columnCount())]
    qtbot.waitUntil(
        lambda: all(
            files.sizeHintForIndex(cell).width() <= files.columnWidth(cell.column())
            for cell in cells
        )
    )
    dialog.reject()
