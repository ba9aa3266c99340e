"""The languages there are, known to the command line too, which starts without Qt."""

from __future__ import annotations

from pathlib import Path

SYSTEM = "system"
"""The choice that follows the desktop."""
SOURCE_LANGUAGE = "en"
FOLDER = Path(__file__).resolve().parents[2] / "assets" / "languages"


def language_codes() -> list[str]:
    """The languages there are, such as 'de' or 'pt_BR'."""
    return sorted({SOURCE_LANGUAGE, *(path.stem for path in FOLDER.glob("*.po"))})


def language_file(code: str) -> Path:
    """The catalogue of a language; the source language has none."""
    return FOLDER / f"{code}.po"
