"""How the test pattern looks: shapes over a graticule, and text in cells of one width."""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array
from backend.sources.generated.pattern_scene import Scene, Shape
from backend.wire.media.opencv import cv2

_TOP = (34, 41, 54)
_BOTTOM = (20, 25, 35)
_STRIP = (16, 20, 28)
_LINE = (44, 52, 67)
_AXIS = (58, 68, 86)
_INK = (205, 212, 222)
_INK_QUIET = (124, 135, 152)

_COLOURS = (
    (92, 176, 168),
    (108, 155, 214),
    (222, 172, 94),
    (219, 124, 110),
    (164, 140, 212),
    (142, 182, 108),
)
_RIM_LIGHT = 0.28  # how far a rim is from its shape's colour towards white
_LIGHT_BESIDE_SHADOW = (255 - 0.6 * np.arange(256)).round().astype(np.uint8)
_TRAIL_AGES_S = np.linspace(0.0, 1.5, 13)
_TRAIL_STRENGTH = 0.24  # faint enough that nobody takes a trail for a shape

_SHIFT = 4  # OpenCV's fixed-point bits below the pixel
_LETTERS = "0123456789:. FRAME"


class Painter:
    """Draws a scene; what does not move is drawn once."""

    def __init__(self, width: int, height: int, scene: Scene) -> None:
        self._scene = scene
        self._unit = scene.unit
        self._tints = [
            (_tint(_mix(colour, (255, 255, 255), _RIM_LIGHT)), _tint(colour)) for colour in _COLOURS
        ]
        self._cell = (max(round(22 * self._unit), 9), max(round(13 * self._unit), 5))
        self._ground = _ground(width, height, scene)
        self._ink = {letter: _letter(letter, self._cell, _INK) for letter in _LETTERS}
        self._quiet = {letter: _letter(letter, self._cell, _INK_QUIET) for letter in _LETTERS}

    def paint(self, seq: int, seconds: float, clock_ms: int) -> Array:
        """A new picture, RGB uint8 [height, width, 3]."""
        pixels = self._ground.copy()
        shapes = self._scene.shapes(seconds)
        for shape, trail in zip(shapes, self._scene.trails(seconds, _TRAIL_AGES_S), strict=True):
            self._draw_trail(pixels, trail, _COLOURS[shape.colour])
        for shape in shapes:
            self._draw_shape(pixels, shape)
        self._write(pixels, seq, clock_ms)
        return pixels

    def _draw_trail(self, pixels: Array, trail: Array, colour: tuple[int, int, int]) -> None:
        points = _fixed(trail)
        width = max(1, round(2 * self._unit))
        for index in range(len(points) - 1, 0, -1):
            strength = _TRAIL_STRENGTH * (1 - index / len(points))
            ends = points[index - 1 : index + 1]
            faint = _mix(_TOP, colour, strength)
            cv2.polylines(
                pixels,
                [ends],
                isClosed=False,
                color=faint,
                thickness=width,
                lineType=cv2.LINE_AA,
                shift=_SHIFT,
            )

    def _draw_shape(self, pixels: Array, shape: Shape) -> None:
        drop = max(1, round(5 * self._unit))
        soft = 2 * drop + 1
        window, corner = _window(pixels, shape.outline, margin=drop + soft)
        whole = _cover(shape.outline - corner, window.shape[:2])
        inner = 1 - 2.4 * self._unit / shape.radius
        core = _cover(
            shape.centre + inner * (shape.outline - shape.centre) - corner, window.shape[:2]
        )
        shadow = np.zeros_like(whole)
        shadow[drop:] = whole[: len(whole) - drop]
        shadow = cv2.blur(shadow, (soft, soft))
        _keep(window, cv2.LUT(shadow, _LIGHT_BESIDE_SHADOW))
        _keep(window, cv2.bitwise_not(whole))
        rim, fill = self._tints[shape.colour]
        ink = cv2.add(
            cv2.applyColorMap(cv2.subtract(whole, core), rim), cv2.applyColorMap(core, fill)
        )
        cv2.add(window, ink, dst=window)

    def _write(self, pixels: Array, seq: int, clock_ms: int) -> None:
        height, width = self._cell
        inset = round(16 * self._unit)
        top = pixels.shape[0] - self._scene.strip_height // 2 - height // 2
        left = self._put(pixels, "FRAME ", self._quiet, inset, top)
        self._put(pixels, f"{seq:06d}"[-9:], self._ink, left, top)
        clock = clock_text(clock_ms)
        self._put(pixels, clock, self._ink, pixels.shape[1] - inset - width * len(clock), top)

    def _put(self, pixels: Array, text: str, letters: dict[str, Array], left: int, top: int) -> int:
        height, width = self._cell
        for letter in text:
            pixels[top : top + height, left : left + width] = letters[letter]
            left += width
        return left


