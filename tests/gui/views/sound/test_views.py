"""Waveform, level meter and spectrogram: the sound is where and as loud as it should be."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from pytestqt.qtbot import QtBot

from backend.core.samples import AudioBlock
from gui.views.sound.level import Level, decibels
from gui.views.sound.scroll import RingImage, SampleClock
from gui.views.sound.spectrum import ColumnCutter, MelRows, MelSpectrum, fft_size
from gui.views.sound.views import LevelMeter, SpectrogramView, WaveformView, color_table
from gui.widgets.theme import DARK, LIGHT
from tests.gui.views.view_samples import color_at, image_of, settle, tone_blocks

RATE = 16_000


def tone(hertz: float, count: int, amplitude: float = 1.0) -> np.ndarray:
    at = np.arange(count) / RATE
    return (amplitude * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


@pytest.mark.parametrize("hertz", [250.0, 1000.0, 4000.0])
def test_a_tone_is_loudest_in_its_own_row(hertz: float) -> None:
    rows = 200
    spectrum = MelSpectrum(RATE, rows)
    levels = spectrum.levels(tone(hertz, spectrum.size)[None])
    assert abs(int(levels[:, 0].argmax()) - MelRows(RATE, rows).row_of(hertz)) <= 2


def test_full_scale_is_255_and_silence_is_0() -> None:
    spectrum = MelSpectrum(RATE, 128)
    assert spectrum.levels(np.zeros((1, spectrum.size), np.float32)).max() == 0
    assert spectrum.levels(tone(1000, spectrum.size)[None]).max() >= 252
    quiet = spectrum.levels(tone(1000, spectrum.size, amplitude=0.001)[None]).max()
    assert quiet == pytest.approx(255 * 0.4, abs=3)  # -60 of -100 dB


def test_a_row_and_its_frequency_belong_together() -> None:
    scale = MelRows(RATE, 100)
    frequencies = scale.frequencies()
    assert frequencies[0] == pytest.approx(8000)
    assert [scale.row_of(f) for f in frequencies[::25]] == pytest.approx([0, 25, 50, 75])


def test_the_window_is_about_50_ms() -> None:
    assert (fft_size(16_000), fft_size(44_100), fft_size(48_000)) == (1024, 2048, 2048)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("hop", [160.0, 133.7, 900.5])
def test_windows_do_not_depend_on_how_the_sound_is_cut_into_blocks(hop: float, parts: int) -> None:
    sound = np.arange(8000, dtype=np.float32)
    whole = ColumnCutter(hop, 256, parts).add(sound)
    pieces = ColumnCutter(hop, 256, parts)
    ends = np.cumsum([1, 7, 320, 320, 900, 2000, 13])
    cut = np.concatenate([pieces.add(block) for block in np.split(sound, ends)])
    assert np.array_equal(whole, cut)
    assert len(whole) == int(8000 / hop) * parts
    assert whole[-1, -1] == np.floor(int(8000 / hop) * hop) - 1


def test_jitter_of_blocks_does_not_shake_the_clock_but_a_pause_is_seen() -> None:
    clock = SampleClock()
    rng = np.random.default_rng(3)
    block = np.zeros(320, np.float32)
    for n in range(200):
        at_ns = int(1e9 + n * 20e6 + rng.normal(0, 3e6))
        assert clock.advance(AudioBlock(n, at_ns, block, RATE)) == 0.0
    assert clock.end_s == pytest.approx(1.0 + 199 * 0.02, abs=0.003)
    gap = clock.advance(AudioBlock(200, int(1e9 + 199 * 20e6 + 2e9), block, RATE))
    assert gap == pytest.approx(1.98, abs=0.01)


def test_a_ring_image_scrolls_and_wraps() -> None:
    ring = RingImage(columns=8, rows=2, ground=0xFF000000)
    for n in range(1, 12):
        ring.push(np.full((2, 1), 0xFF000000 + n, np.uint32))
    assert (ring.newest(8)[0] & 0xFF).tolist() == [4, 5, 6, 7, 8, 9, 10, 11]
    image = QImage(6, 2, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    target = QRect(0, 0, 6, 2)
    ring.paint(painter, target, 0)
    assert [color_at(image, x, 0)[2] for x in range(6)] == [6, 7, 8, 9, 10, 11]
    ring.paint(painter, target, 2)
    assert [color_at(image, x, 1)[2] for x in range(6)] == [8, 9, 10, 11, 0, 0]
    ring.paint(painter, target, -1)
    assert [color_at(image, x, 1)[2] for x in range(6)] == [5, 6, 7, 8, 9, 10]
    ring.paint(painter, target, 99)
    assert [color_at(image, x, 1)[2] for x in range(6)] == [0] * 6
    ring.skip(3)
    ring.paint(painter, target, 0)
    painter.end()
    assert [color_at(image, x, 1)[2] for x in range(6)] == [9, 10, 11, 0, 0, 0]


def test_more_columns_than_the_ring_holds_leave_the_newest() -> None:
    ring = RingImage(columns=4, rows=1, ground=0)
    ring.push(np.arange(10, dtype=np.uint32)[None])
    assert ring.newest(4)[0].tolist() == [6, 7, 8, 9]


def brightest_row(image: QImage, x: int, plot: QRect) -> int:
    column = [sum(color_at(image, x, y)) for y in range(plot.top(), plot.bottom() + 1)]
    return int(np.argmax(column))


@pytest.mark.parametrize("before_showing", [True, False])
def test_the_spectrogram_shows_a_1_khz_tone_in_its_row(qtbot: QtBot, before_showing: bool) -> None:
    view = SpectrogramView()
    qtbot.addWidget(view)
    view.resize(400, 220)
    if not before_showing:
        view.show()
        image_of(view)
    for block in tone_blocks(1000.0, 4.0, time.monotonic_ns()):
        view.add(block)
    view.show()
    image = image_of(view)
    plot = view.plot_area()
    x = plot.right() - round(plot.width() * 0.2)
    expected = MelRows(RATE, plot.height()).row_of(1000.0)
    assert abs(brightest_row(image, x, plot) - expected) <= 2
    assert view.summary.startswith("strongest near ")
    assert float(view.summary.split()[2]) == pytest.approx(1000, rel=0.03)
    ground = QColor(int(color_table()[0]))
    assert color_at(image, plot.left() + 5, plot.center().y()) == (
        ground.red(),
        ground.green(),
        ground.blue(),
    )


def test_the_waveform_is_as_high_as_the_sound_is_loud(qtbot: QtBot) -> None:
    view = WaveformView()
    qtbot.addWidget(view)
    view.resize(400, 160)
    view.show()
    for block in tone_blocks(200.0, 4.0, time.monotonic_ns(), amplitude=0.5):
        view.add(block)
    image, plot = image_of(view), view.plot_area()
    accent = DARK.color("accent")
    x = plot.right() - round(plot.width() * 0.2)
    inked = [
        y
        for y in range(plot.top(), plot.bottom() + 1)
        if color_at(image, x, y) == (accent.red(), accent.green(), accent.blue())
    ]
    assert len(inked) == pytest.approx(plot.height() / 2, abs=3)
    view.set_palette_roles(LIGHT)
    assert image_of(view) != image


def test_the_sound_moves_left_with_the_clock(qtbot: QtBot) -> None:
    view = WaveformView()
    qtbot.addWidget(view)
    view.resize(400, 160)
    view.show()
    now_ns = time.monotonic_ns()
    for block in tone_blocks(200.0, 1.0, now_ns - 8_000_000_000):
        view.add(block)
    image, plot = image_of(view), view.plot_area()
    accent = DARK.color("accent")
    y = plot.center().y()
    inked = [
        x
        for x in range(plot.left(), plot.right() + 1)
        if color_at(image, x, y) == (accent.red(), accent.green(), accent.blue())
    ]
    assert (inked[-1] - plot.left()) / plot.width() == pytest.approx(0.2, abs=0.06)


def test_a_new_rate_and_a_new_size_start_again_without_harm(qtbot: QtBot) -> None:
    view = SpectrogramView()
    qtbot.addWidget(view)
    view.resize(300, 150)
    view.show()
    for rate in (RATE, 48_000):
        for block in tone_blocks(1000.0, 1.0, time.monotonic_ns(), rate=rate):
            view.add(block)
        image_of(view)
        assert view.rate == rate
    view.resize(420, 200)
    image_of(view)
    view.clear()
    assert view.rate == 0
    image_of(view)


def test_decibels_of_amplitudes() -> None:
    assert decibels(1.0) == 0.0
    assert decibels(0.5) == pytest.approx(-6.02, abs=0.01)
    assert decibels(0.0) == -60.0


def test_a_peak_is_held_and_then_falls() -> None:
    level = Level()
    level.hear(tone(1000, 1600, amplitude=0.5), 0.0)
    assert level.rms == pytest.approx(-9.03, abs=0.05)
    assert level.held == pytest.approx(-6.02, abs=0.05)
    level.fall(1.0)
    assert level.held == pytest.approx(-6.02, abs=0.05)
    assert level.peak == pytest.approx(-46.02, abs=0.05)
    level.fall(1.6)
    level.fall(2.6)
    assert level.held < -20


def test_clipping_is_shown_for_two_seconds() -> None:
    level = Level()
    level.hear(np.array([0.2, -1.0], np.float32), 5.0)
    assert level.clipped(6.9)
    assert not level.clipped(7.1)
    assert not Level().clipped(0.0)


def test_the_meter_paints_and_tells_its_level(qtbot: QtBot) -> None:
    view = LevelMeter()
    qtbot.addWidget(view)
    view.resize(400, 44)
    view.show()
    silent = image_of(view)
    view.add(AudioBlock(0, 0, tone(1000, 1600, amplitude=0.5), RATE))
    assert view.summary == "peak -6.0 dBFS"
    view.tick(time.monotonic_ns())
    assert image_of(view) != silent
    view.add(AudioBlock(1, 0, np.ones(10, np.float32), RATE))
    assert view.summary == "peak 0.0 dBFS, clipping"
    view.clear()
    assert view.level.held == -60.0


def test_the_axis_appears_with_the_first_sound(qtbot: QtBot) -> None:
    view = SpectrogramView()
    qtbot.addWidget(view)
    view.resize(400, 220)
    view.show()
    settle()
    for block in tone_blocks(1000.0, 0.1, time.monotonic_ns()):
        view.add(block)
    settle()
    with_axis = view.grab(QRect(0, 0, 40, 190)).toImage()
    view.clear()
    assert view.grab(QRect(0, 0, 40, 190)).toImage() != with_axis


def test_the_spectrogram_frames_what_the_model_looked_at(qtbot: QtBot) -> None:
    view = SpectrogramView()
    qtbot.addWidget(view)
    view.resize(460, 200)
    view.show()
    settle()
    end_ns = time.monotonic_ns()
    for block in tone_blocks(1000, 8, end_ns, amplitude=0.0):
        view.add(block)
    image_of(view)

    def framed() -> list[int]:
        image, plot = image_of(view), view.plot_area()
        y = plot.center().y()
        return [x for x in range(image.width()) if color_at(image, x, y)[1] > 180]

    before = framed()
    view.show_window(end_ns - 2_000_000_000, 2.0)
    columns = framed()
    plot = view.plot_area()
    assert before == []
    assert columns[-1] - columns[0] == pytest.approx(plot.width() / 5, abs=5)
    now_s = (time.monotonic_ns() - end_ns) / 1e9
    expected = plot.right() - (2.0 + now_s) * plot.width() / 10
    assert columns[-1] == pytest.approx(expected, abs=plot.width() / 10)
    view.hold(end_ns / 1e9)
    still = framed()
    view.show_window(end_ns + 500_000_000, 2.0)
    assert framed() == still  # what came later is no part of what stands still
    view.forget_window()
    assert framed() == []


def test_a_waveform_that_stands_still_goes_on_without_a_gap(qtbot: QtBot) -> None:
    view = WaveformView()
    qtbot.addWidget(view)
    view.resize(400, 160)
    view.show()
    now_ns = time.monotonic_ns()
    for block in tone_blocks(200.0, 4.0, now_ns - 4_000_000_000, amplitude=0.5):
        view.add(block)
    view.hold(now_ns / 1e9)
    still = image_of(view)
    for block in tone_blocks(200.0, 4.0, now_ns, amplitude=0.9):
        view.add(block)
    view.tick(now_ns + 10**9)
    assert image_of(view) == still
    assert view.level_at(now_ns / 1e9 - 5.0) == pytest.approx(decibels(0.5), abs=0.1)
    assert view.level_at(now_ns / 1e9 - 1.0) is None
    view.set_palette_roles(LIGHT)
    view.set_palette_roles(DARK)
    assert image_of(view) == still  # drawn anew of what was kept
    view.hold(None)
    view.hold(now_ns / 1e9 + 0.01)  # so that it does not matter how long this takes
    image, plot = image_of(view), view.plot_area()
    assert image != still
    accent = DARK.color("accent")
    colors = [
        color_at(image, x, plot.center().y() + 12)
        for x in range(plot.right() - plot.width() * 6 // 10, plot.right() - 20)
    ]
    assert set(colors) == {(accent.red(), accent.green(), accent.blue())}
    assert view.level_at(now_ns / 1e9 - 1.0) == pytest.approx(decibels(0.9), abs=0.1)


def test_sound_that_stands_still_is_drawn_anew_for_another_size(qtbot: QtBot) -> None:
    painted: list[int] = []

    class Watched(WaveformView):
        def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
            super().paintEvent(event)
            painted.append(self._shown_columns)

    view = Watched()
    qtbot.addWidget(view)
    view.resize(400, 160)
    view.show()
    now_ns = time.monotonic_ns()
    for block in tone_blocks(200.0, 4.0, now_ns):
        view.add(block)
    view.hold(now_ns / 1e9)
    qtbot.waitUntil(lambda: bool(painted))
    view.resize(520, 160)
    wanted = round(view.plot_area().width() * view.devicePixelRatioF())

    def is_drawn_anew() -> bool:
        view.tick(time.monotonic_ns())
        return painted[-1] == wanted

    qtbot.waitUntil(is_drawn_anew)


def test_a_waveform_that_ends_later_fills_up_first(qtbot: QtBot) -> None:
    view = WaveformView()
    qtbot.addWidget(view)
    view.resize(400, 160)
    view.show()
    now_ns = time.monotonic_ns()
    end_ns = now_ns + 5_000_000_000
    view.hold(end_ns / 1e9, now_ns / 1e9)
    plot = view.plotted()
    assert view.place_of(now_ns / 1e9) == pytest.approx(plot.center().x())
    assert view.moment_at(plot.right()) == pytest.approx(end_ns / 1e9)
    blocks = tone_blocks(200.0, 8.0, end_ns + 2_000_000_000)
    for block in blocks:
        view.add(block)
    kept = list(view.shown_blocks)
    assert kept[0] is blocks[0]
    assert kept[-1].captured_ns == pytest.approx(end_ns, abs=20_000_000)
    view.hold(None)
    assert list(view.shown_blocks)[-1] is blocks[-1]


def test_sound_that_is_paused_stays_and_goes_on_without_a_gap(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = WaveformView()
    qtbot.addWidget(view)
    view.resize(600, 200)
    view.show()
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def hear(end_s: float) -> None:
        loud = np.ones(RATE // 10, np.float32)
        view.add(AudioBlock(0, round(end_s * 1e9), loud, RATE))

    for n in range(20):
        hear(998.1 + n * 0.1)
    view.rest(resting=True)
    clock[0] = 1000.2
    paused = image_of(view)
    right = view.plotted().right()
    clock[0] = 1060.0
    assert image_of(view) == paused, "nothing moves however long the pause is"
    assert view.place_of(1000.0) == pytest.approx(right)
    hear(1060.0)  # one sample on, as by a step
    clock[0] = 1075.0
    assert view.place_of(1060.0) == pytest.approx(right)
    assert view.place_of(1000.0) == pytest.approx(view.place_of(1059.9))
    assert view.level_at(999.5) == pytest.approx(0.0), "what was before is still there"
    view.rest(resting=False)
    clock[0] = 1090.0
    hear(1090.1)
    clock[0] = 1090.18
    assert view.place_of(1090.1) == pytest.approx(right)
    assert view.moment_at(view.place_of(999.0)) == pytest.approx(999.0)
    gone = right - view.place_of(998.0)
    assert gone == pytest.approx(view.plotted().width() * 2.2 / 10.0, abs=1.0)
