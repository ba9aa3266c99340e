"""The program ends with its window, whatever that is doing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.gui.offscreen import offscreen_environment
from tests.waiting import WAIT_S

_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
import os, signal, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel
from gui.shell import app, assembly, later_page

assemble = assembly.assemble

def assembled(parts):
    made = assemble(parts)
    QTimer.singleShot(0, lambda: act(made.window, parts.tasks))
    return made

assembly.assemble = assembled
"""
_SIGNAL_AMID_THE_OPENING_OF_A_PAGE = """
make = later_page.LaterPage._made

def amid(page):
    os.kill(os.getpid(), signal.SIGTERM)
    made = make(page)
    print("done", flush=True)
    return made

later_page.LaterPage._made = amid

def act(window, tasks):
    window.deck.show_page("inspect")
"""
_SOMETHING_ELSE_OPEN = """
other = []

def act(window, tasks):
    other.append(QLabel("Open"))
    other[0].show()
    window.close()
    print("done", flush=True)
"""
_A_TASK_AT_WORK_FOR_EVER = """
from PySide6.QtGui import QImage

def work():
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    while True:
        image.scaled(320, 240)

def act(window, tasks):
    tasks.start("endless", work, print, print)
    window.close()
    print("done", flush=True)
"""
_RUN = 'sys.exit(app.main(["--source", "pattern", "--model", "shapes"]))'


@pytest.mark.parametrize(
    "act",
    [_SIGNAL_AMID_THE_OPENING_OF_A_PAGE, _SOMETHING_ELSE_OPEN, _A_TASK_AT_WORK_FOR_EVER],
    ids=["a signal amid the opening of a page", "something else open", "a task at work for ever"],
)
def test_the_program_ends_with_its_window(act: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM + act + _RUN],
        cwd=_ROOT,
        env=offscreen_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "done" in ended.stdout
