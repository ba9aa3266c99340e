"""Charts as SVG that stands in the page: values in, text out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 920, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 26
_COLUMNS = 400
_BINS = 40
_SERIES = (
    "#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#e15759", "#76b7b2", "#edc948", "#9c755f",
    "#ff9da7", "#499894", "#d37295", "#a0cbe8", "#8cd17d", "#b6992d", "#79706e", "#fabfd2",
)  # fmt: skip


def course_chart(points: Sequence[tuple[float, float]]) -> str:
    """Latency over time: the median of each stretch as a line, the largest as a faint one."""
    if not points:
        return ""
    data = np.asarray(points, np.float64)
    whole = max(float(data[:, 0].max()), 1e-9)
    columns = np.minimum((data[:, 0] / whole * _COLUMNS).astype(np.int64), _COLUMNS - 1)
    shown = [
        (number, data[columns == number, 1]) for number in np.unique(np.clip(columns, 0, None))
    ]
    top = nice_top(max(float(values.max()) for _, values in shown))
    lines = []
    for style, of in (("faint", np.max), ("line", np.median)):
        places = [
            (_x((number + 0.5) / _COLUMNS), _y(float(of(values)) / top)) for number, values in shown
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        lines.append(f'<polyline class="{style}" points="{path}"/>')
    return _svg("Latency over time", [*_axes(top, "ms", whole), *lines])


def rate_chart(points: Sequence[tuple[float, float]]) -> str:
    """Answers in every second."""
    if not points:
        return ""
    seconds = np.asarray([at_s for at_s, _ in points])
    whole = max(float(seconds.max()), 1e-9)
    step = max(1.0, math.ceil(whole / _COLUMNS))
    edges = np.arange(0.0, whole + step, step)
    counts, _ = np.histogram(seconds, np.append(edges, edges[-1] + step))
    widths = np.clip(whole - edges, 0.0, step)
    used = widths > 0.25 * step
    rates = counts[: len(edges)][used] / widths[used] if used.any() else counts[:1] / whole
    top = nice_top(float(rates.max()))
    places = [
        (_x(min((place + step / 2) / whole, 1.0)), _y(rate / top))
        for place, rate in zip(edges[used], rates, strict=False)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    line = f'<polyline class="line" points="{path}"/>'
    return _svg("Answers a second", [*_axes(top, "/s", whole), line])


def histogram_chart(values: Sequence[float]) -> str:
    """How often which latency was, on a logarithmic scale."""
    positive = np.asarray([value for value in values if value > 0])
    if not positive.size:
        return ""
    low, high = float(positive.min()) / 1.05, float(positive.max()) * 1.05
    edges = np.geomspace(low, high, _BINS + 1)
    counts, _ = np.histogram(positive, edges)
    top = nice_top(float(counts.max()))
    room = (_WIDTH - _LEFT - _RIGHT) / _BINS
    bars = [
        f'<rect class="bar" x="{_LEFT + place * room:.1f}" y="{_y(count / top):.1f}" '
        f'width="{max(1.0, room - 1):.1f}" height="{_y(0.0) - _y(count / top):.1f}"/>'
        for place, count in enumerate(counts)
        if count
    ]
    labels = [
        _text(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - 8, _number(at) + " ms", "middle")
        for share, at in ((0.05, edges[2]), (0.5, edges[_BINS // 2]), (0.95, edges[-3]))
    ]
    return _svg("Latencies", [*_levels(top, ""), *bars, *labels])


def stages_chart(medians_ms: Mapping[str, float]) -> str:
    """The median of each stage, one after the other."""
    known = {name: value for name, value in medians_ms.items() if value > 0}
    total = sum(known.values())
    if not total:
        return ""
    at, parts, legend = float(_LEFT), [], []
    room = _WIDTH - _LEFT - _RIGHT
    for number, (name, value) in enumerate(known.items()):
        colour = _SERIES[number % len(_SERIES)]
        width = value / total * room
        parts.append(f'<rect x="{at:.1f}" y="14" width="{width:.1f}" height="30" fill="{colour}"/>')
        column, row = number % 4, number // 4
        x, y = _LEFT + column * room / 4, 66 + row * 20
        legend.append(f'<rect x="{x:.1f}" y="{y - 10}" width="10" height="10" fill="{colour}"/>')
        title = name.replace("_", " ")
        legend.append(_text(x + 16, y, f"{title}  {_number(value)} ms", "start"))
        at += width
    height = 66 + (len(known) - 1) // 4 * 20 + 12
    return _svg("Median of each stage", [*parts, *legend], height)


def nice_top(value: float) -> float:
    """The next of 1, 2 and 5 times a power of ten that is not below."""
    if not (value > 0 and math.isfinite(value)):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value * 0.9999)


def _axes(top: float, unit: str, whole_s: float) -> list[str]:
    marks = [
        _text(_x(share), _HEIGHT - 8, f"{_number(share * whole_s)} s", anchor)
        for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
    ]
    return [*_levels(top, unit), *marks]


def _levels(top: float, unit: str) -> list[str]:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = _y(share)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{_number(share * top)}{unit and ' ' + unit}", "end"))
    return parts


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _svg(title: str, parts: Sequence[str], height: int = _HEIGHT) -> str:
    name = escape(title, quote=True)
    return (
        f'<svg role="img" aria-label="{name}" viewBox="0 0 {_WIDTH} {height}">'
        f"<title>{name}</title>{''.join(parts)}</svg>"
    )
