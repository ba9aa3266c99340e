"""What every test shares: a quiet Qt, private settings, test data, programs, and a leak check."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

# Both must be set before anything imports Qt, cv2 or grpc (pytest-qt imports Qt right after this).
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from backend.core.process import tune_process

tune_process()

import psutil  # noqa: E402 - after the process is tuned
import pytest  # noqa: E402
from PySide6.QtCore import QSettings  # noqa: E402

_REPOSITORY = Path(__file__).resolve().parents[1]
_SETTLE_S = 30.0
_COLLECT_AFTER_S = 0.1
# Started once per process by a library, kept until its end and bounded in number.
_PERMANENT_THREADS = ("_poller_thread", "_poll_wrapper", "pydevd", "Dummy-")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of photos, speech and models to test with; skips the test where there is none.

    It is named by INFERDECK_DATA, or stands beside the checkout as ``../shared/data``.
    """
    named = os.environ.get("INFERDECK_DATA")
    if named is not None:
        folder = Path(named)
        assert folder.is_dir(), f"INFERDECK_DATA names {folder}, which is not a folder"
        return folder
    folder = _REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no test data: set INFERDECK_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def missing() -> Callable[[str], NoReturn]:
    """Report something the machine lacks: ``missing("no camera")`` fails in CI, skips elsewhere."""

    def report(what: str) -> NoReturn:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"{what}; in CI this is a failure (`make test` installs what it needs)")
        pytest.skip(f"{what}; `make test` says how to install it")

    return report


@pytest.fixture(scope="session")
def program(missing: Callable[[str], NoReturn]) -> Callable[[str], str]:
    """Find a program the test drives: ``program("ffmpeg")`` is its path, or the test stops."""

    def find(name: str) -> str:
        return shutil.which(name) or missing(f"the program {name} is not installed")

    return find


@pytest.fixture(autouse=True)
def _private_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings, cache and data of the test away from those of the person who runs it."""
    for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    # Qt reads the variable once per process, so a later test has to tell it.
    for kind in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(kind, QSettings.Scope.UserScope, str(tmp_path / "xdg_config_home"))


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread or a child process.

    What a fixture of wider scope started is there before this one begins and is not counted.
    """
    threads_before = set(threading.enumerate())
    children_before = set(_children())
    yield
    threads, children = _settled(threads_before, children_before)
    for child in children:
        child.kill()
    if threads or children:
        pytest.fail(f"the test left behind: {_described(threads, children)}", pytrace=False)


def _settled(
    threads_before: set[threading.Thread], children_before: set[psutil.Process]
) -> tuple[list[threading.Thread], list[psutil.Process]]:
    """What is still there when everything that was about to end has had the time to."""
    began = time.monotonic()
    collect_after_s = _COLLECT_AFTER_S
    while True:
        threads = [t for t in threading.enumerate() if t not in threads_before and not _stays(t)]
        children = [child for child in _children() if child not in children_before]
        waited_s = time.monotonic() - began
        if not (threads or children) or waited_s > _SETTLE_S:
            return threads, children
        time.sleep(0.02)
        if waited_s > collect_after_s:
            gc.collect()  # a channel or a pool in a reference cycle ends its threads only then
            collect_after_s *= 2


def _stays(thread: threading.Thread) -> bool:
    return any(name in thread.name for name in _PERMANENT_THREADS)


def _children() -> list[psutil.Process]:
    """The child processes that run; one that ended and was not waited for yet does not count."""
    running = []
    for child in psutil.Process().children():
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                running.append(child)
        except psutil.NoSuchProcess:
            continue
    return running


def _described(threads: list[threading.Thread], children: list[psutil.Process]) -> str:
    found = [f"thread {thread.name!r}" for thread in threads]
    found += [f"process {child.pid}" for child in children]
    return ", ".join(found)
