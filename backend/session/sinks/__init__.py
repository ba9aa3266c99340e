"""Sinks."""

from backend.session.sinks.delivery import Delivery

__all__ = ["Delivery"]
