"""The dialogs about the chosen model, its profile and its card, imported when they are opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from backend.core.status import Notice, Severity
from backend.core.target import Target
from backend.profiles.book import ProfileChoice, ProfileOrigin
from backend.profiles.model_profile import ModelProfile
from gui.state.run_control import RunControl
from gui.state.switches import target_title
from gui.targets.controller import TargetController
from gui.widgets.dialog_buttons import plain_buttons
from gui.widgets.language import tr
from gui.workspace.feature import Workspace

if TYPE_CHECKING:
    from gui.targets.model_card import ModelCard
    from gui.targets.profiles import ProfileForm


class ModelDialogs(QObject):
    """Opens them for the model in the bar; one of each at a time."""

    def __init__(self, workspace: Workspace, controller: TargetController, run: RunControl) -> None:
        super().__init__(workspace.anchor)
        self._workspace = workspace
        self._notifier = workspace.notifier
        self._tasks = workspace.tasks
        self._switches = workspace.switches
        self._controller = controller
        self._run = run
        self.profile: ProfileForm | None = None
        self.card: ModelCard | None = None

    def why_no_profile(self) -> str:
        """Why there is no profile to be edited, or ''."""
        if self._controller.catalogue.choice(self._switches.current.model) is not None:
            return ""
        known = self._controller.catalogue.known(self._switches.current.model)
        if known is not None and known.error is not None:
            return str(known.error)
        error = self._controller.catalogue.error
        return str(error) if error is not None else tr("The model is not known yet.")

    def open_profile(self) -> None:
        """Every option of the model's profile."""
        from gui.targets.profiles import ProfileForm, ProfileFormContext

        if self.profile is not None:
            self.profile.activateWindow()
            return
        switches = self._switches.current
        choice = self._controller.catalogue.choice(switches.model)
        if choice is None:
            title = tr("{model} has no profile to edit", model=switches.model)
            self._notifier.show_notice(Notice(Severity.INFO, title, self.why_no_profile()))
            return
        target, model = switches.target, switches.model
        place = ProfileFormContext(
            self._tasks,
            lambda: self._workspace.newest.sample,
            lambda: self._switches.current.run_settings(self._run.kind).payload,
        )
        form = ProfileForm(self._workspace.window, target_title(target), choice, place)
        self.profile = form
        form.destroyed.connect(self._profile_gone)
        form.saved.connect(lambda profile: self._save(target, profile))
        form.reset_wanted.connect(lambda: self._reset(target, model))
        form.import_wanted.connect(lambda path: self._import(target, model, path))
        form.export_wanted.connect(self._export)
        form.show()

    def open_card(self) -> None:
        """What the server says of the model, and ways to load and unload it."""
        from gui.targets.model_card import CardContext, ModelCard

        if self.card is not None:
            self.card.activateWindow()
            return
        switches = self._switches.current
        place = CardContext(
            self._tasks,
            switches.target,
            self._controller.resolver.resolve,
            self._controller.engine.make_control,
            lambda _model: self._controller.catalogue.refresh(),
        )
        self.card = ModelCard(self._workspace.window, switches.model, place)
        self.card.destroyed.connect(self._card_gone)
        self.card.show()

    def ask_model(self) -> None:
        """A model that the target does not list."""
        dialog = QInputDialog(self._workspace.window)
        dialog.setWindowTitle(tr("Model by name"))
        dialog.setLabelText(tr("Name of the model, as the server knows it"))
        dialog.setTextValue(self._switches.current.model)
        dialog.textValueSelected.connect(self._controller.choose_model)
        dialog.open()
        plain_buttons(dialog)

    def close(self) -> None:
        """The window closes: ask nobody any more."""
        for dialog in (self.card, self.profile):
            if dialog is not None:
                dialog.reject()

    # -- outcomes ------------------------------------------------------------------------------

    def _card_gone(self) -> None:
        self.card = None

    def _profile_gone(self) -> None:
        self.profile = None

    def _save(self, target: Target, profile: ModelProfile) -> None:
        book = self._controller.engine.book
        choice = ProfileChoice(profile, ProfileOrigin.SAVED, (tr("saved for this model"),))

        def done(_path: Path) -> None:
            self._use(target, choice)
            title = tr("Profile of {model} saved", model=profile.model)
            self._notifier.show_notice(Notice(Severity.INFO, title))

        self._tasks.start(
            "save-profile", lambda: book.save(target.name, profile), done, self._notifier.show_error
        )

    def _reset(self, target: Target, model: str) -> None:
        book = self._controller.engine.book
        known = self._controller.catalogue.known(model)
        facts = known.facts if known is not None else None
        if facts is None:
            return

        def work() -> ProfileChoice:
            book.forget(target.name, model)
            return book.find(target.name, facts.description, facts.config, facts.labels)

        def done(choice: ProfileChoice) -> None:
            self._use(target, choice)
            self._show(choice)

        self._tasks.start("reset-profile", work, done, self._notifier.show_error)

    def _import(self, target: Target, model: str, path: str) -> None:
        book = self._controller.engine.book
        before = self._controller.catalogue.choice(model)

        def work() -> ProfileChoice:
            profile = book.import_file(target.name, model, Path(path))
            if before is not None and not profile.inputs:
                profile = _with_tensors_of(profile, before.profile)
            reason = tr("imported from {path}", path=path)
            return ProfileChoice(profile, ProfileOrigin.SAVED, (reason,))

        def done(choice: ProfileChoice) -> None:
            self._use(target, choice)
            self._show(choice)

        self._tasks.start("import-profile", work, done, self._notifier.show_error)

    def _export(self, profile: ModelProfile, path: str) -> None:
        book = self._controller.engine.book
        notice = Notice(Severity.INFO, tr("Profile exported"), path)
        self._tasks.start(
            "export-profile",
            lambda: book.export_file(profile, Path(path)),
            lambda _: self._notifier.show_notice(notice),
            self._notifier.show_error,
        )

    def _use(self, target: Target, choice: ProfileChoice) -> None:
        self._controller.catalogue.use_choice(target, choice.profile.model, choice)

    def _show(self, choice: ProfileChoice) -> None:
        if self.profile is not None:
            self.profile.show_choice(choice)


def _with_tensors_of(profile: ModelProfile, other: ModelProfile) -> ModelProfile:
    return replace(profile, inputs=other.inputs, outputs=other.outputs)
