"""The form of saved layouts, and the feature that opens it."""

from gui.shell.layouts.feature import LayoutsFeature

__all__ = ["LayoutsFeature"]
