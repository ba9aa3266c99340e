"""Saved requests: a collection's tree beside the history, and opening, saving and running them."""

from gui.inspect.saved.controller import SavedController

__all__ = ["SavedController"]
