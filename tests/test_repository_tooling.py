"""The scripts behind ``make run`` and ``make test``, and the leak check of the test run itself."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from backend.cli import COMMANDS
from gui.widgets.system_libraries import LIBRARIES

_ROOT = Path(__file__).resolve().parents[1]


def _module(path: str) -> ModuleType:
    """A script of ``.ci`` as a module; the folder is no package and not on the import path."""
    name = f"ci_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, _ROOT / ".ci" / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look for it there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The set-up of the machine on a Debian where nothing can be installed."""
    module = _module("setup/system.py")
    monkeypatch.setattr(module, "LIBRARIES", {})
    monkeypatch.setattr(module, "PROGRAMS", {})
    monkeypatch.setattr(module, "RTSP_SERVER", ())
    monkeypatch.setattr(module, "_can_install", lambda: False)
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.delenv("CI", raising=False)
    return module


def test_a_missing_library_stops_the_setup_with_the_line_to_type(system: ModuleType) -> None:
    system.LIBRARIES["libnowhere.so.7"] = "libnowhere7"
    line = "apt-get install -y --no-install-recommends fonts-dejavu-core libnowhere7"
    with pytest.raises(system.NotReady, match=line):
        system.prepare(for_tests=False)


def test_a_missing_program_is_only_named_outside_ci(
    system: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    system.PROGRAMS["nowhere-player"] = "nowhere"
    system.prepare(for_tests=True)
    assert "apt-get install -y --no-install-recommends nowhere" in capsys.readouterr().out


def test_a_missing_program_stops_the_setup_in_ci(
    system: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    system.PROGRAMS["nowhere-player"] = "nowhere"
    with pytest.raises(system.NotReady, match="nowhere"):
        system.prepare(for_tests=True)


def test_running_the_program_does_not_need_the_programs_of_the_tests(system: ModuleType) -> None:
    system.PROGRAMS["nowhere-player"] = "nowhere"
    system.prepare(for_tests=False)


def test_an_environment_is_made_once_and_filled_again_when_its_lock_changes(
    tmp_path: Path,
) -> None:
    shutil.copytree(_ROOT / ".ci" / "setup", tmp_path / ".ci" / "setup")
    widgets = tmp_path / "gui" / "widgets"
    widgets.mkdir(parents=True)
    shutil.copy(_ROOT / "gui" / "widgets" / "system_libraries.py", widgets)
    lock = tmp_path / "requirements.txt"
    lock.write_text("# nothing to install\n", encoding="utf-8")
    (tmp_path / "requirements-dev.txt").write_text("# nothing either\n", encoding="utf-8")

    def setup(purpose: str) -> str:
        command = [sys.executable, str(tmp_path / ".ci" / "setup"), purpose]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "Making .venv" in setup("run")
    assert setup("run") == ""
    lock.write_text("# changed\n", encoding="utf-8")
    assert "Installing requirements.txt" in setup("run")
    assert "Installing requirements-dev.txt" in setup("test")
    assert setup("run") == "", "what the tests need includes what the program needs"
    (tmp_path / "requirements-ray.txt").write_text("# nor that\n", encoding="utf-8")
    (packages,) = (tmp_path / ".venv").glob("lib/python*/site-packages")
    (packages / "only_there.py").touch()
    assert "Installing requirements-ray.txt into .venv-ray" in setup("cluster")
    assert setup("cluster") == ""
    seeing = [str(tmp_path / ".venv-ray" / "bin" / "python"), "-c", "import only_there"]
    assert subprocess.run(seeing, check=False).returncode == 0


def test_what_is_installed_is_what_the_start_asks_for() -> None:
    assert _module("setup/system.py").LIBRARIES is LIBRARIES


def _progress(tmp_path: Path, *, anew: bool = True) -> Any:
    module = _module("setup/progress.py")
    progress = module.Progress(5, tmp_path / "downloads", (tmp_path / "installed",))
    progress._anew = anew
    return progress


def test_a_first_installation_says_what_how_large_and_how_far(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said() -> str:
        return capsys.readouterr().out.rpartition("\033[K")[2].rpartition("   ")[0].strip()

    progress = _progress(tmp_path)
    progress.tick()
    assert said() == "asking the package index"
    progress.line("Ignoring pywin32: markers 'sys_platform == \"win32\"' don't match")
    progress.line("Requirement already satisfied: there==1.0 in /somewhere (1.0)")
    progress.line("Processing /somewhere/small-1.0-py3-none-any.whl (from -r requirements.txt)")
    assert said() == "1 of 3: small"
    progress.line("Collecting large==2.0 (from -r requirements.txt (line 3))")
    progress.line("  Downloading large-2.0-cp311-cp311-linux_x86_64.whl (21.8 MB)")
    assert said() == "2 of 3: large, 21.8 MB"
    folder = tmp_path / "downloads" / "pip-unpack-1"
    folder.mkdir(parents=True)
    (folder / "large-2.0-cp311-cp311-linux_x86_64.whl").write_bytes(bytes(3_400_000))
    progress.tick()
    assert said() == "2 of 3: large, 3.4 of 21.8 MB"
    progress.line("WARNING: Retrying (Retry(total=3, connect=None, read=None)) after ...")
    progress.tick()
    assert said().endswith("no answer, 3 more tries")
    before = tmp_path / "installed" / "pip-23.0.dist-info"
    progress.line("Installing collected packages: small, large")
    before.mkdir(parents=True)
    (before / "RECORD").touch()
    progress.tick()
    assert said() == "unpacking 1 of 2"


def test_where_lines_stay_not_every_package_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = _progress(tmp_path, anew=False)
    for number in range(50):
        progress.line(f"Collecting package-{number}==1.0")
    assert capsys.readouterr().out.count("\n") < 50


def test_a_failed_installation_names_the_reason_and_the_log(tmp_path: Path) -> None:
    shutil.copytree(_ROOT / ".ci" / "setup", tmp_path / ".ci" / "setup")
    widgets = tmp_path / "gui" / "widgets"
    widgets.mkdir(parents=True)
    shutil.copy(_ROOT / "gui" / "widgets" / "system_libraries.py", widgets)
    (tmp_path / "requirements-dev.txt").touch()
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"nowhere==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / ".ci" / "setup"), "run"],
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    log = tmp_path / ".venv" / "pip.log"
    assert done.returncode == 3, "what cannot be had here is told from other faults"
    assert "pip could not install requirements.txt: " in done.stderr
    assert "nowhere" in done.stderr
    assert str(log) in done.stderr
    assert "ERROR: " not in done.stdout
    assert "ERROR: " in log.read_text(encoding="utf-8")


def test_an_index_that_nobody_answers_for_is_the_reason_and_not_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(_ROOT / ".ci" / "setup"))
    log = tmp_path / "pip.log"
    lacking = "ERROR: Could not find a version that satisfies it (from versions: none)"
    log.write_text(f"WARNING: Retrying (Retry(total=0, connect=None)) after\n{lacking}\n")
    said = _module("setup/environment.py")._why(tmp_path / "requirements.txt", log)
    assert "the package index cannot be reached" in said
    assert "Could not find" not in said
    assert str(log) in said
    _progress(tmp_path).ended()
    assert capsys.readouterr().out == "", "no empty line where nothing was said"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ""}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
    ],
)
def test_a_display_is_known_by_its_variables(
    variables: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = _module("start.py")
    monkeypatch.setattr(start.sys, "platform", "linux")
    assert start.has_display(variables) is expected


def test_every_command_without_a_window_is_known() -> None:
    commands = [*COMMANDS, "--help", "-h", "--version"]
    assert all(_module("start.py").names_command([command]) for command in commands)


def test_who_may_not_make_a_bare_machine_is_told_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = _module("bare.py")
    assert bare.main(["nothing"]) == 2
    monkeypatch.setattr(bare.sys, "platform", "linux")
    monkeypatch.setattr(bare.os, "geteuid", lambda: 1000)
    assert bare.main([]) == 2
    monkeypatch.setattr(bare.os, "geteuid", lambda: 0)
    monkeypatch.setattr(bare.shutil, "which", lambda name: None if name == "debootstrap" else name)
    assert bare.main([]) == 2
    said = capsys.readouterr().err
    assert "unknown: nothing" in said
    assert "only root can do that" in said
    assert "apt-get install debootstrap\n" in said


def test_a_trial_run_gets_a_display_of_its_own_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    program: Callable[[str], str],
) -> None:
    program("Xvfb")
    start = _module("start.py")
    stand_in = tmp_path / "main.py"
    stand_in.write_text(
        "import os, sys\n"
        "print(os.environ['DISPLAY'], os.environ['QT_QPA_PLATFORM'], *sys.argv[1:])\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(start, "_MAIN", stand_in)
    monkeypatch.setattr(start.tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    assert start.main(["--model", "shapes"]) == 0
    said = capfd.readouterr().out
    assert "No display found: running for 20 s on Xvfb." in said
    picture = tmp_path / "screenshot.png"
    assert f"xcb --screenshot {picture} --seconds 20 --model shapes" in said


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tests on a cluster where there can be one, with stand-ins for what is slow."""
    module = _module("cluster.py")
    monkeypatch.setattr(module, "lacks", lambda: "")
    monkeypatch.setattr(module, "namespaces", nullcontext)
    monkeypatch.setattr(module, "_SETUP", [sys.executable, "-c", ""])
    return module


def test_where_there_can_be_no_cluster_its_tests_pass_and_say_why(
    cluster: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "_TESTS", [sys.executable, "-c", "raise SystemExit(3)"])
    assert cluster.main() == 3
    monkeypatch.setattr(cluster, "_SETUP", [sys.executable, "-c", "raise SystemExit(1)"])
    assert cluster.main() == 0
    assert "Ray cannot be installed here" in capsys.readouterr().out
    monkeypatch.setattr(cluster, "lacks", lambda: "network namespaces need root")
    assert cluster.main() == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line == "No verdict of the tests on a cluster: network namespaces need root."


@pytest.mark.parametrize("when_interrupted", ["SIG_DFL", "SIG_IGN"])
def test_tests_on_a_cluster_that_take_too_long_are_ended_and_have_not_failed(
    when_interrupted: str,
    cluster: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = f"signal.signal(signal.SIGINT, signal.{when_interrupted})"
    forever = f"import signal, time; {handler}; time.sleep(1000)"
    monkeypatch.setattr(cluster, "_TESTS", [sys.executable, "-c", forever])
    monkeypatch.setattr(cluster, "_TESTS_S", 0.5)
    monkeypatch.setattr(cluster, "_END_S", 0.5)
    assert cluster.main() == 0
    assert "this machine is too slow or too busy" in capsys.readouterr().out


def test_a_test_that_leaves_a_thread_or_a_process_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leaks.py").write_text(
        "import subprocess, sys, threading\n"
        "sys.modules['conftest']._SETTLE_S = 3.0\n"
        "forever = threading.Event()\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "def test_thread():\n"
        "    threading.Thread(target=forever.wait, name='forgotten', daemon=True).start()\n"
        "def test_process():\n"
        "    globals()['kept'] = subprocess.Popen(sleep)\n"
        "def test_short_thread():\n"
        "    threading.Timer(0.1, print).start()\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider"]
    folders = os.pathsep.join([str(_ROOT), str(_ROOT / "tests")])
    run = subprocess.run(
        [*command, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": folders},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert "3 passed, 2 errors" in run.stdout, run.stdout
    assert "the test left behind: thread 'forgotten'" in run.stdout
    assert "the test left behind: process" in run.stdout
