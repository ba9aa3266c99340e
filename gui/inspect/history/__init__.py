"""What was sent before: the list, and what is done with its rows."""

from gui.inspect.history.controller import HistoryController

__all__ = ["HistoryController"]
