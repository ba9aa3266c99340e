"""The embedded server in the window: its endpoints, the requests it gets, and its models."""

from gui.server.code_consent import CodeConsent
from gui.server.feature import ServerFeature

__all__ = ["CodeConsent", "ServerFeature"]
