"""The window: puts the parts together and passes wishes and news between them."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QMainWindow, QVBoxLayout, QWidget

from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError, PortInUse, TargetUnreachable
from backend.core.status import Alert, Notice, Severity, SourceInfo
from backend.core.target import Target
from gui.live import HEIGHT as STRIP_HEIGHT
from gui.live import (
    REQUEST,
    TOPIC,
    Bar,
    Devices,
    DropOverlay,
    LivePage,
    Outage,
    Pump,
    Readout,
    SourceController,
    StatusStrip,
    WayOut,
    end_notice,
    error_notice,
)
from gui.server import ServerPanel
from gui.shell.crash import crash_report
from gui.shell.host import WindowHost
from gui.shell.layouts_form import LayoutsForm
from gui.shell.page_deck import PageDeck
from gui.shell.palette import CommandPalette
from gui.shell.palette_entries import palette_entries
from gui.shell.settings_form import SettingsForm
from gui.shell.shortcut_sheet import ShortcutSheet
from gui.shell.window_commands import window_commands
from gui.state.live_session import LiveSession, SessionFactory, SourceFactory
from gui.state.model_offers import model_offers
from gui.state.preferences import Preferences
from gui.state.repository_control import RepositoryControl
from gui.state.run_control import Phase, RunControl
from gui.state.server_control import ServerControl, ServerState
from gui.state.settings import SettingsStore, ViewMemory, WindowMemory
from gui.state.switchboard import SwitchModel
from gui.state.switches import Switches, target_title
from gui.state.tasks import Tasks
from gui.targets import FaultActions, ModelDialogs, TargetController, TargetDialogs
from gui.widgets.file_dialogs import ask_folder
from gui.widgets.icons import application_icon
from gui.widgets.language import tr
from gui.widgets.theme import Palette, ThemeChoice
from gui.workspace.appearance import Appearance
from gui.workspace.commands import CommandSet
from gui.workspace.layouts import LayoutStore
from gui.workspace.log_panel import LogBridge
from gui.workspace.notices import ToastAction, Toasts
from gui.workspace.pages import PageFactory

_STOP_WAIT_S = 0.4


@dataclass(frozen=True)
class Parts:
    """What the composition root gives the window."""

    appearance: Appearance
    store: SettingsStore
    tasks: Tasks
    server: ServerControl
    repositories: RepositoryControl
    devices: Devices
    make_source: SourceFactory
    make_session: SessionFactory
    log: LogBridge
    layouts: LayoutStore
    targets: TargetController
    pages: tuple[PageFactory, ...] = ()
    """Pages besides the live one."""


class MainWindow(QMainWindow):
    """Bar, live page and status strip, and everything that floats over them."""

    became_ready = Signal()
    """The server answered for the first time, or failed to: a run can be started."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.appearance = parts.appearance
        self.server = parts.server
        self.repositories = parts.repositories
        self._store = parts.store
        self.layouts = parts.layouts
        self._is_ready = self._start_when_ready = False
        self.board = SwitchModel(parts.store, self)
        self.run = RunControl(parts.tasks, parts.make_source, parts.make_session, self)
        self.desk = SourceController(
            self,
            self.board,
            parts.store,
            self.run,
            parts.devices,
            parts.tasks,
            parts.make_source,
        )
        self.targets = parts.targets
        self.targets.follow(self.board, self.run)
        self._build(parts.appearance.palette)
        self._add_pages(parts)
        self.readout = Readout(
            self.run,
            self.board,
            self.desk,
            self.bar,
            self.page,
            self.strip,
            parts.server,
            parts.log,
            self,
        )
        self.pump = Pump(self.page, self)
        self.commands = CommandSet(self, self._tell_blocked)
        self.commands.add(window_commands(self))
        self.commands.fill(self.menuBar())
        self._command_palette = CommandPalette(
            self, self.commands, parts.appearance.palette, partial(palette_entries, self)
        )
        self._connect()
        self._restore()
        self.desk.begin()
        self.readout.refresh()

    # -- building ------------------------------------------------------------------------------

    def _build(self, palette: Palette) -> None:
        self.setWindowTitle("Inferdeck")
        self.setWindowIcon(application_icon())
        self.bar = Bar(palette, self.desk.menu.fill)
        panel = ServerPanel(self.server, self.repositories, palette)
        self.page = LivePage(palette, panel, self._store.current.view)
        self.deck = PageDeck(palette)
        self.strip = StatusStrip(palette)
        middle = QWidget()
        middle.setObjectName("page")
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.deck, 1)
        column.addWidget(self.strip)
        self.setCentralWidget(middle)
        self.toasts = Toasts(self, palette, STRIP_HEIGHT)
        self._drop = DropOverlay(self, palette)

    def _add_pages(self, parts: Parts) -> None:
        self._host = WindowHost(
            parts.appearance,
            parts.store,
            parts.tasks,
            self.board,
            self.targets,
            self.page,
            self,
        )
        parts.server.changed.connect(self._host.look)
        self.target_dialogs = TargetDialogs(
            self, self._host, self.targets, self.board, parts.tasks, parts.appearance
        )
        self.model_dialogs = ModelDialogs(self, self._host, self.targets, self.board, self.run)
        self.remedies = FaultActions(
            self._host, self.targets, self.board, self.target_dialogs, self.model_dialogs
        )
        self.page.alerts.actions_for = lambda alert: self.remedies.of_fault(alert.fault)
        self._host.notice_wanted.connect(self.show_notice)
        self._host.error_wanted.connect(self.show_error)
        self._host.page_wanted.connect(self.deck.show_page)
        self.deck.add(self.page)
        for make in parts.pages:
            self.deck.add(make(self._host))

    def _connect(self) -> None:
        self.bar.switched.connect(self._switched)
        self.bar.start_pressed.connect(self.toggle_run)
        self.bar.new_target_wanted.connect(self.new_target)
        self.bar.targets_wanted.connect(self.open_targets)
        self.bar.model_name_wanted.connect(self.model_dialogs.ask_model)
        self.bar.profile_wanted.connect(self.model_dialogs.open_profile)
        self.bar.card_wanted.connect(self.model_dialogs.open_card)
        self.strip.panel_wanted.connect(self._open_panel)
        self.page.pane.view_changed.connect(self._view_changed)
        self.board.used.connect(self._used)
        self.desk.chosen.connect(self._source_chosen)
        self.desk.known.connect(self._source_known)
        self.desk.changed.connect(self._show_source)
        self.desk.failed.connect(self._source_failed)
        self.desk.noticed.connect(self._noticed_with_details)
        self.readout.noticed.connect(self.show_notice)
        self.readout.outage_changed.connect(self._show_outage)
        self.readout.refusal_changed.connect(self._show_refusal)
        self.run.session_changed.connect(self._run_began)
        self.run.phase_changed.connect(self._show_phase)
        self.run.failed.connect(self.show_error)
        self.run.ended.connect(self._run_ended)
        self.server.changed.connect(self._server_changed)
        self.server.ready.connect(self._server_ready)
        self.server.failed.connect(self._server_failed)
        self.server.refused.connect(lambda error: self.page.log.add_text(str(error)))
        self.targets.learned.connect(self._target_learned)
        self.targets.listed.connect(self._targets_listed)
        self.targets.noticed.connect(self.show_notice)
        self.targets.failed.connect(self.show_error)
        self.repositories.models_changed.connect(self._server_changed)
        self.repositories.failed.connect(self.show_error)
        self.repositories.told.connect(self.page.log.add_text)
        self.page.server.shelf.folder_wanted.connect(self.add_repository)
        self.appearance.changed.connect(self._recolour)
        self._drop.dropped.connect(self.desk.take_files)

    def _restore(self) -> None:
        settings = self._store.current
        self.resize(QSize(1280, 800).boundedTo(self.screen().availableGeometry().size()))
        if settings.window.geometry:
            self.restoreGeometry(_blob(settings.window.geometry))
        self.page.set_locked(locked=settings.window.locked)
        if settings.window.docks:
            self.page.restore(_blob(settings.window.docks))
        self._targets_listed()
        self._apply_preferences(settings.preferences)
        self._used(settings.switches)
        self._show_source()
        self._show_phase()
        self.page.pane.preview.setFocus()

    def sizeHint(self) -> QSize:
        """As designed."""
        return QSize(1280, 800)

    # -- what the user can do ------------------------------------------------------------------

    @Slot()
    def toggle_run(self) -> None:
        """Start, or stop; before the server is up, start as soon as it is."""
        waits = not self._is_ready or self.targets.waits(self.board.current)
        if waits and self.run.phase is Phase.IDLE:
            self._start_when_ready = not self._start_when_ready
            self._show_phase()
            return
        self.run.toggle()

    @Slot()
    def retry_now(self) -> None:
        """Do not wait for the next attempt."""
        if self.run.session is not None:
            self.run.session.retry_now()

    @Slot()
    def reset_counters(self) -> None:
        """Count drops and measure latency anew."""
        if self.run.session is not None:
            self.page.reset_counters(self.run.session.status(), time.monotonic())
            self.readout.refresh()

    @Slot()
    def new_target(self) -> None:
        """Ask for another server's address."""
        self.target_dialogs.add()

    @Slot()
    def open_targets(self) -> None:
        """Every target, to be used, changed, added or deleted."""
        self.target_dialogs.open_list()

    @Slot()
    def add_repository(self) -> None:
        """Ask for a folder of models and serve them."""
        self._open_panel("server")
        self.page.server.show_models()
        ask_folder(
            self,
            tr("Add a model repository"),
            lambda folder: self.repositories.add(Path(folder)),
        )

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Light, dark, or as the desktop."""
        self.appearance.choose(choice)
        self._store.update(replace(self._store.current, theme=choice))

    @Slot()
    def toggle_theme(self) -> None:
        """Light becomes dark and back."""
        self.choose_theme(ThemeChoice.LIGHT if self.appearance.palette.dark else ThemeChoice.DARK)

    @Slot()
    def toggle_full_screen(self) -> None:
        """All of the screen, or as before."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    @Slot()
    def escape(self) -> None:
        """Leave full screen, else end what is under way on the page in front."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.deck.escape()

    @Slot()
    def open_settings(self) -> None:
        """Everything there is to set."""
        SettingsForm(
            self,
            self._store.current.preferences,
            self.appearance.choice,
            self._use_preferences,
            self.choose_theme,
        ).open()

    @Slot()
    def open_layouts(self) -> None:
        """Choose, save or delete a layout of the panels."""
        LayoutsForm(
            self, self.page.built_in_layouts(), self.layouts, self.use_layout, self._save_layout
        ).open()

    def use_layout(self, name: str) -> None:
        """Put the panels as a layout has them."""
        self.deck.show_page(self.page.name)
        if name in self.page.built_in_layouts():
            self.page.use_built_in(name)
        else:
            self.page.use_layout(self.layouts.get(name))

    @Slot()
    def open_palette(self) -> None:
        """Find a command by name."""
        self._command_palette.open()

    @Slot()
    def open_shortcuts(self) -> None:
        """Every key there is."""
        ShortcutSheet(self, self.commands).open()

    @Slot()
    def close_soon(self) -> None:
        """Quit once the command that asked for it is done."""
        QTimer.singleShot(0, self.close)

    def show_notice(
        self, notice: Notice, actions: tuple[ToastAction, ...] = (), details: str = ""
    ) -> None:
        """An event: as a toast and in the log."""
        self.page.log.add_notice(notice)
        self.toasts.show_notice(notice, actions, details)

    @Slot(object)
    def show_error(self, error: Exception) -> None:
        """An error with what can be done about it."""
        if isinstance(error, ConsoleError):
            self.show_notice(error_notice(error), self._ways_out(error))
        else:
            self.show_crash(error)

    def show_crash(self, error: BaseException) -> None:
        """A fault of ours: streaming stops, and the report can be copied."""
        self.run.stop()
        self.show_notice(
            Notice(Severity.ERROR, tr("Something broke, streaming stopped"), str(error)),
            (ToastAction(tr("Restart server"), self.server.restart),),
            crash_report(error),
        )

    def set_switches(self, switches: Switches) -> None:
        """Use these switches, as if the user had set them."""
        self._switched(switches)
        self.bar.show_switches(switches, self.run.kind)

    # -- news ----------------------------------------------------------------------------------

    @Slot(object)
    def _used(self, switches: Switches) -> None:
        """These hold from now on."""
        self.targets.used(switches)
        switches = self.board.current
        self.page.expect(switches.model)
        if not self.targets.waits(switches):
            self.run.set_switches(switches)
        self.bar.show_switches(switches, self.run.kind)

    @Slot(object)
    def _switched(self, switches: Switches) -> None:
        """The user changed something in the bar."""
        if switches.model != self.board.current.model:
            self.desk.remember_model(switches.model)
        self.board.use(switches)
        self.readout.refresh()

    @Slot()
    def _source_chosen(self) -> None:
        self.toasts.show_condition("source", None)
        self.readout.forget_error()
        self.page.forget_source()

    @Slot(object)
    def _source_failed(self, error: Exception) -> None:
        """It stays said until another source is chosen, or this one can be used."""
        if isinstance(error, ConsoleError):
            notice = error_notice(error)
            self.page.log.add_notice(notice)
            self.toasts.show_condition("source", notice)
        else:
            self.show_error(error)

    @Slot(object)
    def _source_known(self, info: SourceInfo) -> None:
        self.toasts.show_condition("source", None)
        self.page.show_source(info)

    @Slot()
    def _show_source(self) -> None:
        problem = self.desk.problem
        self.bar.source.show_choice(self.desk.title, self.desk.icon, problem, trouble=bool(problem))

    @Slot(object)
    def _show_outage(self, outage: Outage | None) -> None:
        if outage is None:
            self.toasts.show_condition(TOPIC, None)
            return
        ways = {
            WayOut.START_SERVER: ToastAction(tr("Start the server"), self.server.start),
            WayOut.OPEN_DOOR: ToastAction(tr("Switch it on"), self._open_door),
            WayOut.RETRY: ToastAction(tr("Try again now"), self.retry_now),
            WayOut.LOCAL: ToastAction(tr("Use the local demo"), self._use_local),
        }
        actions = *self.remedies.of_fault(outage.fault), *(ways[way] for way in outage.ways)
        self.toasts.show_condition(TOPIC, outage.notice, actions)

    @Slot(object)
    def _show_refusal(self, alert: Alert | None) -> None:
        actions = self.remedies.of_fault(alert.fault) if alert is not None else ()
        if alert is None or not actions:
            self.toasts.show_condition(REQUEST, None)
            return
        notice = Notice(Severity.WARNING, alert.title, alert.body)
        self.toasts.show_condition(REQUEST, notice, actions)

    @Slot(object, str)
    def _noticed_with_details(self, notice: Notice, details: str) -> None:
        self.show_notice(notice, details=details)

    @Slot(object)
    def _run_began(self, session: LiveSession) -> None:
        self.page.new_run()
        self.pump.attach(session)

    @Slot()
    def _show_phase(self) -> None:
        phase = self.run.phase
        waiting = not self._is_ready or self._start_when_ready
        self.bar.set_running(
            running=phase in (Phase.STARTING, Phase.RUNNING)
            or (waiting and self._start_when_ready),
            stopping=phase is Phase.STOPPING,
        )
        asking = self._is_ready and self._start_when_ready
        self.readout.asking = target_title(self.board.current.target) if asking else ""
        if phase is not Phase.RUNNING:
            self.bar.set_flight_limit(None)
        self.readout.refresh()

    @Slot(object)
    def _run_ended(self, session: LiveSession) -> None:
        self.pump.detach()
        self.readout.run_ended(session)
        error, summary = session.error, session.summary()
        self.page.log.add_text(tr("Run summary") + "\n" + summary.as_table())
        ways = self._ways_out(error) if error is not None else ()
        self.show_notice(end_notice(session.status(), summary, error), ways, summary.as_table())

    @Slot()
    def _server_changed(self) -> None:
        server = self.server.server
        if server is not None and self.server.state is ServerState.RUNNING:
            repositories = self.repositories.repositories
            folders = {
                row.name: found.root / row.name
                for found in repositories
                if found.root is not None
                for row in found.models
            }
            self.targets.set_own_offers(model_offers(server.models(), repositories), folders)
        self.page.alerts.set_alerts("server", self.server.alerts())

    @Slot()
    def _targets_listed(self) -> None:
        self.bar.set_targets(self.targets.targets[1:])

    @Slot()
    def _target_learned(self) -> None:
        models = self.targets.offers()
        self.bar.set_models(models)
        trouble = self.targets.catalogue.trouble is not None
        self.bar.set_limits(self.targets.limits, self.targets.sentence, trouble=trouble)
        self.desk.set_models(models)
        self._host.look()
        if self._start_when_ready and self._is_ready:
            self._start_if_known()

    def _start_if_known(self) -> None:
        """Begin the run that was asked for, once it is known what the model takes."""
        if self._start_when_ready and not self.targets.waits(self.board.current):
            self._start_when_ready = False
            self.run.start()

    @Slot()
    def _server_ready(self) -> None:
        self._become_ready()
        self.repositories.begin()
        self.repositories.look()
        self.retry_now()

    @Slot(object)
    def _server_failed(self, error: Exception) -> None:
        self._become_ready()
        self.show_error(error)

    def _become_ready(self) -> None:
        if self._is_ready:
            return
        self._is_ready = True
        self.readout.waiting_for_server = False
        self._show_phase()
        self._start_if_known()
        self.became_ready.emit()

    @Slot(object)
    def _recolour(self, palette: Palette) -> None:
        for part in (
            self.bar,
            self.deck,
            self.strip,
            self.toasts,
            self._drop,
            self._command_palette,
        ):
            part.set_palette_roles(palette)

    @Slot(object)
    def _view_changed(self, memory: ViewMemory) -> None:
        self._store.update(replace(self._store.current, view=memory))

    @Slot(str)
    def _open_panel(self, name: str) -> None:
        self.deck.show_page(self.page.name)
        self.page.open_dock(name)

    # -- odds and ends -------------------------------------------------------------------------

    def _ways_out(self, error: ConsoleError) -> tuple[ToastAction, ...]:
        if isinstance(error, PortInUse):
            return (ToastAction(tr("Use free ports"), partial(self.server.use_ports, 0, 0)),)
        found = self.remedies.of_error(error)
        if isinstance(error, TargetUnreachable) and self.board.current.target.name != EMBEDDED:
            return (*found, ToastAction(tr("Use the local demo"), self._use_local))
        return found

    def _save_layout(self, name: str) -> None:
        self.layouts.save(self.page.layout_now(name))

    def _use_preferences(self, preferences: Preferences) -> None:
        self._store.update(replace(self._store.current, preferences=preferences))
        self._apply_preferences(preferences)

    def _apply_preferences(self, preferences: Preferences) -> None:
        self.page.use_preferences(preferences)
        self.strip.preferences = preferences
        self.toasts.least = preferences.toasts

    def _use_local(self) -> None:
        self.set_switches(self.board.current.aimed_at(Target(EMBEDDED)))

    def _open_door(self) -> None:
        if self.board.current.transport.is_grpc:
            self.server.set_grpc(on=True)
        else:
            self.server.set_rest(on=True)

    def _tell_blocked(self, reason: str) -> None:
        self.show_notice(Notice(Severity.INFO, reason))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Vanish at once, then end what runs."""
        memory = WindowMemory(
            geometry=_text(self.saveGeometry()),
            docks=_text(self.page.saveState()),
            locked=self.page.locked,
        )
        self._store.update(replace(self._store.current, window=memory))
        self.hide()
        for dialog in self.findChildren(QDialog):
            dialog.reject()  # one that stays open would keep the program alive
        self.readout.stop()
        self.pump.detach()
        self.deck.close_pages()
        self.target_dialogs.close()
        self.model_dialogs.close()
        self.targets.catalogue.rest()
        self.run.close(_STOP_WAIT_S)
        self._store.flush()
        event.accept()


def _text(blob: QByteArray) -> str:
    return bytes(blob.toBase64().data()).decode("ascii")


def _blob(text: str) -> QByteArray:
    with contextlib.suppress(UnicodeEncodeError):
        return QByteArray.fromBase64(QByteArray(text.encode("ascii")))
    return QByteArray()
