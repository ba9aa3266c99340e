"""What is drawn over a picture: tracks, counts, skeletons, masks and tags."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.core.predictions import Detection, Detections, KeyPoint, KeyPoints, Mask, Predictions
from gui.views.class_hues import ClassHues
from gui.views.preview.geometry import Area, Placement
from gui.views.preview.legend import PictureLegend
from gui.views.preview.look import (
    NOTHING_FOLLOWED,
    Following,
    Layer,
    LegendRow,
    Look,
    MaskMode,
    OverlayStyle,
)
from gui.views.preview.marks import MARK_COLORS, mark_color
from gui.views.preview.masks import MaskLayer
from gui.views.preview.overlay import MOST_LABELLED, Overlay, marks_of, scale_of, under
from gui.views.preview.tags import PlateCache, PlateFont
from gui.views.preview.view import PreviewView
from gui.widgets.theme import DARK, LIGHT, Palette, hue_of
from tests.gui.views.view_samples import color_at, image_of, plain_frame, result_for, settle

_BOUNDS = Area(0, 0, 640, 480)
_PLACEMENT = Placement(640, 480, _BOUNDS)
_BLACK = (0, 0, 0)
_ALL = OverlayStyle()


@dataclass(frozen=True)
class Place:
    x: float
    y: float


@dataclass(frozen=True)
class Track:
    id: int
    trail: tuple[Place, ...] = ()


def rgb(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()


def look_of(
    style: OverlayStyle = _ALL,
    following: Following = NOTHING_FOLLOWED,
    palette: Palette = DARK,
    pointer: tuple[float, float] | None = None,
) -> Look:
    font = QApplication.font()
    return Look(palette, font, style, _BOUNDS, following=following, pointer=pointer)


def drawn(
    predictions: Predictions, look: Look, overlay: Overlay | None = None
) -> tuple[QImage, tuple[Area, ...]]:
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    tags = (overlay or Overlay()).draw(painter, predictions, _PLACEMENT, look)
    painter.end()
    return image, tags


def box(x: float, y: float, side: float = 60, **more: object) -> Detection:
    return replace(Detection((x, y, x + side, y + side), "thing", 0.9), **more)  # type: ignore[arg-type]


def only(*layers: Layer) -> OverlayStyle:
    return OverlayStyle(frozenset(layers))


# -- tracks, trails and counts -------------------------------------------------------------------


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_objects_of_one_class_are_told_apart_by_their_tracks(
    qapp: object, palette: Palette
) -> None:
    items = Detections((box(100, 100), box(300, 100)))
    following = Following((Track(3), Track(4)), by_track=True)
    image, _ = drawn((items,), look_of(only(Layer.BOXES), following, palette))
    assert color_at(image, 100, 130) == rgb(mark_color(3))
    assert color_at(image, 300, 130) == rgb(mark_color(4))
    image, _ = drawn((items,), look_of(only(Layer.BOXES), replace(following, by_track=False)))
    assert color_at(image, 100, 130) == color_at(image, 300, 130) == rgb(mark_color(0))


def test_a_trail_fades_and_can_be_switched_off(qapp: object) -> None:
    trail = tuple(Place(100.0 + 6 * step, 240.0) for step in range(64))
    following = Following((Track(1, trail),), by_track=True)
    items = Detections((box(450, 210),))
    image, _ = drawn((items,), look_of(only(Layer.TRAILS), following))
    strengths = [sum(color_at(image, x, 240)) for x in (124, 200, 300, 400, 470)]
    assert strengths == sorted(strengths)
    assert strengths[0] > 0
    assert color_at(image, 470, 240) == rgb(mark_color(1))
    image, _ = drawn((items,), look_of(only(), following))
    assert color_at(image, 470, 240) == _BLACK


def test_the_counts_are_in_the_corner_and_no_tag_covers_them(qapp: object) -> None:
    rows = tuple(LegendRow(f"class {n}", "2", "5 seen", n) for n in range(5))
    following = Following((None,), rows)
    # The place above the box, where a tag goes first, is the legend's.
    items = Detections((box(60, 60, 140),))
    image, (tag,) = drawn((items,), look_of(following=following))
    assert tag.overlap(Area(8, 8, 80, 80)) == 0
    swatches = {color_at(image, 19, 8 + 4 + 17 * n + 8) for n in range(5)}
    assert swatches == {rgb(mark_color(n)) for n in range(5)}


def test_a_long_legend_says_how_much_is_left_out(qapp: object) -> None:
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    rows = [LegendRow(f"class {n}", "1", hue=n) for n in range(80)]
    area = PictureLegend().draw(painter, rows, _BOUNDS, painter.font())
    low = PictureLegend().draw(painter, rows, Area(0, 0, 640, 60), painter.font())
    none = PictureLegend().draw(painter, rows, Area(0, 0, 640, 20), painter.font())
    painter.end()
    assert area is not None
    assert area.height == 8 * 17 + 8
    assert low is not None
    assert low.bottom <= 60
    assert none is None


@pytest.mark.parametrize(("left", "noted"), [(400, True), (100, False), (0, True)])
def test_a_legend_leaves_its_notes_out_to_lie_beside_the_picture(left: int, noted: bool) -> None:
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    rows = [LegendRow("circle", "2", "4 seen", 1)]
    picture = Area(left, 0, 640 - left, 480)
    whole = PictureLegend().draw(painter, rows, _BOUNDS, painter.font())
    area = PictureLegend().draw(painter, rows, _BOUNDS, painter.font(), 1.0, picture)
    painter.end()
    assert whole is not None
    assert area is not None
    assert (area.width == whole.width) is noted


# -- score, opacity, labels ----------------------------------------------------------------------


def test_what_is_below_the_threshold_is_not_drawn(qapp: object) -> None:
    items = Detections((box(100, 100, score=0.4), box(300, 100, score=0.6)))
    image, tags = drawn((items,), look_of(OverlayStyle(threshold=0.5)))
    assert len(tags) == 1
    assert color_at(image, 100, 130) == _BLACK
    assert color_at(image, 300, 130) == rgb(mark_color(0))


def test_opacity_weakens_boxes(qapp: object) -> None:
    items = Detections((box(100, 100),))
    style = replace(only(Layer.BOXES), opacity=0.5)
    image, _ = drawn((items,), look_of(style))
    half = tuple(part / 2 for part in rgb(mark_color(0)))
    assert color_at(image, 100, 130) == pytest.approx(half, abs=3)


def test_the_legend_stays_as_it_is_where_boxes_are_faint(qapp: object) -> None:
    rows = (LegendRow("circle", "2", "", 1),)
    swatches = []
    for opacity in (1.0, 0.2):
        style = OverlayStyle(opacity=opacity)
        items = Detections((box(300, 300),))
        image, _ = drawn((items,), look_of(style, Following((None,), rows)))
        swatches.append(color_at(image, 19, 8 + 4 + 8))
    assert swatches == [rgb(mark_color(1))] * 2


def test_labels_grow_with_the_picture() -> None:
    assert scale_of(Placement(640, 480, Area(0, 0, 320, 240))) == 1
    assert scale_of(Placement(640, 480, Area(0, 0, 960, 720))) == pytest.approx(1.5)
    assert scale_of(Placement(640, 480, Area(0, 0, 6400, 4800))) == pytest.approx(4)


def test_labels_leave_boxes_free_where_there_is_room(qapp: object) -> None:
    items = (box(200, 200), box(200, 140), box(200, 262), box(10, 2), box(570, 418))
    _, tags = drawn((Detections(items),), look_of())
    areas = [_PLACEMENT.box_to_view(item.box) for item in items]
    for tag in tags:
        assert all(tag.overlap(area) == 0 for area in areas)


def test_a_label_rather_covers_the_body_of_another_object_than_its_head(qapp: object) -> None:
    person = Detection((60, 40, 260, 440), "person", 0.9)
    tie = Detection((140, 180, 180, 300), "tie", 0.8)
    _, areas = drawn((Detections((person, tie)),), look_of(only(Layer.LABELS)))
    assert areas[1].y > 300


def test_a_label_slides_along_its_box_before_it_covers_another_object(qapp: object) -> None:
    wide = Detection((100, 100, 200, 480), "with a wide label", 0.9)
    middle = Detection((205, 100, 330, 480), "between the two of them", 0.8)
    other = Detection((340, 100, 640, 480), "right", 0.7)
    _, areas = drawn((Detections((wide, middle, other)),), look_of(only(Layer.LABELS)))
    assert areas[1].overlap(areas[0]) == 0
    assert areas[1].bottom <= 100


def test_a_label_stays_on_its_side_while_its_box_moves_a_little(qapp: object) -> None:
    overlay = Overlay()
    following = Following((Track(1), Track(2)))
    places = []
    for step in range(6):
        # Another box comes from above, and by the end touches where the label was.
        items = Detections((box(200, 200), box(200, 113 + 2 * step, score=0.5)))
        _, tags = drawn((items,), look_of(only(Layer.LABELS), following), overlay)
        places.append((tags[0].x, tags[0].y))
    assert len(set(places)) == 1


def test_among_many_objects_only_the_one_under_the_pointer_has_a_label(qapp: object) -> None:
    many = [box(20 * (n % 30), 40 * (n // 30), 15) for n in range(MOST_LABELLED + 1)]
    _, tags = drawn((Detections(tuple(many)),), look_of())
    assert tags == ()
    look = look_of(pointer=(45.0, 5.0))
    _, tags = drawn((Detections(tuple(many)),), look)
    assert len(tags) == 1
    marks = marks_of((Detections(tuple(many)),), _PLACEMENT, look)
    pointed = under(marks, look.pointer)
    assert pointed is not None
    assert pointed.item is many[2]
    _, tags = drawn((Detections(tuple(many[:MOST_LABELLED])),), look_of())
    assert len(tags) == MOST_LABELLED


def test_labels_that_would_cover_much_of_the_picture_are_left_out(qapp: object) -> None:
    overlay = Overlay()
    long = [box(100 * n, 300, label="a long name " * 6) for n in range(6)]
    _, tags = drawn((Detections(tuple(long)),), look_of(only(Layer.LABELS)), overlay)
    assert (len(tags), overlay.crowded) == (0, True)
    pointed = look_of(only(Layer.LABELS), pointer=(110.0, 310.0))
    _, tags = drawn((Detections(tuple(long)),), pointed, overlay)
    assert len(tags) == 1
    _, tags = drawn((Detections(tuple(long[:3])),), look_of(only(Layer.LABELS)), overlay)
    assert (len(tags), overlay.crowded) == (3, False)


def test_the_smallest_box_is_the_one_under_the_pointer(qapp: object) -> None:
    items = Detections((box(0, 0, 400), box(100, 100, 50), box(90, 90, 100)))
    marks = marks_of((items,), _PLACEMENT, look_of())
    found = under(marks, (120, 120))
    assert found is not None
    assert found.place == 1
    assert under(marks, (500, 20)) is None
    assert under(marks, None) is None


def test_plates_of_labels_are_made_once_and_few_are_kept(qapp: object) -> None:
    plates, font = PlateCache(), QApplication.font()
    font.setPixelSize(11)
    one, sharper = PlateFont(font, 1.0), PlateFont(font, 2.0)
    first = plates.plate("circle", mark_color(0), one)
    assert plates.plate("circle", mark_color(0), PlateFont(font, 1.0)) is first
    twice = plates.plate("circle", mark_color(0), sharper)
    assert twice.picture.width() == 2 * first.picture.width()
    assert twice.width == first.width
    for number in range(1000):
        plates.plate(str(number), mark_color(1), one)
    assert len(plates) == 512


def test_mark_colours_are_the_series_of_either_theme_in_the_same_order() -> None:
    assert DARK.series == MARK_COLORS
    for dark, light in zip(DARK.series, LIGHT.series, strict=True):
        one, other = QColor(dark), QColor(light)
        if one.saturationF() > 0.3:
            turn = abs(one.hueF() - other.hueF())
            assert min(turn, 1 - turn) < 0.08


# -- skeletons -----------------------------------------------------------------------------------


def test_a_skeleton_is_drawn_between_sure_points_only(qapp: object) -> None:
    arm = (
        KeyPoint(100, 100, 0.9, "left shoulder"),
        KeyPoint(200, 100, 0.9, "left elbow"),
        KeyPoint(300, 100, 0.2, "left wrist"),
    )
    style = replace(only(Layer.POINTS), threshold=0.5)
    image, _ = drawn((KeyPoints(arm),), look_of(style))
    assert color_at(image, 150, 100) == color_at(image, 200, 100) == rgb(mark_color(0))
    assert color_at(image, 250, 100) == color_at(image, 300, 100) == _BLACK
    image, _ = drawn((KeyPoints(arm),), look_of(only(Layer.POINTS)))
    assert color_at(image, 250, 100) == rgb(mark_color(0))
    image, _ = drawn((KeyPoints(arm),), look_of(only(Layer.BOXES)))
    assert color_at(image, 150, 100) == _BLACK


@pytest.mark.parametrize(("side", "hidden"), [(120, True), (24, False)])
def test_points_of_what_is_small_do_not_hide_it(qapp: object, side: int, hidden: bool) -> None:
    corners = [(0, 0), (side, 0), (side, side), (0, side)]
    points = tuple(KeyPoint(100 + x, 100 + y, 1.0, "") for x, y in corners)
    image, _ = drawn((KeyPoints(points),), look_of(only(Layer.POINTS)))
    assert color_at(image, 100, 100) != _BLACK
    assert (color_at(image, 103, 100) != _BLACK) is hidden


def test_a_point_by_itself_is_large(qapp: object) -> None:
    image, _ = drawn((KeyPoints((KeyPoint(100, 100),)),), look_of(only(Layer.POINTS)))
    assert color_at(image, 101, 100) == rgb(mark_color(0))
    assert color_at(image, 102, 100) != _BLACK


def test_the_points_of_a_mesh_are_small_and_its_contours_are_drawn(qapp: object) -> None:
    turns = np.linspace(0, 2 * np.pi, 468, endpoint=False)
    points = [KeyPoint(320 + 200 * np.cos(t), 240 + 200 * np.sin(t)) for t in turns]
    points[10], points[338] = KeyPoint(100, 20), KeyPoint(300, 20)
    image, _ = drawn((KeyPoints(tuple(points)),), look_of())
    assert color_at(image, 200, 20) == rgb(mark_color(0))
    assert color_at(image, 100, 25) == _BLACK


# -- masks ---------------------------------------------------------------------------------------


def halves(index: int = 3) -> Mask:
    """Background at the left, a class at the right."""
    classes = np.zeros((48, 64), np.uint8)
    classes[:, 32:] = index
    return Mask(classes, ("", "a", "b", "road"))


@pytest.fixture
def preview(qtbot: QtBot) -> PreviewView:
    view = PreviewView()
    qtbot.addWidget(view)
    view.resize(240, 160)
    view.show()
    settle()
    return view


def test_what_masks_do_to_the_picture(preview: PreviewView) -> None:
    frame = plain_frame(1, (200, 100, 50))
    preview.show_result(result_for(frame, halves()))
    left, right = (preview.placement(frame).to_view(x, 40) for x in (10, 54))
    seen = {}
    for mode in MaskMode:
        preview.set_style(OverlayStyle(frozenset({Layer.MASKS}), masks=mode))
        image = image_of(preview)
        seen[mode] = color_at(image, *left), color_at(image, *right)
    plain = (200, 100, 50)
    assert seen[MaskMode.COLORS][0] == plain
    assert seen[MaskMode.COLORS][1] != plain
    assert seen[MaskMode.DIM][0] == pytest.approx((44, 22, 11), abs=2)
    assert seen[MaskMode.REMOVE] == (rgb(DARK.color("background")), plain)
    assert seen[MaskMode.BLUR][0] == pytest.approx(plain, abs=2)
    assert seen[MaskMode.DIM][1] == seen[MaskMode.BLUR][1] == plain


def test_the_background_is_blurred_and_what_is_before_it_is_sharp(preview: PreviewView) -> None:
    frame = plain_frame(1, _BLACK, width=64, height=48)
    frame.pixels[:, ::3] = 255
    preview.show_result(result_for(frame, halves()))
    preview.set_style(OverlayStyle(frozenset({Layer.MASKS}), masks=MaskMode.BLUR))
    image = image_of(preview)
    placement = preview.placement(frame)
    y = placement.to_view(0, 24)[1]
    rows = {}
    for name, (start, end) in {"left": (2, 28), "right": (36, 62)}.items():
        first, last = (round(placement.to_view(x, 24)[0]) for x in (start, end))
        rows[name] = [color_at(image, x, y)[0] for x in range(first, last)]
    assert np.abs(np.diff(rows["right"])).max() > 200
    assert np.abs(np.diff(rows["left"])).max() < 20


def test_a_mask_that_says_how_sure_it_is_has_soft_edges(preview: PreviewView) -> None:
    frame = plain_frame(1, (200, 200, 200))
    foreground = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    mask = Mask((foreground > 127).astype(np.uint8), ("", "person"), foreground)
    preview.show_result(result_for(frame, mask))
    preview.set_style(OverlayStyle(frozenset({Layer.MASKS}), masks=MaskMode.DIM))
    image = image_of(preview)
    placement = preview.placement(frame)
    row = [color_at(image, *placement.to_view(x, 24))[0] for x in (2, 16, 32, 48, 62)]
    assert row == sorted(row)
    assert row[0] < 60
    assert row[2] == pytest.approx(122, abs=6)
    assert row[4] > 190
    preview.set_style(OverlayStyle(frozenset({Layer.MASKS}), mask_opacity=1.0))
    image = image_of(preview)
    assert color_at(image, *placement.to_view(62, 24)) == pytest.approx(rgb(mark_color(0)), abs=12)
    assert color_at(image, *placement.to_view(1, 24)) == pytest.approx((200, 200, 200), abs=6)


def test_a_stronger_mask_shows_less_of_the_picture(preview: PreviewView) -> None:
    frame = plain_frame(1, _BLACK)
    preview.show_result(result_for(frame, halves()))
    preview.set_style(OverlayStyle(frozenset({Layer.MASKS}), mask_opacity=1.0))
    at = preview.placement(frame).to_view(54, 24)
    assert color_at(image_of(preview), *at) == rgb(mark_color(0))


def test_a_mask_is_coloured_before_it_is_painted_and_only_once(preview: PreviewView) -> None:
    frame, mask = plain_frame(1, _BLACK), halves()
    preview.show_result(result_for(frame, mask))
    image = preview._overlay._masks._image
    assert not image.isNull()
    assert (image.width(), image.height()) == (213, 160)
    image_of(preview)
    image_of(preview)
    assert preview._overlay._masks._image is image


def test_the_legend_of_a_mask_names_its_classes_by_size() -> None:
    mask = halves()
    mask.classes[:12, :32] = 1
    rows = MaskLayer().rows(mask, ClassHues())
    assert rows == (LegendRow("road", "50 %", hue=0), LegendRow("a", "13 %", hue=1))
    nameless = Mask(np.full((4, 4), 9, np.uint8), ())
    assert [row.name for row in MaskLayer().rows(nameless, ClassHues())] == ["class 9"]


# -- the view ------------------------------------------------------------------------------------


def test_the_pointer_brings_a_label_up_among_many_objects(preview: PreviewView) -> None:
    frame = plain_frame(1, _BLACK)
    many = [Detection((n, 30, n + 1, 31), "dot", 0.9) for n in range(MOST_LABELLED)]
    many.append(Detection((20, 10, 30, 20), "plate", 0.9))
    preview.show_result(result_for(frame, Detections(tuple(many))))
    without = image_of(preview)

    def move_to(x: float, y: float) -> None:
        at = QPointF(*preview.placement(frame).to_view(x, y))
        none = Qt.MouseButton.NoButton
        moved = QMouseEvent(
            QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(preview, moved)

    move_to(25, 15)
    assert image_of(preview) != without
    move_to(5, 45)
    assert image_of(preview) == without
    move_to(25, 15)
    QApplication.sendEvent(preview, QEvent(QEvent.Type.Leave))
    assert image_of(preview) == without


def test_a_class_of_a_later_round_has_one_colour_in_picture_and_plots() -> None:
    assert [hue_of(index) for index in range(17)] == [*range(8), *range(1, 8), 0, 2]
    assert all(mark_color(index) == DARK.series_color(index) for index in range(64))
