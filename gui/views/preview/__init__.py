"""The picture, with what the model says about it drawn on top."""

from gui.views.preview.first_paint import FirstPaint
from gui.views.preview.overlay import Layer
from gui.views.preview.view import PreviewView

__all__ = ["FirstPaint", "Layer", "PreviewView"]
