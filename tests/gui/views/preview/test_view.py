"""The preview: what is painted, where, and when it says so."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.predictions import Detection, Detections, KeyPoint, KeyPoints, Mask, Text
from backend.core.samples import AudioWindow, Frame
from backend.core.status import Result
from gui.views.contrast import contrast, readable_on
from gui.views.messages import MessageKind
from gui.views.preview.geometry import Area, Placement, Rotation
from gui.views.preview.look import (
    ALL_LAYERS,
    Following,
    Layer,
    LegendRow,
    Look,
    OverlayStyle,
)
from gui.views.preview.masks import mask_colors
from gui.views.preview.overlay import Overlay
from gui.views.preview.view import PreviewView
from gui.views.view import TEXT_PERIOD_NS
from gui.widgets.theme import DARK, LIGHT, Palette
from tests.gui.views.view_samples import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    color_at,
    image_of,
    plain_frame,
    quarters_frame,
    result_for,
    settle,
)


@pytest.fixture
def preview(qtbot: QtBot) -> PreviewView:
    view = PreviewView()
    qtbot.addWidget(view)
    view.resize(240, 160)
    view.show()
    settle()
    view.first_paints.drain()
    return view


def test_read_only_pixels_are_shown(preview: PreviewView) -> None:
    frame = quarters_frame()
    frame.pixels.flags.writeable = False
    preview.show_frame(frame)
    assert color_at(image_of(preview), 200, 20) == GREEN


def test_the_picture_is_letterboxed_and_its_corners_are_right(preview: PreviewView) -> None:
    preview.show_frame(quarters_frame())
    image = image_of(preview)
    area = preview.placement(quarters_frame()).area
    assert area == Area(13, 0, 213, 160)
    assert color_at(image, area.x + 2, 2) == RED
    assert color_at(image, area.right - 3, 2) == GREEN
    assert color_at(image, area.x + 2, 157) == BLUE
    assert color_at(image, area.right - 3, 157) == WHITE
    background = DARK.color("background")
    assert color_at(image, 4, 80) == (background.red(), background.green(), background.blue())


def test_mirror_and_rotation_change_what_is_shown_only(preview: PreviewView) -> None:
    frame = quarters_frame()
    preview.show_frame(frame)
    preview.set_mirror(True)
    area = preview.placement(frame).area
    assert color_at(image_of(preview), area.x + 2, 2) == GREEN
    preview.set_mirror(False)
    preview.set_rotation(90)
    area = preview.placement(frame).area
    assert area.height == 160
    assert color_at(image_of(preview), area.x + 2, 2) == BLUE
    assert color_at(image_of(preview), area.right - 3, 2) == RED


def test_a_double_click_shows_exact_pixels(preview: PreviewView, qtbot: QtBot) -> None:
    frame = quarters_frame()
    preview.show_frame(frame)
    with qtbot.waitSignal(preview.exact_changed):
        QTest.mouseDClick(preview, Qt.MouseButton.LeftButton)
    assert preview.placement(frame).area == Area(88, 56, 64, 48)
    image = image_of(preview)
    for at, color in (((88, 56), RED), ((151, 56), GREEN), ((88, 103), BLUE), ((151, 103), WHITE)):
        assert color_at(image, *at) == color


def test_locked_paints_the_frame_of_the_result_and_live_the_newest(preview: PreviewView) -> None:
    answered, newest = plain_frame(1, RED), plain_frame(2, BLUE)
    preview.show_result(result_for(answered))
    preview.show_frame(newest)
    assert color_at(image_of(preview), 120, 80) == RED
    preview.set_locked(False)
    assert color_at(image_of(preview), 120, 80) == BLUE


def test_live_tells_how_old_the_result_is(preview: PreviewView) -> None:
    frame = plain_frame(1, RED)
    preview.set_locked(False)
    preview.show_frame(frame)
    without = image_of(preview)
    preview.show_result(result_for(frame))
    assert image_of(preview) != without


def test_a_result_for_another_size_is_not_drawn_over_the_newest_frame(
    preview: PreviewView,
) -> None:
    old, new = plain_frame(1, RED), plain_frame(2, BLUE, width=32, height=24)
    preview.set_locked(False)
    preview.show_frame(new)
    without = image_of(preview)
    preview.show_result(result_for(old, Detections((Detection((5, 5, 20, 20), "a", 0.9),))))
    assert image_of(preview) == without


def test_a_result_for_sound_leaves_the_picture_alone(preview: PreviewView) -> None:
    window = AudioWindow(1, 0, np.zeros(10, np.float32), 16_000)
    base = result_for(plain_frame(1))
    preview.show_frame(plain_frame(2, GREEN))
    preview.show_result(Result(1, window, (), base.timeline, base.traffic, base.settings))
    assert color_at(image_of(preview), 120, 80) == GREEN


def test_first_paints_are_noted_once_with_the_time_of_painting(preview: PreviewView) -> None:
    frame = plain_frame(7)
    preview.show_frame(frame)
    image_of(preview)
    image_of(preview)
    preview.show_result(result_for(frame))
    before = time.monotonic_ns()
    image_of(preview)
    paints = preview.first_paints.drain()
    assert [(paint.seq, paint.is_result) for paint in paints] == [(7, False), (7, True)]
    assert before <= paints[1].painted_ns <= time.monotonic_ns()
    assert paints[1].captured_ns == frame.captured_ns
    assert paints[1].age_ms > 0


def test_letter_keys_switch_layers(preview: PreviewView) -> None:
    heard: list[frozenset[Layer]] = []
    preview.layers_changed.connect(heard.append)
    for key in (Qt.Key.Key_B, Qt.Key.Key_M, Qt.Key.Key_K, Qt.Key.Key_L):
        QTest.keyClick(preview, key)
    left = ALL_LAYERS - {Layer.BOXES, Layer.MASKS, Layer.POINTS, Layer.LABELS}
    assert preview.overlay_style.layers == left
    assert len(heard) == 4
    QTest.keyClick(preview, Qt.Key.Key_B)
    assert preview.overlay_style.layers == left | {Layer.BOXES}


def test_boxes_are_drawn_in_the_colour_of_their_class_and_can_be_switched_off(
    preview: PreviewView,
) -> None:
    frame = plain_frame(1, (0, 0, 0))
    detections = Detections((Detection((16, 12, 48, 36), "square", 0.9, index=2),))
    preview.show_result(result_for(frame, detections))
    box = preview.placement(frame).box_to_view((16, 12, 48, 36))
    color = DARK.series_color(0)
    drawn = color_at(image_of(preview), box.right, box.y + box.height / 2)
    assert drawn == (color.red(), color.green(), color.blue())
    preview.set_style(OverlayStyle(frozenset()))
    assert color_at(image_of(preview), box.right, box.y + box.height / 2) == (0, 0, 0)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_a_message_is_shown_and_said(preview: PreviewView, kind: MessageKind) -> None:
    without = image_of(preview)
    preview.set_message("No camera found", "The test pattern works without one.", kind)
    assert image_of(preview) != without
    assert preview.summary == "No camera found. The test pattern works without one"
    preview.set_message("", "")
    assert image_of(preview) == without


def written_rows(image: QImage) -> int:
    """How many of its rows have something on the ground of their first pixel."""
    rows = range(image.height())
    across = range(image.width())
    return sum(len({image.pixel(x, y) for x in across}) > 1 for y in rows)


def test_a_message_grows_with_what_is_read_from_afar(preview: PreviewView) -> None:
    preview.resize(600, 400)
    preview.set_message("No camera", kind=MessageKind.EMPTY)
    settle()
    designed = written_rows(image_of(preview))
    preview.set_emphasis(3.0, legend_elsewhere=True)
    assert written_rows(image_of(preview)) > 2.5 * designed


def test_live_tells_an_audience_too_how_old_the_result_is(preview: PreviewView) -> None:
    preview.resize(600, 400)
    preview.set_locked(locked=False)
    preview.set_emphasis(2.0, legend_elsewhere=True)
    frame = plain_frame(1, RED)
    preview.show_frame(frame)
    without = image_of(preview)
    preview.show_result(result_for(frame, Detections(())))
    corner = QRect(preview.width() - 120, 0, 120, 40)
    assert image_of(preview).copy(corner) != without.copy(corner)


def test_the_summary_tells_size_and_objects(preview: PreviewView) -> None:
    preview.show_result(
        result_for(plain_frame(1), Detections((Detection((1, 1, 9, 9), "circle", 0.98),)))
    )
    assert preview.summary == "64 by 48 picture, 1 found: circle 0.98"
    assert preview.accessibleName() == "Preview"


@pytest.mark.parametrize(
    "box", [(-5, -5, 20, 10), (600, 0, 660, 30), (300, 470, 340, 490), (0, 0, 640, 480)]
)
def test_a_tag_stays_inside_the_picture(qapp: object, box: tuple[float, ...]) -> None:
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    bounds = Area(0, 0, 640, 480)
    look = Look(DARK, painter.font(), OverlayStyle(), bounds)
    item = Detection(
        (box[0], box[1], box[2], box[3]), "a label of some length", 0.5, text="x" * 400
    )
    tags = Overlay().draw(painter, (Detections((item,)),), Placement(640, 480, bounds), look)
    painter.end()
    (tag,) = tags
    assert tag.x >= 0
    assert tag.y >= 0
    assert tag.right <= 640
    assert tag.bottom <= 480
    assert tag.height >= QFontMetricsF(look.font).height() * 0.8


def test_tags_of_neighbours_do_not_cover_each_other(qapp: object) -> None:
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    bounds = Area(0, 0, 640, 480)
    look = Look(LIGHT, painter.font(), OverlayStyle(), bounds)
    items = tuple(
        Detection((200 + 6 * n, 200 + 4 * n, 300 + 6 * n, 300), f"thing {n}", 0.9 - n / 10, n)
        for n in range(4)
    )
    tags = Overlay().draw(painter, (Detections(items),), Placement(640, 480, bounds), look)
    painter.end()
    for n, tag in enumerate(tags):
        assert all(tag.overlap(other) == 0 for other in tags[n + 1 :])


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_tag_text_can_be_read_on_every_series_colour(palette: Palette) -> None:
    for index in range(8):
        ground = palette.series_color(index)
        assert contrast(readable_on(ground), ground) >= 4.5


def test_a_mask_covers_its_pixels_at_half_strength(preview: PreviewView) -> None:
    frame = plain_frame(1, (0, 0, 0))
    classes = np.zeros((48, 64), np.uint8)
    classes[:, 32:] = 3
    preview.show_result(result_for(frame, Mask(classes, ("", "a", "b", "c"))))
    image = image_of(preview)
    placement = preview.placement(frame)
    assert color_at(image, *placement.to_view(16, 24)) == (0, 0, 0)
    color = DARK.series_color(0)
    half = tuple(round(part / 2) for part in (color.red(), color.green(), color.blue()))
    assert color_at(image, *placement.to_view(48, 24)) == pytest.approx(half, abs=2)
    preview.set_mirror(True)
    placement = preview.placement(frame)
    assert placement.rotation is Rotation.NONE
    assert color_at(image_of(preview), *placement.to_view(16, 24)) == (0, 0, 0)


def test_class_0_of_a_mask_is_clear() -> None:
    table = mask_colors(OverlayStyle(), DARK.color("background"), {})
    assert table[0] == 0
    assert np.all(table[1:] >> 24 == 128)


def test_key_points_and_text_are_drawn(preview: PreviewView) -> None:
    frame = plain_frame(1, (0, 0, 0))
    point = Detection((5, 5, 60, 40), "face", 0.9, 1, points=(KeyPoint(32, 24),))
    preview.show_result(result_for(frame, Detections((point,)), Text("A4")))
    color = DARK.series_color(0)
    at = preview.placement(frame).to_view(32, 24)
    assert color_at(image_of(preview), *at) == (color.red(), color.green(), color.blue())


def test_points_of_a_body_are_joined(preview: PreviewView) -> None:
    frame = plain_frame(1, (0, 0, 0))
    knee, ankle = KeyPoint(16, 12, 1, "left knee"), KeyPoint(48, 36, 1, "left ankle")
    preview.show_result(result_for(frame, KeyPoints((knee, ankle))))
    color = DARK.series_color(0)
    between = preview.placement(frame).to_view(32, 24)
    assert color_at(image_of(preview), *between) == (color.red(), color.green(), color.blue())
    preview.show_result(result_for(frame, KeyPoints((knee, KeyPoint(48, 36, 1, "left eye")))))
    assert color_at(image_of(preview), *between) == (0, 0, 0)


def test_a_large_picture_is_averaged_when_it_shrinks(preview: PreviewView) -> None:
    pixels = np.zeros((960, 1280, 3), np.uint8)
    pixels[::2, ::2] = 255
    pixels[1::2, 1::2] = 255
    preview.show_frame(Frame(1, time.monotonic_ns(), pixels))
    assert color_at(image_of(preview), 120, 80) == pytest.approx((128, 128, 128), abs=4)


class _Painted(QObject):
    """Remembers what was painted of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.areas: list[QRect] = []
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QPaintEvent):
            self.areas.append(event.rect())
        return False


def test_only_the_picture_is_painted_again_until_something_beside_it_changes(
    preview: PreviewView,
) -> None:
    preview.resize(400, 160)
    preview.set_locked(False)
    preview.show_frame(plain_frame(1))
    preview.show_result(result_for(plain_frame(1)))
    settle()
    painted = _Painted(preview)
    for seq in (2, 3):
        preview.show_frame(plain_frame(seq))
        preview.show_result(result_for(plain_frame(seq)))
        settle()
    area = preview.placement(plain_frame(3)).area
    assert painted.areas
    assert all(place.width() < area.width + 40 < 400 for place in painted.areas)
    painted.areas.clear()
    preview.tick(time.monotonic_ns() + TEXT_PERIOD_NS)  # the note with the age
    settle()
    counts = (LegendRow("circle", "1"),)
    preview.show_result(result_for(plain_frame(4)), Following(counts=counts))
    settle()
    preview.show_frame(plain_frame(5, width=48, height=64))
    settle()
    assert painted.areas == [preview.rect()] * 3
