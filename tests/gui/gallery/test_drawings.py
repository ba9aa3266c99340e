"""The scenes: each is drawn in both themes, within its area, and none is like another."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from gui.gallery.drawings import draw_scene
from gui.gallery.scenes import Scene
from gui.widgets.theme import DARK, LIGHT, Palette

_OUTSIDE = 0xFF123456


def drawn(scene: Scene, palette: Palette, width: int, height: int) -> QImage:
    """The scene with a margin of four pixels around it."""
    image = QImage(width + 8, height + 8, QImage.Format.Format_RGB32)
    image.fill(_OUTSIDE)
    painter = QPainter(image)
    draw_scene(painter, QRectF(4, 4, width, height), scene, palette)
    painter.end()
    return image


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("size", [(188, 96), (312, 150), (400, 90), (90, 200)])
def test_scenes_differ_and_stay_in_their_area(
    qtbot: QtBot, palette: Palette, size: tuple[int, int]
) -> None:
    pictures = {scene: drawn(scene, palette, *size) for scene in Scene}
    for image in pictures.values():
        edge = [image.pixel(x, y) for x in range(image.width()) for y in (0, image.height() - 1)]
        edge += [image.pixel(x, y) for y in range(image.height()) for x in (0, image.width() - 1)]
        assert set(edge) == {_OUTSIDE}
        inner = {image.pixel(x, y) for x in range(4, size[0], 3) for y in range(4, size[1], 3)}
        assert len(inner) >= 3
    assert len({bytes(image.constBits()) for image in pictures.values()}) == len(Scene)
