"""What is on show as pictures and as data, into files and onto the clipboard."""

from gui.live.export.commands import export_commands
from gui.live.export.controller import ExportController
from gui.live.export.menu import ExportMenu

__all__ = ["ExportController", "ExportMenu", "export_commands"]
