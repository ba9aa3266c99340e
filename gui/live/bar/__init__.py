"""The bar above the live page: its switches and the button that starts a run."""

from gui.live.bar.choices import (
    Choices,
    api_choices,
    compression_choices,
    image_choices,
    transport_choices,
)
from gui.live.bar.popover import Popover
from gui.live.bar.switch_bar import Bar

__all__ = [
    "Bar",
    "Choices",
    "Popover",
    "api_choices",
    "compression_choices",
    "image_choices",
    "transport_choices",
]
