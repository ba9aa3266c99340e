"""What a preview shows, in the picture's own pixels."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QImage

from gui.views.preview.geometry import shown_size
from gui.views.preview.view import PreviewView
from gui.views.preview.wipe import WipeView


def snapshot_of(view: PreviewView) -> QImage:
    """The picture with the overlay as it is shown, however small the view; null without one."""
    picture, result, following = view.shown
    if picture is None:
        return QImage()
    placement, ratio = view.placement(picture), view.devicePixelRatioF()
    width, height = shown_size(picture.width, picture.height, placement.rotation)
    other = WipeView(palette=view.roles, hues=view.hues)
    other.setMinimumSize(1, 1)
    other.resize(round(width / ratio), round(height / ratio))
    other.set_style(view.overlay_style)
    other.set_mirror(placement.mirrored)
    other.set_rotation(placement.rotation)
    other.show_frame(picture)
    if isinstance(view, WipeView) and view.compared is not None:
        other.use_wipe(view)
    elif result is not None:
        other.show_result(replace(result, sample=picture), following)
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    other.render(image)
    other.deleteLater()
    return image
