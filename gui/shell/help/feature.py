"""Help as a part of the window."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QGuiApplication

from backend.core.status import Notice, Severity
from backend.sources.registry import SourceRegistry
from gui.shell.help.about import AboutDialog
from gui.shell.help.diagnostics import diagnostics
from gui.shell.help.documents import DocumentsDialog, read_documents
from gui.shell.help.made_of import packages
from gui.widgets.language import tr
from gui.workspace.commands import Command
from gui.workspace.feature import Feature, Workspace


class HelpFeature(Feature):
    """Opens the documents and what the program is made of; copies what a report needs."""

    def __init__(self, workspace: Workspace, sources: SourceRegistry) -> None:
        self._workspace = workspace
        self._sources = sources

    def commands(self) -> Iterator[Command]:
        """For the end of the help menu."""
        yield Command(
            "help.documents",
            tr("Documentation"),
            self.open_documents,
            "Help/more",
            ("F1",),
            aliases="manual docs readme changelog",
        )
        yield Command(
            "help.diagnostics",
            tr("Copy diagnostics"),
            self.copy_diagnostics,
            "Help/more",
            aliases="versions report fault bug",
        )
        yield Command(
            "help.about",
            tr("About Inferdeck"),
            self.open_about,
            "Help/more",
            aliases="version licence packages",
            role=QAction.MenuRole.AboutRole,
        )

    @Slot()
    def open_documents(self) -> None:
        """Read the README and the documents."""
        window, fail = self._workspace.window, self._workspace.notifier.show_error
        self._workspace.tasks.start(
            "documents", read_documents, lambda found: DocumentsDialog(window, found).show(), fail
        )

    @Slot()
    def open_about(self) -> None:
        """Version, licence and packages."""
        window, fail = self._workspace.window, self._workspace.notifier.show_error
        self._workspace.tasks.start(
            "packages", packages, lambda found: AboutDialog(window, found).open(), fail
        )

    @Slot()
    def copy_diagnostics(self) -> None:
        """Put versions and settings on the clipboard; nothing in it is secret."""
        text = diagnostics(self._workspace.store.current, self._sources)
        QGuiApplication.clipboard().setText(text)
        title = tr("Diagnostics copied")
        body = tr("Versions, screens and kinds of settings; no addresses, names or secrets.")
        self._workspace.notifier.show_notice(Notice(Severity.INFO, title, body), details=text)
