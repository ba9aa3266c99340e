"""What lies over the picture is drawn when it changes, and pictures are scaled ahead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

import gui.views.preview.picture
from backend.core.predictions import Detection, Detections
from backend.core.samples import AudioWindow, Frame
from backend.core.status import Result
from backend.core.tensors import Array
from backend.wire.media.opencv import cv2
from gui.views.preview.answer_wait import AnswerWait
from gui.views.preview.geometry import Area, Placement, Rotation
from gui.views.preview.look import Following, Look, OverlayStyle
from gui.views.preview.overlay import Overlay
from gui.views.preview.picture import Picture
from gui.views.preview.view import PreviewView
from gui.widgets.theme import DARK, LIGHT
from tests.gui.views.view_samples import (
    BLUE,
    GREEN,
    RED,
    classes,
    color_at,
    image_of,
    plain_frame,
    result_for,
    settle,
)
from tests.waiting import WAIT_S

_BOX = Detections((Detection((10, 10, 40, 30), "face", 0.9),))


@pytest.fixture
def preview(qtbot: QtBot) -> PreviewView:
    view = PreviewView()
    qtbot.addWidget(view)
    view.resize(240, 160)
    view.show()
    settle()
    return view


def drawn(preview: PreviewView) -> int:
    image_of(preview)
    return preview._overlay.layer.drawn


def test_frames_under_the_same_answer_do_not_draw_it_again(preview: PreviewView) -> None:
    preview.set_locked(False)
    frames = [plain_frame(n, color) for n, color in enumerate((RED, GREEN, BLUE))]
    preview.show_frame(frames[0])
    preview.show_result(result_for(frames[0], _BOX))
    before = drawn(preview)
    for frame, color in zip(frames, (RED, GREEN, BLUE), strict=True):
        preview.show_frame(frame)
        assert color_at(image_of(preview), 200, 140) == color
    assert drawn(preview) == before
    preview.show_result(result_for(frames[2], _BOX))
    assert drawn(preview) == before + 1


def test_where_nothing_is_marked_nothing_is_drawn(preview: PreviewView) -> None:
    frame = plain_frame(1, BLUE)
    preview.show_result(result_for(frame, *classes(cat=0.9)))
    assert drawn(preview) == 0
    assert color_at(image_of(preview), 120, 80) == BLUE
    preview.show_result(result_for(frame, _BOX))
    assert drawn(preview) == 1
    preview.show_result(result_for(frame, *classes(cat=0.9)))
    assert color_at(image_of(preview), 120, 80) == BLUE


def test_whatever_changes_the_overlay_draws_it_again(preview: PreviewView) -> None:
    frame = plain_frame(1)
    preview.show_frame(frame)
    preview.show_result(result_for(frame, _BOX))
    count = drawn(preview)
    assert drawn(preview) == count
    changes: tuple[Callable[[], None], ...] = (
        lambda: preview.set_style(OverlayStyle(threshold=0.5)),
        lambda: preview.set_mirror(True),
        lambda: preview.set_rotation(90),
        lambda: preview.set_palette_roles(LIGHT),
        lambda: preview.resize(300, 200),
        lambda: preview.show_result(result_for(frame, _BOX), Following(by_track=True)),
    )
    for change in changes:
        change()
        settle()
        assert drawn(preview) > count, change
        count = drawn(preview)


def test_the_layer_looks_as_if_drawn_on_the_picture(qapp: object) -> None:
    bounds = Area(0, 0, 64, 48)
    look = Look(DARK, qapp.font(), OverlayStyle(opacity=0.5), bounds)  # type: ignore[attr-defined]
    overlay, images = Overlay(), []
    for _ in range(2):
        image = QImage(64, 48, QImage.Format.Format_RGB32)
        image.fill(0xFF204060)
        painter = QPainter(image)
        overlay.draw(painter, (_BOX,), Placement(64, 48, bounds), look)
        painter.end()
        images.append(image)
    assert images[0] == images[1]
    assert color_at(images[0], 2, 46) == (0x20, 0x40, 0x60)
    red, green, blue = color_at(images[0], 25, 10)
    assert (red, green, blue) != (0x20, 0x40, 0x60)


def test_a_prepared_picture_is_not_scaled_by_its_painting(
    preview: PreviewView, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview.show_frame(plain_frame(1))
    image_of(preview)
    frame = plain_frame(2, BLUE)
    worker = threading.Thread(target=preview.prepare, args=(frame,))
    worker.start()
    worker.join()
    scaled: list[object] = []
    resize = cv2.resize

    def note(*wanted: Any, **options: Any) -> Any:
        scaled.append(wanted)
        return resize(*wanted, **options)

    monkeypatch.setattr(cv2, "resize", note)
    preview.show_frame(frame)
    assert color_at(image_of(preview), 120, 80) == BLUE
    assert not scaled
    preview.resize(300, 200)  # wanted otherwise: now it has to be
    assert color_at(image_of(preview), 120, 80) == BLUE
    assert len(scaled) == 1


def test_who_needs_a_picture_waits_for_that_and_for_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture, area = Picture(), Area(0, 0, 64, 48)
    slow, quick = plain_frame(1, RED), plain_frame(2, BLUE)
    picture.image(plain_frame(0, GREEN), area, Rotation.NONE, mirrored=False)
    begun, go = threading.Event(), threading.Event()
    made: list[int] = []
    scale = gui.views.preview.picture._scaled

    def held(pixels: Array, width: int, height: int) -> QImage:
        made.append(int(pixels[0, 0, 0]))
        if pixels[0, 0, 0] == slow.pixels[0, 0, 0]:
            begun.set()
            assert go.wait(WAIT_S)
        return scale(pixels, width, height)

    monkeypatch.setattr(gui.views.preview.picture, "_scaled", held)
    ahead = threading.Thread(target=picture.prepare, args=(slow,))
    ahead.start()
    assert begun.wait(WAIT_S)
    other = picture.image(quick, area, Rotation.NONE, mirrored=False)
    assert color_at(other, 1, 1) == BLUE
    threading.Thread(target=go.set).start()
    own = picture.image(slow, area, Rotation.NONE, mirrored=False)
    assert color_at(own, 1, 1) == RED
    ahead.join()
    assert len(made) == 2


def test_only_what_will_be_shown_is_prepared(preview: PreviewView) -> None:
    frame = plain_frame(1)
    assert not preview.prepare(frame)  # nothing was painted yet, so the size is not known
    preview.show_frame(frame)
    image_of(preview)
    answer = result_for(frame, _BOX)
    sound = replace(answer, sample=AudioWindow(0, 0, np.zeros(8, np.float32), 16_000))
    assert _prepares(preview, frame, answer, sound) == [True, True, False]
    preview.show_result(answer)
    assert _prepares(preview, frame, answer, sound) == [False, True, False]
    preview.set_locked(False)
    assert _prepares(preview, frame, answer, sound) == [True, False, False]


def _prepares(preview: PreviewView, *items: Frame | Result) -> list[bool]:
    return [preview.prepare(item) for item in items]


@pytest.mark.parametrize("size", [(64, 48), (90, 70), (200, 150), (48, 36), (20, 15), (1, 1)])
def test_a_picture_has_the_size_and_colours_that_are_wanted(size: tuple[int, int]) -> None:
    frame = plain_frame(1, (10, 120, 250))
    image = Picture().image(frame, Area(0, 0, *size), Rotation.NONE, mirrored=False)
    assert (image.width(), image.height()) == size
    assert color_at(image, size[0] // 2, size[1] // 2) == (10, 120, 250)


def test_pictures_are_let_go_of() -> None:
    picture, area = Picture(), Area(0, 0, 90, 70)
    for n in range(20):
        picture.image(plain_frame(n), area, Rotation.NONE, mirrored=False)
    assert len(picture._kept) <= 4
    picture.forget()
    assert not picture._kept


def test_a_frame_waits_for_its_answer_where_answers_come_at_once(
    preview: PreviewView, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    now_ns = [10**12]
    monkeypatch.setattr(time, "monotonic_ns", lambda: now_ns[0])
    painted: list[None] = []
    wait = AnswerWait(preview, lambda: painted.append(None))
    first, second, third, fourth = (plain_frame(n) for n in range(4))
    assert not wait.holds(first)  # nothing is known yet
    now_ns[0] += 5_000_000
    wait.answered(first)
    assert wait.holds(second)
    now_ns[0] += 40_000_000
    wait.answered(second)  # late: the next one does not wait
    assert not wait.holds(third)
    wait.answered(first)  # the answer of another frame
    assert not wait.holds(third)
    wait.answered(third)
    assert wait.holds(fourth)
    qtbot.waitUntil(lambda: len(painted) == 1, timeout=20_000)  # no answer came
    wait.answered(None)
    assert not wait.holds(fourth)


def test_frame_and_answer_are_painted_once(preview: PreviewView) -> None:
    preview.set_locked(False)
    frames = [plain_frame(n) for n in range(3)]
    preview.show_frame(frames[0])
    preview.show_result(result_for(frames[0], _BOX))
    preview._wait._quick = True
    settle()
    preview.first_paints.drain()
    preview.show_frame(frames[1])
    preview.show_result(result_for(frames[1], _BOX))
    settle()
    notes = preview.first_paints.drain()
    assert [(note.seq, note.is_result) for note in notes] == [(1, False), (1, True)]
    assert notes[0].painted_ns == notes[1].painted_ns
