"""Fixtures that several tests of the window share."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from gettext import NullTranslations
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker

from gui.widgets import language
from tests.gui.shell_stage import stage
from tests.gui.source_texts import known_texts
from tests.waiting import WAIT_S

__all__ = ["stage"]

_WAIT_MS = round(WAIT_S * 1000)


@pytest.fixture(autouse=True, scope="module")
def _collected_here() -> Iterator[None]:
    """Whoever collects cycles deletes the widgets in them, and only this thread may do that.

    In the application `gui.shell.collecting` sees to it.
    """
    gc.disable()
    gc.freeze()
    yield
    gc.unfreeze()
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def _collected_soon() -> Iterator[None]:
    """What tests leave is collected after each, without a look at all that was there before."""
    yield
    gc.collect()


class _Recording(NullTranslations):
    """English that remembers each text that no catalogue can have."""

    def __init__(self, known: frozenset[str]) -> None:
        super().__init__()
        self._known = known
        self.unknown: set[str] = set()

    def gettext(self, message: str) -> str:
        if message not in self._known:
            self.unknown.add(message)
        return message


class _PatientQtBot(QtBot):
    """Waits for as long as a loaded machine may need."""

    def waitUntil(  # noqa: N802 - pytest-qt's name
        self, callback: Callable[[], bool | None], *, timeout: int = _WAIT_MS
    ) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(  # noqa: N802 - pytest-qt's name
        self,
        signal: Any,
        *,
        timeout: int = _WAIT_MS,
        raising: bool | None = None,
        check_params_cb: Callable[..., bool] | None = None,
    ) -> SignalBlocker:
        return super().waitSignal(
            signal, timeout=timeout, raising=raising, check_params_cb=check_params_cb
        )


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return _PatientQtBot(request)


@pytest.fixture
def added_texts() -> frozenset[str]:
    """What a test adds to the window, and would add to the catalogues."""
    return frozenset()


@pytest.fixture(autouse=True)
def _no_unknown_texts(
    monkeypatch: pytest.MonkeyPatch, added_texts: frozenset[str]
) -> Iterator[None]:
    """What is translated by a variable must have been `marked` where it was written."""
    recording = _Recording(known_texts() | added_texts)
    monkeypatch.setattr(language, "_in_use", recording)
    yield
    assert not recording.unknown
