"""The bar above the live page: its switches and the button that starts a run."""

from gui.live.bar.switch_bar import Bar

__all__ = ["Bar"]
