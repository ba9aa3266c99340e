"""The documents, what the program is made of, and what a report of a fault should say."""

from gui.shell.help.feature import HelpFeature

__all__ = ["HelpFeature"]
