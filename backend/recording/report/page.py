"""The page: figures, charts, settings, and the samples that took longest."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import IO

import numpy as np

from backend.core.release import VERSION
from backend.core.timing import percentiles
from backend.recording.report.charts import (
    course_chart,
    histogram_chart,
    rate_chart,
    stages_chart,
)
from backend.recording.report.facts import Facts, SlowSample, Thumbnail, facts_of
from backend.wire.recording.messages import SettingsNote

_MOST_CLASSES = 20
_STYLE = """
:root{color-scheme:light dark;--text:#1c1f24;--muted:#5c6470;--line:#d8dce2;--back:#fff;
--card:#f6f7f9;--accent:#2f6fde}
@media(prefers-color-scheme:dark){:root{--text:#e8eaed;--muted:#9aa2ad;--line:#343941;--back:#15171b;
--card:#1d2025;--accent:#6ba1ff}}
body{font:14px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);margin:0 auto;
max-width:960px;padding:24px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:32px 0 8px}
p{margin:4px 0;color:var(--muted)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:8px;
margin:16px 0}
.figure{background:var(--card);border-radius:4px;padding:8px 12px}
.figure b{display:block;font-size:20px;font-variant-numeric:tabular-nums}
.figure span{color:var(--muted)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:anywhere}th{color:var(--muted);font-weight:normal}
svg{display:block;width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--muted)}
.grid{stroke:var(--line)}.line{fill:none;stroke:var(--accent);stroke-width:1.5}
.faint{fill:none;stroke:var(--muted);stroke-width:1;opacity:.5}.bar{fill:var(--accent)}
.slow{display:grid;grid-template-columns:repeat(auto-fill,minmax(280px,1fr));gap:16px}
.slow figure{margin:0;background:var(--card);border-radius:4px;padding:8px}
.slow .box{fill:none;stroke:#ffb000;stroke-width:1.5}
.slow svg text{fill:#fff;paint-order:stroke;stroke:#000;stroke-width:2px}
figcaption{color:var(--muted);overflow-wrap:anywhere}figcaption b{color:var(--text)}
"""


def write_report(path: Path, file: IO[bytes]) -> int:
    """Write the report of a recording; how many answers it is about. Raises SourceError.

    The page is whole in itself: it loads nothing and runs no script.
    """
    facts = facts_of(path)
    for part in _parts(path, facts):
        file.write(part.encode())
    return facts.contents.answers


def _parts(path: Path, facts: Facts) -> Iterable[str]:
    contents = facts.contents
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(path.name)}</title><style>{_STYLE}</style></head><body>"
    )
    began = datetime.fromtimestamp(contents.first_ns / 1e9, UTC)
    yield f"<h1>{escape(path.name)}</h1>"
    yield f"<p>{began:%Y-%m-%d %H:%M:%S} UTC, recorded by Inferdeck {escape(contents.version)}"
    yield ", and breaks off</p>" if contents.unfinished else "</p>"
    yield from _figures(facts)
    latencies = [latency for _, latency in facts.course]
    for title, chart in (
        ("Latency over time: median, and largest in grey", course_chart(facts.course)),
        ("Answers a second", rate_chart(facts.course)),
        ("Latencies", histogram_chart(latencies)),
        ("Median of each stage", stages_chart(_medians(facts))),
    ):
        if chart:
            yield f"<h2>{title}</h2>{chart}"
    yield from _stages(facts)
    yield from _slowest(facts.slowest)
    yield from _classes(facts)
    yield from _settings(facts)
    yield from _listed("Failures", facts.failures, contents.failures)
    yield from _listed("Notices", facts.notices, contents.notices)
    yield f"<p>Made by Inferdeck {VERSION}.</p></body></html>\n"


def _figures(facts: Facts) -> Iterable[str]:
    contents = facts.contents
    found = percentiles(np.asarray([latency for _, latency in facts.course], np.float64))
    named = zip(("p50", "p95", "p99"), found or (), strict=False)
    samples = contents.pictures or contents.windows
    dropped = sum(contents.dropped.values())
    figures = [
        (f"{contents.seconds:.1f} s", "length"),
        (f"{samples:,}", "pictures sent" if contents.pictures else "windows of sound sent"),
        (f"{contents.answers:,}", "answered"),
        (f"{contents.failures:,}", "failed"),
        (f"{dropped:,}", "dropped"),
        *((f"{value:.1f} ms", f"latency {name}") for name, value in named),
    ]
    if contents.seconds > 0:
        figures.insert(3, (f"{contents.answers / contents.seconds:.1f}", "answers a second"))
    yield '<div class="figures">'
    for value, name in figures:
        yield f'<div class="figure"><b>{value}</b><span>{name}</span></div>'
    yield "</div>"
    if dropped:
        places = ", ".join(f"{name} {count}" for name, count in contents.dropped.items())
        yield f"<p>Dropped: {escape(places)}</p>"
    if contents.missed:
        missed = ", ".join(f"{name} {count}" for name, count in contents.missed.items())
        yield f"<p>Missed by readers of the run: {escape(missed)}</p>"


def _medians(facts: Facts) -> dict[str, float]:
    return {name: float(np.median(values)) for name, values in facts.spans_ms.items()}


def _stages(facts: Facts) -> Iterable[str]:
    rows = []
    for name, values in facts.spans_ms.items():
        found = percentiles(np.asarray(values))
        if found is not None:
            rows.append([name.replace("_", " "), *(f"{value:.2f}" for value in found)])
    yield from _table("Stages in ms", ("stage", "p50", "p95", "p99"), rows)


def _slowest(samples: Sequence[SlowSample]) -> Iterable[str]:
    if not samples:
        return
    yield '<h2>What took longest</h2><div class="slow">'
    for sample in samples:
        yield "<figure>"
        if sample.picture is not None:
            yield _picture(sample.picture)
        longest = max(
            ((name, ms) for name, ms in sample.spans_ms.items() if name != "latency"),
            key=lambda each: each[1],
            default=None,
        )
        most = f", {longest[0].replace('_', ' ')} {longest[1]:.1f} ms" if longest else ""
        yield (
            f"<figcaption><b>{sample.latency_ms:.1f} ms</b>{escape(most)}<br>"
            f"#{sample.seq} at {sample.at_s:.2f} s {escape(sample.name)}<br>{escape(sample.said)}"
            "</figcaption></figure>"
        )
    yield "</div>"


def _picture(picture: Thumbnail) -> str:
    data = base64.b64encode(picture.data).decode()
    width, height = picture.width, picture.height
    parts = [f'<image href="data:image/jpeg;base64,{data}" width="{width}" height="{height}"/>']
    for (x0, y0, x1, y1), text in picture.boxes:
        if not all(abs(value) < 1e6 for value in (x0, y0, x1, y1)):
            continue
        parts.append(
            f'<rect class="box" x="{x0:.1f}" y="{y0:.1f}" width="{max(0.0, x1 - x0):.1f}" '
            f'height="{max(0.0, y1 - y0):.1f}"/>'
            f'<text x="{x0 + 2:.1f}" y="{max(10.0, y0 - 3):.1f}">{escape(text)}</text>'
        )
    return f'<svg viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'


def _classes(facts: Facts) -> Iterable[str]:
    rows = [
        [label, f"{count:,}", f"{facts.best[label]:.3f}"]
        for label, count in facts.labels.most_common(_MOST_CLASSES)
    ]
    yield from _table("What was seen", ("class", "answers with it", "best score"), rows)


def _settings(facts: Facts) -> Iterable[str]:
    rows = [_setting(note) for note in facts.settings]
    head = ("target", "model", "API", "transport", "payload", "in flight")
    yield from _table("Settings", head, rows)
    yield from _table("Source", ("source",), [[each] for each in facts.contents.sources])


def _setting(note: SettingsNote) -> list[str]:
    image = f"{note.image} {note.jpeg_quality}" if note.image == "jpeg" else note.image
    payload = f"{note.serialization}, {image}, {note.compression}"
    addresses = " ".join(filter(None, (note.rest, note.grpc)))
    in_flight = f"{note.in_flight}" if note.in_flight else "automatic"
    target = f"{note.target} {addresses}".strip()
    return [target, note.model, note.api, note.transport, payload, in_flight]


def _listed(title: str, lines: Sequence[str], count: int) -> Iterable[str]:
    yield from _table(title, (f"{count:,} in all",), [[line] for line in lines])


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    if not rows:
        return
    yield f"<h2>{escape(title)}</h2><table><tr>"
    yield "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
    yield "</table>"
