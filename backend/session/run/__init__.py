"""Run."""

from backend.session.run.alerts import REQUEST_ALERT
from backend.session.run.live import Session
from backend.session.run.summary import Summary

__all__ = ["REQUEST_ALERT", "Session", "Summary"]
