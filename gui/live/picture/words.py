"""What the live page says of source and objects: the line under the picture, and the legend."""

from __future__ import annotations

from backend.core.samples import Captured, Frame, MediaKind
from backend.core.status import SourceInfo
from gui.state.tracking import ClassCounts
from gui.views.class_hues import ClassHues, class_name
from gui.views.preview import LegendRow
from gui.widgets.language import count, number, tr


def count_rows(objects: ClassCounts, hues: ClassHues) -> tuple[LegendRow, ...]:
    """The counts as rows of the picture's legend; one class needs no colour there."""
    named = [(class_name(row.label, row.index), row) for row in objects.rows]
    return tuple(
        LegendRow(
            name,
            number(row.now),
            tr("{n} seen", n=number(row.seen)) if row.seen else "",
            hue=hues.number(name) if objects.several else None,
        )
        for name, row in named
    )


def source_facts(info: SourceInfo, newest: Captured | None = None) -> str:
    """What follows the name of a source: its size, rate and length, '   640 x 480   30 fps'."""
    parts = [""]
    # The size of a live one is that of its newest picture: a captured window may get another.
    sized = newest if info.live and isinstance(newest, Frame) else info
    if sized.width:
        parts.append(f"{sized.width} × {sized.height}")
    if info.rate:
        sound = info.kind is MediaKind.AUDIO
        rate = info.rate / 1000 if sound else info.rate
        text = number(rate, 0 if rate == int(rate) else 1)
        parts.append(tr("{rate} kHz", rate=text) if sound else tr("{rate} fps", rate=text))
    if info.items and info.kind is MediaKind.IMAGE:
        parts.append(count(info.items, "{n} frame", "{n} frames"))
    return "   ".join(parts)
