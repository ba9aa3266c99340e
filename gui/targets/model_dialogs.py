"""The dialogs about the chosen model: its profile and its card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QWidget

from backend.core.status import Notice, Severity
from backend.core.target import Target
from backend.profiles.book import ProfileChoice, ProfileOrigin
from backend.profiles.model_profile import ModelProfile
from gui.state.run_control import RunControl
from gui.state.switchboard import SwitchModel
from gui.state.switches import target_title
from gui.targets.controller import TargetController
from gui.targets.model_card import CardContext, ModelCard
from gui.targets.profile_form import ProfileForm, ProfileFormContext
from gui.widgets.language import tr
from gui.workspace.pages import PageHost


class ModelDialogs(QObject):
    """Opens them for the model in the bar; one of each at a time."""

    def __init__(
        self,
        window: QWidget,
        host: PageHost,
        desk: TargetController,
        board: SwitchModel,
        run: RunControl,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._host = host
        self._desk = desk
        self._board = board
        self._run = run
        self.profile: ProfileForm | None = None
        self.card: ModelCard | None = None

    def why_no_profile(self) -> str:
        """Why there is no profile to be edited, or ''."""
        if self._desk.catalogue.choice(self._board.current.model) is not None:
            return ""
        known = self._desk.catalogue.known(self._board.current.model)
        if known is not None and known.trouble is not None:
            return str(known.trouble)
        trouble = self._desk.catalogue.trouble
        return str(trouble) if trouble is not None else tr("The model is not known yet.")

    def open_profile(self) -> None:
        """Every option of the model's profile."""
        if self.profile is not None:
            self.profile.activateWindow()
            return
        switches = self._board.current
        choice = self._desk.catalogue.choice(switches.model)
        if choice is None:
            title = tr("{model} has no profile to edit", model=switches.model)
            self._host.show_notice(Notice(Severity.INFO, title, self.why_no_profile()))
            return
        target, model = switches.target, switches.model
        place = ProfileFormContext(
            self._host.tasks,
            self._host.newest_sample,
            lambda: self._board.current.run_settings(self._run.kind).payload,
        )
        form = ProfileForm(self._window, target_title(target), choice, place)
        self.profile = form
        form.destroyed.connect(self._profile_gone)
        form.saved.connect(lambda profile: self._save(target, profile))
        form.reset_wanted.connect(lambda: self._reset(target, model))
        form.import_wanted.connect(lambda path: self._import(target, model, path))
        form.export_wanted.connect(self._export)
        form.show()

    def open_card(self) -> None:
        """What the server says of the model, and ways to load and unload it."""
        if self.card is not None:
            self.card.activateWindow()
            return
        switches = self._board.current
        place = CardContext(
            self._host.tasks,
            switches.target,
            self._desk.resolve,
            self._desk.engine.make_control,
            lambda _model: self._desk.catalogue.refresh(),
        )
        self.card = ModelCard(self._window, switches.model, place)
        self.card.destroyed.connect(self._card_gone)
        self.card.show()

    def ask_model(self) -> None:
        """A model that the target does not list."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(tr("Model by name"))
        dialog.setLabelText(tr("Name of the model, as the server knows it"))
        dialog.setTextValue(self._board.current.model)
        dialog.textValueSelected.connect(self._desk.choose_model)
        dialog.open()

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
        book = self._desk.engine.book
        choice = ProfileChoice(profile, ProfileOrigin.SAVED, (tr("saved for this model"),))

        def done(_path: Path) -> None:
            self._use(target, choice)
            title = tr("Profile of {model} saved", model=profile.model)
            self._host.show_notice(Notice(Severity.INFO, title))

        self._host.tasks.start(
            "save-profile", lambda: book.save(target.name, profile), done, self._host.show_error
        )

    def _reset(self, target: Target, model: str) -> None:
        book = self._desk.engine.book
        known = self._desk.catalogue.known(model)
        facts = known.facts if known is not None else None
        if facts is None:
            return

        def work() -> ProfileChoice:
            book.forget(target.name, model)
            return book.find(target.name, facts.description, facts.config, facts.labels)

        def done(choice: ProfileChoice) -> None:
            self._use(target, choice)
            self._show(choice)

        self._host.tasks.start("reset-profile", work, done, self._host.show_error)

    def _import(self, target: Target, model: str, path: str) -> None:
        book = self._desk.engine.book
        before = self._desk.catalogue.choice(model)

        def work() -> ProfileChoice:
            profile = book.import_file(target.name, model, Path(path))
            if before is not None and not profile.inputs:
                profile = _with_tensors_of(profile, before.profile)
            reason = tr("imported from {path}", path=path)
            return ProfileChoice(profile, ProfileOrigin.SAVED, (reason,))

        def done(choice: ProfileChoice) -> None:
            self._use(target, choice)
            self._show(choice)

        self._host.tasks.start("import-profile", work, done, self._host.show_error)

    def _export(self, profile: ModelProfile, path: str) -> None:
        book = self._desk.engine.book
        self._host.tasks.start(
            "export-profile",
            lambda: book.export_file(profile, Path(path)),
            lambda _: self._host.show_notice(Notice(Severity.INFO, tr("Profile exported"), path)),
            self._host.show_error,
        )

    def _use(self, target: Target, choice: ProfileChoice) -> None:
        self._desk.catalogue.use_choice(target, choice.profile.model, choice)

    def _show(self, choice: ProfileChoice) -> None:
        if self.profile is not None:
            self.profile.show_choice(choice)


def _with_tensors_of(profile: ModelProfile, other: ModelProfile) -> ModelProfile:
    return replace(profile, inputs=other.inputs, outputs=other.outputs)
