"""The picture, with what the model says about it drawn on top."""

from gui.views.preview.drawing_thread import DrawingThread
from gui.views.preview.first_paint import FirstPaint
from gui.views.preview.look import Following, Layer, LegendRow, MaskMode, OverlayStyle
from gui.views.preview.marks import mark_color
from gui.views.preview.snapshot import snapshot_of
from gui.views.preview.view import PreviewView
from gui.views.preview.wipe import ComparedAnswers, WipeView

__all__ = [
    "ComparedAnswers",
    "DrawingThread",
    "FirstPaint",
    "Following",
    "Layer",
    "LegendRow",
    "MaskMode",
    "OverlayStyle",
    "PreviewView",
    "WipeView",
    "mark_color",
    "snapshot_of",
]
