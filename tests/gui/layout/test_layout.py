"""Nothing is cut, covered or out of its place, at the sizes and scale factors that people have."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QTabBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.gui.layout.faults import faults_of
from tests.gui.offscreen import offscreen_environment

ROOT = Path(__file__).resolve().parents[3]
LONGEST_S = 290
SIZES = (
    ("1", "960x514"),
    ("1", "900x600"),
    ("1", "1000x700"),
    ("1", "1280x800"),
    ("1", "1920x1080"),
    ("1.5", "900x600"),
    ("1.5", "1280x720"),
    ("2", "960x514"),
)
"""Scale factors with sizes in points, as a screen of 1920x1080 pixels has room for."""
SCREEN = {
    "name": "screen",
    "x": 0,
    "y": 0,
    "width": 1920,
    "height": 1080,
    "logicalDpi": 96,
    "logicalBaseDpi": 96,
    "dpr": 1,
}


@pytest.mark.window
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("scale", "size"), SIZES)
def test_nothing_is_cut_or_covered_on_any_page_or_dialog(
    scale: str, size: str, language: str, tmp_path: Path
) -> None:
    screen = tmp_path / "screen.json"
    screen.write_text(json.dumps({"screens": [SCREEN]}))
    environment = {
        **offscreen_environment(tmp_path),
        "QT_QPA_PLATFORM": f"offscreen:configfile={screen}",
        "QT_SCALE_FACTOR": scale,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.layout.walk", language, size],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    walked = json.loads(done.stdout.splitlines()[-1])
    assert len(walked["seen"]) >= 70
    assert walked["faults"] == []


def _shown(qtbot: QtBot, *children: QWidget) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    for child in children:
        child.setParent(window)
    window.resize(300, 100)
    window.show()
    return window


def test_a_cut_label_and_button_are_found(qtbot: QtBot) -> None:
    label, button = QLabel("a text of some length"), QPushButton("another text")
    window = _shown(qtbot, label, button)
    label.setGeometry(0, 0, 30, 20)
    button.setGeometry(0, 40, 30, 20)
    assert len(faults_of(window)) == 2


def test_a_number_without_room_is_found(qtbot: QtBot) -> None:
    box = QSpinBox()
    window = _shown(qtbot, box)
    box.setRange(0, 10**9)
    box.setValue(30_000_000)
    box.setGeometry(0, 0, 60, 26)
    assert any("number '30000000'" in fault for fault in faults_of(window))


def test_what_is_out_of_its_place_is_found(qtbot: QtBot) -> None:
    label = QLabel("x")
    window = _shown(qtbot, label)
    label.setGeometry(290, 0, 60, 20)
    assert "out of its place" in faults_of(window)[0]


def test_what_lies_over_another_is_found(qtbot: QtBot) -> None:
    one, other, holder = QLabel("one"), QLabel("other"), QWidget()
    row = QHBoxLayout(holder)
    row.addWidget(one)
    row.addWidget(other)
    window = _shown(qtbot, holder)
    holder.resize(200, 60)
    row.activate()
    assert faults_of(window) == []
    other.move(one.pos())
    assert any("lies over" in fault for fault in faults_of(window))


def test_what_lies_over_another_within_a_row_is_found(qtbot: QtBot) -> None:
    holder = QWidget()
    column, row = QVBoxLayout(holder), QHBoxLayout()
    one, other = QPushButton("one"), QPushButton("other")
    for button in (one, other):
        row.addWidget(button)
    column.addLayout(row)
    window = _shown(qtbot, holder)
    holder.resize(200, 60)
    column.activate()
    assert faults_of(window) == []
    other.move(one.pos())
    assert any("lies over" in fault for fault in faults_of(window))


def test_tabs_that_end_in_dots_are_found(qtbot: QtBot) -> None:
    tabs = QTabBar()
    window = _shown(qtbot, tabs)
    tabs.setUsesScrollButtons(False)
    tabs.setElideMode(tabs.elideMode().ElideRight)
    for name in ("Summary", "Headers", "Timing"):
        tabs.addTab(name)
    tabs.setGeometry(0, 0, 90, 30)
    assert any("tab 'Summary'" in fault for fault in faults_of(window))
