"""The table of the window's options, which `main.py --help` prints without Qt."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from gui.shell.options import Options, parse_options
from gui.shell.window_options import PICTURE, SWITCHES, WINDOW
from gui.state.switches import Switches
from gui.widgets.language_choice import language_codes
from tests.gui.shell_fakes import SOURCES

ROOT = Path(__file__).resolve().parents[3]
ROWS = [option for group in (PICTURE, SWITCHES, WINDOW) for option in group.options]


def test_every_option_has_its_field() -> None:
    assert {option.destination for option in ROWS} == {field.name for field in fields(Options)}
    assert parse_options([], SOURCES) == Options()


def test_every_switch_of_the_table_is_one_of_the_bar() -> None:
    for option in SWITCHES.options:
        assert hasattr(Switches(), option.destination)


def test_help_needs_neither_qt_nor_numpy() -> None:
    heavy = "{'PySide6', 'numpy', 'grpc', 'cv2'}"
    program = f"import sys, main; main.main(['--help']); sys.exit(bool({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(option.flag in done.stdout for option in ROWS)


@pytest.mark.parametrize(
    ("line", "near"), [("--sorce pattern", "--source"), ("srve --rest-port 1", "serve")]
)
def test_the_nearest_option_or_command_is_named(
    line: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_options(line.split(), SOURCES)
    assert ended.value.code == 2
    assert f"did you mean {near}?" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["system", "en", "de"])
def test_a_language_is_chosen(code: str) -> None:
    assert parse_options(["--language", code], SOURCES).language == code


def test_the_languages_are_named_for_one_that_is_not_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_options(["--language", "tlh"], SOURCES)
    assert ended.value.code == 2
    known = ", ".join(("system", *language_codes()))
    assert f"one of {known} expected, got 'tlh'" in capsys.readouterr().err


def test_files_are_opened_with_and_without_a_flag(tmp_path: Path) -> None:
    model, picture = tmp_path / "m.onnx", tmp_path / "cat.png"
    for file in (model, picture):
        file.write_bytes(b"x")
    options = parse_options([str(picture), "--model-file", str(model)], SOURCES)
    assert options.model_file == (model, picture)


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_options(["--model-file", "nowhere/yolox.onnx"], SOURCES)
    assert ended.value.code == 2
    assert "there is no file nowhere/yolox.onnx" in capsys.readouterr().err
