"""Fixtures that several tests of the window share."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from gui.widgets import language
from tests.gui.shell_stage import stage
from tests.gui.source_texts import known_texts

__all__ = ["stage"]


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