def clock_text(milliseconds: int) -> str:
    """Hours, minutes, seconds and milliseconds: ``00:01:02.345``; starts again after 100 hours."""
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours % 100:02d}:{minutes:02d}:{seconds:02d}.{rest:03d}"


def _ground(width: int, height: int, scene: Scene) -> Array:
    """A soft gradient with the graticule of an oscilloscope, and the strip for the text."""
    weight = np.linspace(0, 1, height)[:, np.newaxis, np.newaxis]
    column = np.array(_TOP) * (1 - weight) + np.array(_BOTTOM) * weight
    pixels = np.ascontiguousarray(np.broadcast_to(column, (height, width, 3)).round(), np.uint8)
    field = height - scene.strip_height
    _draw_graticule(pixels[:field], step=40 * scene.unit, tick=max(1, round(3 * scene.unit)))
    pixels[field:] = _STRIP
    pixels[field] = _LINE
    return pixels


def _draw_graticule(field: Array, *, step: float, tick: int) -> None:
    height, width = field.shape[:2]
    middle_x, middle_y = width // 2, height // 2
    for x in _steps(middle_x, width, step):
        field[:, x] = _LINE
    for y in _steps(middle_y, height, step):
        field[y] = _LINE
    field[:, middle_x] = _AXIS
    field[middle_y] = _AXIS
    for x in _steps(middle_x, width, step / 5):
        field[middle_y - tick : middle_y + tick + 1, x] = _AXIS
    for y in _steps(middle_y, height, step / 5):
        field[y, middle_x - tick : middle_x + tick + 1] = _AXIS


def _steps(middle: int, end: int, step: float) -> list[int]:
    """Places at equal steps to both sides of the middle, inside 0..end."""
    reach = int(middle / step)
    places = (middle + round(index * step) for index in range(-reach, reach + 1))
    return [place for place in places if 0 <= place < end]


def _letter(letter: str, cell: tuple[int, int], ink: tuple[int, int, int]) -> Array:
    """One letter in the middle of its cell on the strip's colour, smoothed from four times."""
    height, width = cell[0] * 4, cell[1] * 4
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(2, round(height / 11))
    scale = 0.66 * height / cv2.getTextSize("0", font, 1.0, 1)[0][1]
    wide, tall = cv2.getTextSize("0", font, scale, thickness)[0]
    own = cv2.getTextSize(letter, font, scale, thickness)[0][0]
    squeeze = min(1.0, 0.94 * width / max(own, wide))
    cover = np.zeros((height, width), np.uint8)
    origin = (round((width - own * squeeze) / 2), (height + tall) // 2)
    cv2.putText(cover, letter, origin, font, scale * squeeze, 255, thickness, cv2.LINE_AA)
    small = cv2.resize(cover, (cell[1], cell[0]), interpolation=cv2.INTER_AREA)
    weight = small[..., np.newaxis] / 255
    return (np.array(_STRIP) * (1 - weight) + np.array(ink) * weight).round().astype(np.uint8)


def _mix(
    first: tuple[int, int, int], second: tuple[int, int, int], weight: float
) -> tuple[int, int, int]:
    red, green, blue = (
        round(a * (1 - weight) + b * weight) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def _window(pixels: Array, outline: Array, margin: int) -> tuple[Array, Array]:
    """The part of the picture around an outline, and the place of its first pixel."""
    first = np.maximum(np.floor(outline.min(axis=0)).astype(int) - margin, 0)
    last = np.ceil(outline.max(axis=0)).astype(int) + margin
    return pixels[first[1] : last[1], first[0] : last[0]], first


def _cover(outline: Array, size: tuple[int, int]) -> Array:
    """How much of each pixel lies inside an outline: uint8 [height, width].

    Drawn four times larger and averaged: OpenCV's own smooth polygons are half a pixel too large
    and flat where they are round. Averaging by two twice is several times faster than by four.
    """
    height, width = size
    fine = np.zeros((height * 4, width * 4), np.uint8)
    cv2.fillPoly(fine, [_fixed(outline * 4)], 255, cv2.LINE_8, _SHIFT)
    half = cv2.resize(fine, (width * 2, height * 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(half, (width, height), interpolation=cv2.INTER_AREA))


def _keep(window: Array, part: Array) -> None:
    """Darken each pixel of a part of the picture to `part` of 255."""
    cv2.multiply(window, cv2.merge((part, part, part)), dst=window, scale=1 / 255)


def _tint(colour: tuple[int, int, int]) -> Array:
    """A colour at every strength, as a table for `applyColorMap`: uint8 [256, 1, 3]."""
    strength = np.arange(256)[:, np.newaxis, np.newaxis] / 255
    return np.asarray((strength * np.array(colour)).round().astype(np.uint8))


def _fixed(points: Array) -> Array:
    """Points as OpenCV's fixed-point integers; a pixel's centre has whole coordinates there."""
    return np.asarray(((points - 0.5) * (1 << _SHIFT)).round().astype(np.int32))
