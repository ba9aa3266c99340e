"""What was sent before: the list, and what is done with its rows."""

from gui.inspect.history.controller import HistoryController
from gui.inspect.history.list import call_name

__all__ = ["HistoryController", "call_name"]
