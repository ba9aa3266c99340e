"""Exchanges of the past: stored, searched, exported and imported, without secrets."""

from backend.inspector.history.export import export_exchanges, import_into
from backend.inspector.history.secret_headers import (
    concealed,
    concealed_path,
    concealed_value,
    variable_for,
)
from backend.inspector.history.store import History, HistoryRow

__all__ = [
    "History",
    "HistoryRow",
    "concealed",
    "concealed_path",
    "concealed_value",
    "export_exchanges",
    "import_into",
    "variable_for",
]
