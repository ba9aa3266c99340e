"""The dialogs about targets, and what becomes of what is decided in them.

They are imported when they are opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from backend.clients.probe import ProbeReport
from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError
from backend.core.status import Notice, Severity
from backend.core.target import Target
from backend.targets import Saved, keyring_problem
from backend.wire.oip.cluster import EXTENSION
from gui.state.switches import target_title
from gui.targets.controller import TargetController
from gui.widgets.file_dialogs import ask_file, ask_new_file
from gui.widgets.language import count, spoken, tr
from gui.workspace.feature import Workspace
from gui.workspace.notices import ToastAction

if TYPE_CHECKING:
    from gui.targets.cluster_card import ClusterCard
    from gui.targets.form import TargetForm
    from gui.targets.list import TargetList

_FILE = "targets.json"


class TargetDialogs(QObject):
    """Opens the list and the form; one of each at a time."""

    def __init__(self, workspace: Workspace, controller: TargetController) -> None:
        super().__init__(workspace.anchor)
        self._workspace = workspace
        self._tasks = workspace.tasks
        self._notifier = workspace.notifier
        self._switches = workspace.switches
        self._controller = controller
        self._saved = controller.saved
        self.form: TargetForm | None = None
        self.list: TargetList | None = None
        self.cluster: ClusterCard | None = None
        self._saved.listed.connect(self._show_list)

    def open_list(self) -> None:
        """Every target there is."""
        from gui.targets.list import TargetList

        if self.list is not None:
            self.list.activateWindow()
            return
        dialog = TargetList(self._workspace.window, self._workspace.palette)
        self.list = dialog
        dialog.destroyed.connect(self._list_gone)
        dialog.use_wanted.connect(self._use)
        dialog.add_wanted.connect(self.add)
        dialog.edit_wanted.connect(self.edit)
        dialog.duplicate_wanted.connect(self._duplicate)
        dialog.delete_wanted.connect(self._delete)
        dialog.import_wanted.connect(self._import)
        dialog.export_wanted.connect(self._export)
        self._show_list()
        dialog.open()

    def add(self) -> None:
        """Ask for another server."""
        self._open_form(Target(""), "")

    def edit(self, name: str, tab: int = 0) -> None:
        """Change a saved target, or save one that was only given by its addresses."""
        target = next((one for one in self._saved.targets if one.name == name), None)
        if target is None:
            self._open_form(self._switches.current.target, "", tab)
        else:
            self._open_form(target, name, tab)

    def edit_chosen(self, tab: int = 0) -> None:
        """Change the target in use."""
        self.edit(self._switches.current.target.name, tab)

    def why_no_cluster(self) -> str:
        """Why the target in use has no nodes and replicas to show, or ''."""
        target, catalogue = self._switches.current.target, self._controller.catalogue
        if target.name == EMBEDDED:
            return tr("The server inside this window computes by itself.")
        if catalogue.report is None or not catalogue.report.answers:
            return tr("The target has not answered yet.")
        if EXTENSION not in catalogue.report.extensions:
            return tr("This server tells of no nodes and replicas.")
        return "" if target.rest else tr("It is told over REST, of which there is no address.")

    def open_cluster(self) -> None:
        """What the target in use runs on, as it stands now."""
        from gui.targets.cluster_card import ClusterCard, ClusterContext

        if self.cluster is not None:
            self.cluster.activateWindow()
            return
        place = ClusterContext(
            self._tasks,
            self._switches.current.target,
            self._controller.resolver.resolve,
            self._controller.engine.make_control,
        )
        self.cluster = ClusterCard(self._workspace.window, place)
        self.cluster.destroyed.connect(self._cluster_gone)
        self.cluster.show()

    def close(self) -> None:
        """The window closes: ask nobody any more."""
        for dialog in (self.form, self.list, self.cluster):
            if dialog is not None:
                dialog.reject()

    # -- the form ------------------------------------------------------------------------------

    def _open_form(self, target: Target, old: str, tab: int = 0) -> None:
        from gui.targets.form import Probing, TargetForm

        if self.form is not None:
            self.form.activateWindow()
            return
        taken = [one.name for one in self._saved.targets[1:] if one.name != old]
        probing = Probing(self._probe, self._tasks)
        parent = self.list or self._workspace.window
        form = TargetForm(parent, target, taken, probing, self._workspace.palette)
        self.form = form
        form.destroyed.connect(self._form_gone)
        form.saved.connect(lambda new, use: self._save(old, new, use=use))
        form.show_tab(tab)
        self._tasks.start("keyring", keyring_problem, self._keyring_known, self._keyring_known)
        form.open()

    def _probe(self, target: Target) -> ProbeReport:
        return self._controller.engine.probe(self._controller.resolver.resolve(target))

    def _keyring_known(self, problem: object) -> None:
        if self.form is not None:
            self.form.say_where_secrets_go(str(problem))

    def _save(self, old: str, target: Target, *, use: bool) -> None:
        store = self._controller.engine.store
        in_use = bool(old) and self._switches.current.target.name == old

        def done(saved: Saved) -> None:
            if self.form is not None:
                self.form.accept()
            if use or in_use:
                self._controller.choose(saved.target)
            if saved.sentence:
                title = tr("{target} was saved", target=target_title(saved.target))
                self._notifier.show_notice(Notice(Severity.INFO, title, spoken(saved.sentence)))

        def failed(error: Exception) -> None:
            if self.form is not None and isinstance(error, ConsoleError):
                self.form.complain(spoken(str(error)))
            else:
                self._notifier.show_error(error)

        self._saved.change(
            lambda: store.edit(old, target) if old else store.add(target), done, failed
        )

    def _form_gone(self) -> None:
        self.form = None

    def _cluster_gone(self) -> None:
        self.cluster = None

    # -- the list ------------------------------------------------------------------------------

    def _list_gone(self) -> None:
        self.list = None

    def _show_list(self) -> None:
        if self.list is not None:
            self.list.show_targets(self._saved.targets, self._switches.current.target.name)

    def _use(self, name: str) -> None:
        for target in self._saved.targets:
            if target.name == name:
                self._controller.choose(target)
        if self.list is not None:
            self.list.accept()

    def _duplicate(self, name: str) -> None:
        def done(saved: Saved) -> None:
            if self.list is not None:
                self.list.select(saved.target.name)

        store = self._controller.engine.store
        self._saved.change(lambda: store.duplicate(name), done, self._notifier.show_error)

    def _delete(self, name: str) -> None:
        store = self._controller.engine.store

        def done(target: Target) -> None:
            undo = ToastAction(tr("Undo"), lambda: self._bring_back(target))
            self._notifier.show_notice(
                Notice(Severity.INFO, tr("{target} was deleted", target=target_title(target))),
                (undo,),
            )

        self._saved.change(lambda: store.delete(name), done, self._notifier.show_error)

    def _bring_back(self, target: Target) -> None:
        store = self._controller.engine.store
        self._saved.change(lambda: store.add(target), lambda _: None, self._notifier.show_error)

    def _import(self) -> None:
        def take(path: str) -> None:
            store = self._controller.engine.store
            self._saved.change(
                lambda: store.import_file(Path(path)), self._imported, self._notifier.show_error
            )

        ask_file(self.list or self._workspace.window, tr("Import targets"), take)

    def _imported(self, saved: tuple[Saved, ...]) -> None:
        many = count(len(saved), "{n} target was imported", "{n} targets were imported")
        self._notifier.show_notice(
            Notice(Severity.INFO, many, ", ".join(one.target.name for one in saved))
        )

    def _export(self) -> None:
        def give(path: str) -> None:
            store = self._controller.engine.store
            self._saved.change(
                lambda: store.export_file(Path(path)),
                lambda many: self._exported(path, many),
                self._notifier.show_error,
            )

        ask_new_file(self.list or self._workspace.window, tr("Export targets"), _FILE, give)

    def _exported(self, path: str, many: int) -> None:
        title = count(many, "{n} target was exported", "{n} targets were exported")
        self._notifier.show_notice(
            Notice(Severity.INFO, title, tr("{path}, without secrets.", path=path))
        )
