"""The compare page: which way to a model is best, measured and shown."""

from gui.compare.page import ComparePage

__all__ = ["ComparePage"]
