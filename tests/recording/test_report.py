"""The report of a recording: one page, whole in itself, that says what happened."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.dom import minidom

import pytest

from backend.core.errors import InvalidInput, SourceError
from backend.core.predictions import Detection, Detections
from backend.core.status import Failure
from backend.recording import write_report
from backend.recording.report.charts import course_chart, histogram_chart, nice_top, rate_chart
from tests.wire.recording.recorded import Item, answered, record, result, sent, status

_VOID = ("meta", "br", "image", "rect", "line", "polyline", "text")


class Page(HTMLParser):
    """Every address that the page would load, and whether its elements are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        assert tag != "script"
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]


def report_of(path: Path) -> str:
    file = io.BytesIO()
    write_report(path, file)
    return file.getvalue().decode()


def test_it_says_what_happened_and_loads_nothing(tmp_path: Path) -> None:
    items: list[Item] = [*answered(20), sent(20), Failure(20, InvalidInput("no such input"))]
    text = report_of(record(tmp_path / "run.mcap", items))
    page = Page(text)
    assert not page.open
    assert page.loads
    assert all(each.startswith("data:image/jpeg;base64,") for each in page.loads)
    assert "default-src 'none'" in text
    for said in ("<b>21</b><span>pictures sent", "<b>20</b><span>answered", "latency p99",
                 "no such input", "circle 0.88", "waiting 2", "camera", "lab"):  # fmt: skip
        assert said in text, said
    assert "hunter2" not in text
    for chart in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        minidom.parseString(chart)


def test_what_a_server_says_is_text_and_no_markup(tmp_path: Path) -> None:
    evil = "</text><script>alert(1)</script>&<b>"
    box = (Detections((Detection((1.0, 2.0, float("inf"), 40.0), evil, 0.5),)),)
    text = report_of(record(tmp_path / "<i>.mcap", [status(), sent(0), result(0, box)]))
    assert "<script" not in text
    assert "<i>" not in text
    assert "&lt;script&gt;" in text
    assert not Page(text).open


def test_a_recording_without_answers_has_a_page_too(tmp_path: Path) -> None:
    text = report_of(record(tmp_path / "run.mcap", [status(), sent(0)]))
    assert "<b>1</b><span>pictures sent" in text
    assert "latency" not in text.partition("</style>")[2]


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.mcap"
    path.write_bytes(b"no recording")
    with pytest.raises(SourceError, match="cannot be read as a recording"):
        report_of(path)


def test_charts_take_one_point_and_a_million() -> None:
    assert course_chart([]) == rate_chart([]) == histogram_chart([]) == ""
    for points in ([(0.0, 5.0)], [(n / 1000, 5.0 + n % 7) for n in range(200_000)]):
        for chart in (course_chart, rate_chart):
            text = chart(points)
            minidom.parseString(text)
            assert len(text) < 40_000
    minidom.parseString(histogram_chart([5.0] * 10))


def test_axes_end_at_round_numbers() -> None:
    assert [nice_top(value) for value in (0.0, 0.7, 1.0, 12.0, 30.0, 501.0)] == [
        1.0, 1.0, 1.0, 20.0, 50.0, 1000.0,
    ]  # fmt: skip
