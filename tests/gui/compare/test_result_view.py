"""A result on show: sentence, table and charts, what is marked in them and copied from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from backend.compare.bench.result import CellResult
from gui.compare import ComparePage
from gui.widgets.language import use_language
from gui.widgets.theme import DARK, LIGHT
from tests.compare.bench.made import REST_BINARY, REST_JSON, STREAM, cell_result, result
from tests.embedded import server, target  # noqa: F401 - fixtures
from tests.gui.inspect.inspect_stage import ListeningHost

FOUND = result(
    cell_result(STREAM, 2.0, stages_ms={"encode": 0.4, "wire": 1.0, "server_infer": 0.6}),
    cell_result(REST_BINARY, 3.0, stable=False),
    CellResult(REST_JSON, "failed", "The server said no."),
)


def test_a_result_is_shown_in_table_charts_and_words(page: ComparePage) -> None:
    page._show(FOUND, "run.json")
    rows = page.view.table.texts()
    assert [row[0] for row in rows] == [
        "OIP gRPC stream, raw",
        "OIP REST, binary",
        "OIP REST, json",
    ]
    assert rows[2][-1] == "The server said no."
    assert rows[1][-1] == "not stable"
    assert [row.label for row in page.view.latency.rows] == [row[0] for row in rows[:2]]
    assert [part.name for part in page.view.stages.rows[0].parts] == [
        "encode",
        "wire",
        "server infer",
    ]
    assert "run.json" in page.view.verdict.conditions.text()
    assert "OIP gRPC stream, raw: 2.0 ms" in page.view.latency.accessibleDescription()
    for palette in (LIGHT, DARK):
        page.set_palette_roles(palette)
        assert not page.widget.grab().isNull()


def test_a_reason_stands_where_the_figures_would_however_it_is_sorted(page: ComparePage) -> None:
    page._show(FOUND)
    table, ways = page.view.table, page.view.table.model()
    for order in Qt.SortOrder:
        table.sortByColumn(0, order)
        for row in range(3):
            measured = ways.index(row, 0).data() != "OIP REST, json"
            wide = table.columnSpan(row, 1)
            assert wide == (1 if measured else ways.columnCount() - 1)
            assert (ways.index(row, 1).data() == "The server said no.") is not measured


def test_the_sentence_is_in_the_language_of_the_window(page: ComparePage) -> None:
    use_language("de")
    try:
        slow = cell_result(REST_JSON, 26.0, stages_ms={"server_output": 22.0})
        page._show(result(cell_result(STREAM, 2.0, tail=20.0), slow))
        assert page.view.verdict.sentence.text() == (
            "Für frame (900,0\u00a0KiB) ist OIP gRPC stream, raw am schnellsten, im Median "
            "2,00\u00a0ms; OIP REST, json braucht 13,0-mal so lange (85\u00a0% davon das Schreiben "
            "der Ausgabe im Server)."
        )
        assert "JSON ist richtig, wo" in page.view.verdict.notes.text()
    finally:
        use_language("en")


def test_throughput_and_sizes_have_a_tab_only_where_there_is_something_to_see(
    page: ComparePage,
) -> None:
    page._show(FOUND)
    assert not page.view.shows(page.view.scaling)
    assert not page.view.shows(page.view.load)
    assert not page.view.shows(page.view.sizes)
    several = [
        cell_result(replace(STREAM, in_flight=number), 2.0, rate=rate)
        for number, rate in ((1, 100.0), (2, 190.0), (4, 195.0))
    ]
    page._show(result(*several))
    assert page.view.shows(page.view.scaling)
    (curve,) = page.view.scaling.curves
    assert curve.points[curve.knee] == (2, 190.0)
    assert page.view.shows(page.view.load)
    sizes = [cell_result(replace(STREAM, payload=name), 1.0) for name in ("1 KB", "1 MB")]
    page._show(result(*sizes))
    assert page.view.shows(page.view.sizes)
    assert not page.widget.grab().isNull()


def test_what_is_doubtful_stands_apart_from_notes(page: ComparePage) -> None:
    page._show(FOUND)
    card = page.view.verdict
    assert "1 of 2 ways did not settle" in card.doubts.text()
    assert "settle" not in card.notes.text()
    assert not card.doubts.isHidden()
    page._show(result(cell_result(STREAM, 2.0)))
    assert card.doubts.isHidden()


def test_a_number_stays_with_its_unit(page: ComparePage) -> None:
    page._show(FOUND)
    assert "(900.0\u00a0KiB)" in page.view.verdict.sentence.text()
    assert "of 2.00\u00a0ms;" in page.view.verdict.sentence.text()


def test_a_payload_without_a_name_of_its_own_is_translated(page: ComparePage) -> None:
    cells = [
        cell_result(replace(STREAM, payload=name), 2.0) for name in ("Test pattern", "Latency")
    ]
    use_language("de")
    try:
        page._show(result(*cells))
        assert "Für Testbild (900,0" in page.view.verdict.sentence.text()
        assert "Für Latency (900,0" in page.view.verdict.sentence.text()
        assert {row[1] for row in page.view.table.texts()} == {"Testbild", "Latency"}
        assert page.view.latency.rows[0].label == "OIP gRPC stream, raw, Testbild"
    finally:
        use_language("en")


def test_a_way_that_is_chosen_is_marked_everywhere(page: ComparePage) -> None:
    page._show(FOUND)
    table, latency = page.view.table, page.view.latency
    place = latency.place_of(REST_BINARY.key)
    assert place is not None
    QTest.mouseClick(latency, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
    assert table.marked == REST_BINARY.key
    assert page.view.stages._marked == REST_BINARY.key
    table.mark(STREAM.key)
    assert latency._marked == STREAM.key
    page._show(FOUND)
    assert table.marked == STREAM.key


def test_a_point_opens_where_its_time_goes(page: ComparePage) -> None:
    ways = [replace(STREAM, in_flight=number) for number in (1, 2)]
    cells = (cell_result(way, 2.0, stages_ms={"wire": 2.0}) for way in ways)
    page._show(result(*cells))
    view = page.view
    assert view.charts.tabText(view.charts.currentIndex()) == "In flight"  # what was asked
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(view.scaling, key)
    assert view.charts.tabText(view.charts.currentIndex()) == "Where the time goes"
    assert view.table.marked == view.stages._marked == ways[1].key


@pytest.mark.parametrize("height", [360, 900])
def test_no_line_of_the_sentence_is_cut(page: ComparePage, qtbot: QtBot, height: int) -> None:
    page._widget.resize(700, height)
    page._show(FOUND)
    labels = (page.view.verdict.sentence, page.view.verdict.notes)

    def is_whole() -> bool:
        return all(label.height() >= label.heightForWidth(label.width()) for label in labels)

    qtbot.waitUntil(is_whole)
    area = page.view._said
    qtbot.waitUntil(lambda: area.verticalScrollBar().isVisible() is (height == 360))


def test_why_requests_of_a_way_failed_is_its_note(page: ComparePage) -> None:
    failures = {"It is not calibrated.": 3}
    flaky = msgspec.structs.replace(
        cell_result(STREAM, 2.0, failed=3, stable=False), failures=failures
    )
    page._show(result(flaky))
    assert page.view.table.texts()[0][-1] == "3 failed: It is not calibrated."


def test_the_last_column_takes_the_room_that_is_left(page: ComparePage) -> None:
    page.view.resize(2400, 640)
    for _ in range(2):
        page._show(FOUND, running=True)
        header = page.view.table.horizontalHeader()
        assert header.length() == page.view.table.viewport().width()


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_figure_fits_the_width_of_a_small_window(
    page: ComparePage, qtbot: QtBot, language: str
) -> None:
    use_language(language)
    try:
        cells = [
            msgspec.structs.replace(
                cell_result(way, 123.4, rate=1234.0, bytes_out=2.7e6, stable=False),
                client_cpu_ms=14.1,
                server_cpu_ms=23.4,
            )
            for way in (STREAM, REST_BINARY, REST_JSON)
        ]
        page.widget.resize(1280, 700)
        page.widget.show()
        page._show(result(*cells))
        page.view.show_result(result(*cells), before=result(*cells))
        table = page.view.table
        qtbot.waitUntil(lambda: table.viewport().width() > 1200)
        assert "× p50" in table._model.titles
        assert table.horizontalScrollBar().maximum() == 0
        assert _cut(page) == []
    finally:
        use_language("en")


def _cut(page: ComparePage) -> list[str]:
    table = page.view.table
    ways = table.model()
    return [
        str(ways.index(row, column).data())
        for row in range(ways.rowCount())
        for column in range(ways.columnCount())
        if table.sizeHintForIndex(ways.index(row, column)).width() > table.columnWidth(column)
    ]


def test_small_sizes_are_said_in_the_language_of_the_window(page: ComparePage) -> None:
    use_language("de")
    try:
        small = result(cell_result(STREAM, 2.0))
        conditions = msgspec.structs.replace(small.conditions, payloads={"frame": 1008})
        page._show(msgspec.structs.replace(small, conditions=conditions))
        assert page.view.verdict.sentence.text().startswith("Für frame (1008\u00a0Bytes) ")
    finally:
        use_language("en")


def test_columns_do_not_shrink_while_it_measures(page: ComparePage) -> None:
    page._show(result(cell_result(STREAM, 123456.7)), running=True)
    column = page.view.table._model.median_column
    wide = page.view.table.columnWidth(column)
    page._show(result(cell_result(STREAM, 1.2)), running=True)
    assert page.view.table.columnWidth(column) == wide


def test_rows_and_results_are_copied(page: ComparePage, host: ListeningHost) -> None:
    clipboard = QGuiApplication.clipboard()
    page.files.copy()
    assert "no result yet" in str(host.notifier.errors[0])
    page._show(FOUND)
    page.files.copy()
    assert host.notifier.notices[0].title == "Copied the result as Markdown"
    assert clipboard.text().startswith("For frame (900.0 KiB), OIP gRPC stream, raw is fastest")
    page.view.table.mark(REST_BINARY.key)
    QTest.keySequence(page.view.table, QKeySequence.StandardKey.Copy)
    titles, line = clipboard.text().split("\n")
    assert titles.startswith("Way\tp50\t")
    assert line.startswith("OIP REST, binary\t3.0 ms\t")
    page.view.table.clearSelection()
    QTest.keySequence(page.view.table, QKeySequence.StandardKey.Copy)
    assert len(clipboard.text().split("\n")) == 4


def test_what_was_given_up_is_coloured_and_says_why(page: ComparePage) -> None:
    lost = msgspec.structs.replace(cell_result(STREAM, 2.0), reason="It was lost.")
    page._show(result(lost, cell_result(REST_BINARY, 3.0)))
    ways = page.view.table.model()
    colors = [ways.index(row, 0).data(Qt.ItemDataRole.ForegroundRole) for row in (0, 1)]
    assert colors == [DARK.color("warning"), None]
    assert ways.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "It was lost."


def test_when_it_was_measured_is_said_by_the_users_clock(page: ComparePage) -> None:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    page._show(FOUND)
    assert f"measured {made.astimezone():%Y-%m-%d %H:%M:%S}" in page.view.verdict.conditions.text()
    page._show(msgspec.structs.replace(FOUND, made_at="once"))
    assert "measured once;" in page.view.verdict.conditions.text()
