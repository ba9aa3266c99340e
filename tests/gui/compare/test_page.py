"""The compare page: a measurement in a process of its own, its states, its files and its charts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from backend.compare.bench import decode_result, encode_result
from backend.compare.bench.result import CellResult
from backend.core.choices import Compression, ImageEncoding
from backend.core.samples import AudioWindow, Frame, Sample
from backend.core.target import Target
from backend.wire.media.images import decode_image
from gui.compare import ComparePage
from gui.compare.request import sample_file, target_arguments
from gui.state.switches import LOCAL_NAME, Switches
from tests.compare.bench.made import REST_BINARY, REST_JSON, STREAM, cell_result, result
from tests.embedded import server, target  # noqa: F401 - fixtures
from tests.gui.inspect.inspect_stage import ListeningHost

FOUND = result(
    cell_result(STREAM, 2.0, stages_ms={"encode": 0.4, "wire": 1.0, "server_infer": 0.6}),
    cell_result(REST_BINARY, 3.0, stable=False),
    CellResult(REST_JSON, "failed", "The server said no."),
)
LONGEST_MS = 60_000


def is_written(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def measured_cells(page: ComparePage) -> int:
    return sum(cell.measured for cell in page.result.cells) if page.result else 0


@pytest.mark.slow
def test_what_is_on_show_is_measured_over_every_way(
    page: ComparePage, host: ListeningHost, qtbot: QtBot
) -> None:
    host.sample = Frame(0, 0, np.full((24, 32, 3), 90, np.uint8))
    page.choices.seconds.setValue(2)
    with qtbot.waitSignal(page.process.finished, timeout=LONGEST_MS):
        page.choices.button.click()
        assert page.process.running
        assert page.choices.button.text() == "Cancel"
    assert page.result is not None
    assert list(page.result.conditions.payloads.values()) == [24 * 32 * 3]
    assert len(page.view.table.texts()) == 6
    assert len(page.view.latency.rows) == 6
    assert page.view.verdict.sentence.text().startswith("For ")
    assert page.choices.button.text() == "Measure"


@pytest.mark.slow
def test_a_measurement_that_is_cancelled_shows_what_it_has(page: ComparePage, qtbot: QtBot) -> None:
    page.choices.seconds.setValue(3600)
    page.measure()
    qtbot.waitUntil(lambda: measured_cells(page) > 0, timeout=LONGEST_MS)
    rows = page.view.table.texts()
    assert len(rows) == 6
    assert "of 6 ways so far" in page.view.verdict.sentence.text()
    assert measured_cells(page) == 6 or any(row[-1] == "not measured yet" for row in rows)
    with qtbot.waitSignal(page.process.finished, timeout=LONGEST_MS):
        assert page.escape()
        assert not page.choices.button.isEnabled()
    assert page.result is not None
    assert page.result.conditions.cancelled
    assert "ended early" in page.view.verdict.doubts.text()


def test_a_server_that_is_gone_is_said_in_words(
    page: ComparePage, host: ListeningHost, qtbot: QtBot
) -> None:
    host.target = Target(LOCAL_NAME, rest="http://127.0.0.1:9", grpc="127.0.0.1:9")
    with qtbot.waitSignal(page.process.failed, timeout=LONGEST_MS):
        page.measure()
    assert page._failure.title.text() == "Nothing could be measured."
    assert "127.0.0.1:9" in page._failure.lines.text()
    assert page._failure.isVisible()
    assert page.choices.button.text() == "Measure"


@pytest.mark.parametrize(
    ("reached", "model", "expected"),
    [(Target(LOCAL_NAME), "identity", "does not run"), (None, "", "No model is chosen")],
)
def test_what_cannot_be_asked_is_said_before_anything_starts(
    page: ComparePage,
    host: ListeningHost,
    reached: Target | None,
    model: str,
    expected: str,
) -> None:
    host.target = reached or host.target
    host.model = model
    page.measure()
    assert not page.process.running
    assert expected in page._failure.lines.text()


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (Frame(0, 0, np.zeros((2, 2, 3), np.uint8)), "oip/grpc_stream/raw/png/gzip"),
        (AudioWindow(0, 0, np.zeros(8, np.float32), 8000), "oip/grpc_stream/raw/raw/gzip"),
    ],
)
def test_the_way_in_use_is_measured_too(
    page: ComparePage, host: ListeningHost, sample: Sample, expected: str
) -> None:
    chosen = replace(Switches(), image=ImageEncoding.PNG, compression=Compression.GZIP)
    host.store.update(replace(host.store.current, switches=chosen))
    host.sample = sample
    arguments = page._arguments()
    assert arguments[arguments.index("--also") + 1] == expected


@pytest.mark.slow
def test_the_embedded_server_can_be_another_process(page: ComparePage, qtbot: QtBot) -> None:
    assert page.choices.server.isVisible()
    page.choices.server.setCurrentIndex(1)
    page.choices.seconds.setValue(2)
    with qtbot.waitSignal(page.process.finished, timeout=LONGEST_MS):
        page.measure()
    assert page.result is not None
    assert page.result.conditions.server_process == "child"
    assert all(cell.server_cpu_ms is not None for cell in page.result.cells)
    assert "each in a process of their own" in page.view.verdict.conditions.text()


@pytest.mark.slow
def test_a_process_that_dies_leaves_what_was_measured(
    page: ComparePage, host: ListeningHost, qtbot: QtBot
) -> None:
    page.choices.seconds.setValue(3600)
    page.measure()
    qtbot.waitUntil(lambda: measured_cells(page) > 0, timeout=LONGEST_MS)
    with qtbot.waitSignal(page.process.failed, timeout=LONGEST_MS):
        page.process._kill_it()
    assert measured_cells(page) > 0
    assert host.notifier.errors
    assert page.choices.button.text() == "Measure"


def test_only_our_own_server_can_be_started_twice(page: ComparePage, host: ListeningHost) -> None:
    host.target = Target("lab", rest="http://lab:8000", grpc="lab:8001")
    host.target_changed.emit()
    page.choices.server.setCurrentIndex(1)
    assert not page.choices.server.isVisible()
    assert not page.choices.own_server


def test_closing_the_window_ends_the_process(page: ComparePage, qtbot: QtBot) -> None:
    page.measure()
    assert page.process.running
    page.close()
    assert not page.process.running


def test_the_sample_on_show_is_called_so_and_a_file_by_its_name(
    page: ComparePage, host: ListeningHost
) -> None:
    sent = result(cell_result(replace(STREAM, payload="frame.png"), 2.0))
    host.sample = Frame(0, 0, np.zeros((2, 2, 3), np.uint8))
    page._arguments()
    page._show_measured(sent)
    assert "For the picture on show (900.0" in page.view.verdict.sentence.text()
    assert page.result is not None
    assert page.result.cells[0].cell.payload == "the picture on show"
    page.choices.use_file("frame.png", "frame.png")
    page._arguments()
    page._show_measured(sent)
    assert "For frame.png (900.0" in page.view.verdict.sentence.text()


def test_the_question_says_what_will_be_measured(page: ComparePage) -> None:
    page.choices.preset.set_value("scale")
    page._show_question()
    assert page._empty.title.text() == "How far does it scale?"
    assert page._empty.lines.text().startswith("Every transport with its bytes, 1 to 16 requests")


def test_files_are_opened_compared_and_written(
    page: ComparePage, host: ListeningHost, tmp_path: Path, qtbot: QtBot
) -> None:
    before = tmp_path / "before.json"
    before.write_bytes(encode_result(result(cell_result(STREAM, 1.0))))
    page._show(FOUND)
    page.files.read(page._compared, str(before))
    qtbot.waitUntil(lambda: "× 2.00" in page.view.table.texts()[0], timeout=LONGEST_MS)
    assert page.view.verdict.sentence.text() == (
        "Beside before.json, 2 of 3 figures differ by more than the noise. Medians are 2.00 times "
        "those there."
    )
    for form in ("json", "csv", "md", "png"):
        path = tmp_path / f"out.{form}"
        page.files.export(form, str(path))
        qtbot.waitUntil(partial(is_written, path), timeout=LONGEST_MS)
    qtbot.waitUntil(lambda: len(host.notifier.notices) == 4, timeout=LONGEST_MS)
    assert {notice.title for notice in host.notifier.notices} == {
        f"Saved: out.{form}" for form in ("json", "csv", "md", "png")
    }
    page.files.read(page._opened, str(tmp_path / "out.json"))
    qtbot.waitUntil(lambda: "out.json" in page.view.verdict.conditions.text(), timeout=LONGEST_MS)
    assert decode_result((tmp_path / "out.json").read_bytes()) == FOUND


def test_a_file_that_is_no_result_is_said(
    page: ComparePage, host: ListeningHost, tmp_path: Path, qtbot: QtBot
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    page.files.read(page._opened, str(wrong))
    qtbot.waitUntil(lambda: bool(host.notifier.errors), timeout=LONGEST_MS)
    assert "no result of a measurement" in str(host.notifier.errors[0])
    page.files.ask_export("csv")
    assert "no result yet" in str(host.notifier.errors[1])


def test_a_saved_target_goes_by_its_name_since_its_secrets_are_not_for_a_command_line() -> None:
    lab = Target("lab", rest="https://lab:8000", grpc="lab:8001")
    assert target_arguments(lab) == ["--target", "lab"]
    started = target_arguments(Target(LOCAL_NAME), ["/models"])
    assert started == ["--target", "embedded", "--model-repository", "/models"]
    own = Target(LOCAL_NAME, rest="http://127.0.0.1:8000", grpc="127.0.0.1:8001")
    assert target_arguments(own) == ["--target", "127.0.0.1:8000,8001"]


def test_the_sample_is_written_to_the_last_bit(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    path = sample_file(Frame(0, 0, pixels), tmp_path)
    np.testing.assert_array_equal(decode_image(path.read_bytes()), pixels)
    sound = AudioWindow(0, 0, np.linspace(-1, 1, 100, dtype=np.float32), 16_000)
    assert sample_file(sound, tmp_path).read_bytes()[:4] == b"RIFF"
