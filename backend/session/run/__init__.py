"""One live run from its source to its end."""

from backend.session.run.live import Session
from backend.session.run.replicas import ask_replicas
from backend.session.run.summary import Summary, TableLanguage, summarise

__all__ = ["Session", "Summary", "TableLanguage", "ask_replicas", "summarise"]
