"""Server."""

from gui.server.code_consent import CodeConsent
from gui.server.panel import ServerPanel

__all__ = ["CodeConsent", "ServerPanel"]
