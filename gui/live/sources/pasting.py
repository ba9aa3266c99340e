"""What the clipboard holds, as something to stream: files, addresses, or a picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QStandardPaths
from PySide6.QtGui import QImage, QImageWriter

from backend.core.errors import UsageError
from backend.core.files.private import write_file

_KEPT = 8
"""Pasted pictures stay, so that the source can be used again; more than these are deleted."""
_LONGEST_TEXT = 4096


def pasted_folder() -> Path:
    """Where pasted pictures are kept, for this user alone."""
    place = QStandardPaths.StandardLocation.CacheLocation
    return Path(QStandardPaths.writableLocation(place)) / "pasted"


def specs_in(data: QMimeData) -> list[str]:
    """Files and addresses on the clipboard, as paths and URLs; empty for anything else."""
    if data.hasUrls():
        urls = data.urls()
        return [url.toLocalFile() if url.isLocalFile() else url.toString() for url in urls]
    text = data.text().strip() if data.hasText() else ""
    if not text or len(text) > _LONGEST_TEXT or "\n" in text:
        return []
    is_prose = " " in text and not any(sign in text for sign in "/\\")
    return [] if is_prose else [text]


def image_in(data: QMimeData) -> QImage | None:
    """The picture on the clipboard, None if there is none."""
    image = QImage(data.imageData()) if data.hasImage() else QImage()
    return None if image.isNull() else image


def keep_picture(image: QImage, folder: Path) -> str:
    """Write it as a PNG; its path. Raises UsageError; blocks, so not on the window's thread."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, b"png").write(image):
        raise UsageError("The pasted picture cannot be written as PNG.", "Save it as a file first.")
    before = sorted(folder.glob("pasted-*.png"), key=_number)
    path = folder / f"pasted-{_number(before[-1]) + 1 if before else 1}.png"
    write_file(path, bytes(buffer.data().data()))
    for old in before[: 1 - _KEPT]:
        old.unlink(missing_ok=True)
    return str(path)


def _number(path: Path) -> int:
    """Of a pasted picture, the oldest has the smallest."""
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isdecimal() and path.stem.count("-") == 1 else 0
