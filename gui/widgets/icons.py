"""Icons drawn from assets/icons, tinted with a colour of the palette."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

ASSETS = Path(__file__).resolve().parents[2] / "assets"
_PIXEL_RATIO = 3.0


def tinted_pixmap(name: str, color: QColor | str, pixels: int = 16) -> QPixmap:
    """The icon `name` in one colour, sharp up to three device pixels per pixel.

    Drawn once and kept by Qt's cache. Raises FileNotFoundError for an icon that is not in
    assets/icons.
    """
    tint = QColor(color).name()
    key, pixmap = f"icon {name} {tint} {pixels}", QPixmap()
    if not QPixmapCache.find(key, pixmap):
        pixmap = _drawn(name, tint, pixels)
        QPixmapCache.insert(key, pixmap)
    return pixmap


def _drawn(name: str, tint: str, pixels: int) -> QPixmap:
    svg = (ASSETS / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    svg = svg.replace("currentColor", tint)
    pixmap = QPixmap(QSize(pixels, pixels) * _PIXEL_RATIO)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(_PIXEL_RATIO)
    return pixmap


def tinted(name: str, color: QColor | str, disabled: QColor | str | None = None) -> QIcon:
    """The icon `name` in one colour, and in another where it is disabled."""
    icon = QIcon(tinted_pixmap(name, color))
    icon.addPixmap(tinted_pixmap(name, disabled or color), QIcon.Mode.Disabled)
    return icon


def application_icon() -> QIcon:
    """The icon of the window."""
    return QIcon(str(ASSETS / "inferdeck.svg"))
