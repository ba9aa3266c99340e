"""Colours by role, type sizes and the 8-pixel grid: the one place that says how all looks."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette

from gui.widgets.theme_choice import ThemeChoice as ThemeChoice  # noqa: PLC0414

UNIT = 8
"""The grid: every gap and inset is a multiple or a half of this many pixels."""

GAP = UNIT
GAP_SMALL = UNIT // 2
GAP_LARGE = 2 * UNIT
RADIUS = 4
CONTROL_HEIGHT = 26

CAPTION_PX = 12
BODY_PX = 13
TITLE_PX = 15
DISPLAY_PX = 20


HUES = 8


def hue_of(index: int) -> int:
    """The place in a list of eight colours for a class or series by its number.

    Each further round begins one later: the people of PASCAL's 21 classes, number 15, would be grey
    otherwise, the only colour that is hard to see over a photo.
    """
    return (index + index // HUES) % HUES


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, each as ``#rrggbb``.

    Text, accent and status colours keep a contrast of at least 4.5:1 on background, surface and
    surface_raised. `series` are eight colours that colour-blind people can tell apart.
    """

    name: str
    dark: bool
    background: str
    surface: str
    surface_raised: str
    border: str
    text: str
    text_muted: str
    accent: str
    on_accent: str
    ok: str
    warning: str
    error: str
    series: tuple[str, str, str, str, str, str, str, str]

    def color(self, role: str) -> QColor:
        """The colour of a role by name."""
        return QColor(str(getattr(self, role)))

    def series_color(self, index: int) -> QColor:
        """The colour of the n-th series; the list repeats after eight."""
        return QColor(self.series[hue_of(index)])

    def to_qt(self) -> QPalette:
        """The same roles as a QPalette, by which the stylesheet names them.

        Those that Qt has no role for stand in the places of bevels and visited links, which nothing
        of ours has.
        """
        qt = QPalette()
        field, disabled_field = self.background, self.surface
        if not self.dark:
            field, disabled_field = disabled_field, field
        for role, value in (
            (QPalette.ColorRole.Window, self.background),
            (QPalette.ColorRole.Base, self.surface),
            (QPalette.ColorRole.AlternateBase, self.surface_raised),
            (QPalette.ColorRole.Button, self.surface_raised),
            (QPalette.ColorRole.ToolTipBase, self.surface_raised),
            (QPalette.ColorRole.WindowText, self.text),
            (QPalette.ColorRole.Text, self.text),
            (QPalette.ColorRole.ButtonText, self.text),
            (QPalette.ColorRole.ToolTipText, self.text),
            (QPalette.ColorRole.BrightText, self.error),
            (QPalette.ColorRole.PlaceholderText, self.text_muted),
            (QPalette.ColorRole.Highlight, self.accent),
            (QPalette.ColorRole.HighlightedText, self.on_accent),
            (QPalette.ColorRole.Link, self.accent),
            (QPalette.ColorRole.Mid, self.border),
            (QPalette.ColorRole.Midlight, "#5d6573" if self.dark else "#a3abb8"),
            (QPalette.ColorRole.Light, field),
            (QPalette.ColorRole.Shadow, disabled_field),
            (QPalette.ColorRole.LinkVisited, self.warning),
            (QPalette.ColorRole.Dark, self.border),
        ):
            qt.setColor(role, QColor(value))
        for role in (
            QPalette.ColorRole.WindowText,
            QPalette.ColorRole.Text,
            QPalette.ColorRole.ButtonText,
        ):
            qt.setColor(QPalette.ColorGroup.Disabled, role, QColor(self.text_muted))
        return qt


DARK = Palette(
    name="dark",
    dark=True,
    background="#111317",
    surface="#181b20",
    surface_raised="#22262d",
    border="#30353e",
    text="#e4e7ec",
    text_muted="#98a1b0",
    accent="#62a1ff",
    on_accent="#0a1626",
    ok="#4cc38a",
    warning="#efb23c",
    error="#ff8078",
    series=(
        "#56b4e9",
        "#e69f00",
        "#2fc492",
        "#f0e442",
        "#d98cc4",
        "#ff8a5c",
        "#7d9bff",
        "#b6bdc9",
    ),
)

LIGHT = Palette(
    name="light",
    dark=False,
    background="#eef0f3",
    surface="#ffffff",
    surface_raised="#f5f6f8",
    border="#d3d7de",
    text="#1b1e24",
    text_muted="#586172",
    accent="#1d5fd0",
    on_accent="#ffffff",
    ok="#157347",
    warning="#8a5a00",
    error="#c12c2c",
    series=(
        "#0072b2",
        "#d57200",
        "#00936b",
        "#9c8a00",
        "#c4559c",
        "#d23f2a",
        "#5560d6",
        "#6a7380",
    ),
)


def palette_for(choice: ThemeChoice, system: Qt.ColorScheme) -> Palette:
    """The palette to show; dark where neither the user nor the desktop asks for light."""
    if choice is ThemeChoice.LIGHT:
        return LIGHT
    if choice is ThemeChoice.SYSTEM and system is Qt.ColorScheme.Light:
        return LIGHT
    return DARK


def sized(font: QFont, pixels: int, *, bold: bool = False) -> QFont:
    """A copy of the font in one of the type scale's sizes."""
    return _kept(font, pixels, bold, even=False)


def tabular(font: QFont, pixels: int = BODY_PX, *, bold: bool = False) -> QFont:
    """A copy whose digits all have one width, so that changing numbers do not jitter."""
    return _kept(font, pixels, bold, even=True)


class _Fonts(threading.local):
    """By family, slant, size, weight and whether digits have one width: paints ask for the same
    few. Each thread has its own, for Qt lets a font forget its glyphs when another one draws."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, bool, int, bool, bool], QFont] = {}


_fonts = _Fonts()


def _kept(font: QFont, pixels: int, bold: bool, *, even: bool) -> QFont:
    key = font.family(), font.italic(), pixels, bold, even
    copy = _fonts.kept.get(key)
    if copy is None:
        copy = QFont(font)
        copy.setPixelSize(pixels)
        copy.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        if even:
            copy.setFeature(QFont.Tag("tnum"), 1)
        _fonts.kept[key] = copy
    return QFont(copy)
