"""The settings form, and the feature that opens it."""

from gui.shell.settings.feature import SettingsFeature

__all__ = ["SettingsFeature"]
