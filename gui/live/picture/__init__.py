"""The picture of the live page with what is drawn over it, and the words about it."""

from gui.live.picture.ahead import prepare_pictures
from gui.live.picture.overlay_menu import MASK_MODES
from gui.live.picture.paint_record import PaintRecord
from gui.live.picture.pane import PreviewPane
from gui.live.picture.words import count_rows, source_facts

__all__ = [
    "MASK_MODES",
    "PaintRecord",
    "PreviewPane",
    "count_rows",
    "prepare_pictures",
    "source_facts",
]
