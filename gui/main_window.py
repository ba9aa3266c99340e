"""The window: puts the parts together and passes wishes and news between them."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QVBoxLayout, QWidget

from backend.core.choices import EMBEDDED, ImageEncoding, Target, why_not_model
from backend.core.errors import ConsoleError, PayloadTooLarge, PortInUse, TargetUnreachable
from backend.core.samples import MediaKind
from backend.core.status import Notice, RunStatus, Severity, SourceInfo, SourceState
from gui.appearance import Appearance
from gui.bar import Bar
from gui.command_palette import CommandPalette
from gui.commands import CommandSet
from gui.crash import crash_report
from gui.drop_overlay import DropOverlay
from gui.forms import AddressForm, TargetForm
from gui.icons import application_icon
from gui.live_page import LivePage
from gui.live_session import LiveSession, SessionFactory, SourceFactory
from gui.log_panel import LogBridge
from gui.notices import ToastAction, Toasts
from gui.offers import ModelOffer, source_icon
from gui.pump import Pump
from gui.run_control import Phase, RunControl
from gui.run_messages import end_notice, error_notice, idle_message, run_message
from gui.server_control import ServerControl, ServerState
from gui.server_panel import ServerPanel
from gui.settings import SettingsStore, ViewMemory, WindowMemory
from gui.shortcut_sheet import ShortcutSheet
from gui.source_menu import Devices, SourceMenu
from gui.status_strip import HEIGHT as STRIP_HEIGHT
from gui.status_strip import StatusStrip
from gui.status_text import state_text
from gui.switches import Switches, target_title
from gui.tasks import Tasks
from gui.theme import Palette, ThemeChoice
from gui.views.messages import MessageKind
from gui.window_commands import window_commands

_TEXT_MS = 500
_STOP_WAIT_S = 0.4
_DEFAULT_MODELS = {MediaKind.IMAGE: "shapes", MediaKind.AUDIO: "voice_activity"}
_FITTING_MODELS = {"pattern": "shapes", "tone": "pitch", "sweep": "pitch"}


@dataclass(frozen=True)
class Parts:
    """What the composition root gives the window."""

    appearance: Appearance
    store: SettingsStore
    tasks: Tasks
    server: ServerControl
    devices: Devices
    make_source: SourceFactory
    make_session: SessionFactory
    log: LogBridge


class MainWindow(QMainWindow):
    """Bar, live page and status strip, and everything that floats over them."""

    became_ready = Signal()
    """The server answered for the first time, or failed to: a run can be started."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.appearance = parts.appearance
        self.server = parts.server
        self._store = parts.store
        self._tasks = parts.tasks
        self._make_source = parts.make_source
        self._log = parts.log
        self._devices = parts.devices
        self._models: tuple[ModelOffer, ...] = ()
        self._model_for_kind: dict[MediaKind, str] = dict(_DEFAULT_MODELS)
        self._source_info: SourceInfo | None = None
        self._source_trouble = ""
        self._last_status = RunStatus()
        self._last_error: ConsoleError | None = None
        self._is_ready = self._start_when_ready = False
        self.run = RunControl(parts.tasks, parts.make_source, parts.make_session, self)
        self._build(parts.appearance.palette)
        self.pump = Pump(self.page, self)
        self.commands = CommandSet(self, self._tell_blocked)
        self.commands.add(window_commands(self))
        self.commands.fill(self.menuBar())
        self._command_palette = CommandPalette(self, self.commands, parts.appearance.palette)
        self._connect()
        self._restore()
        self._text_timer = QTimer(self, interval=_TEXT_MS)
        self._text_timer.timeout.connect(self.refresh)
        self._text_timer.start()
        self._devices.rescan()
        self.run.choose_source(self._switches.source)
        self.refresh()

    # -- building ------------------------------------------------------------------------------

    def _build(self, palette: Palette) -> None:
        self.setWindowTitle("Inferdeck")
        self.setWindowIcon(application_icon())
        self.sources = SourceMenu(
            self._devices,
            lambda: self._store.current.recent,
            self.choose_source,
            (
                ("Open file...", self.open_file),
                ("Open folder...", self.open_folder),
                ("Open address...", self.open_address),
            ),
        )
        self.bar = Bar(palette, self.sources.fill)
        self.page = LivePage(palette, ServerPanel(self.server, palette), self._store.current.view)
        self.strip = StatusStrip(palette)
        middle = QWidget()
        middle.setObjectName("page")
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.page, 1)
        column.addWidget(self.strip)
        self.setCentralWidget(middle)
        self.toasts = Toasts(self, palette, STRIP_HEIGHT)
        self._drop = DropOverlay(self, palette)

    def _connect(self) -> None:
        self.bar.switched.connect(self._switched)
        self.bar.start_pressed.connect(self.toggle_run)
        self.bar.new_target_wanted.connect(self.new_target)
        self.strip.panel_wanted.connect(self.page.open_dock)
        self.page.pane.view_changed.connect(self._view_changed)
        self.run.session_changed.connect(self._run_began)
        self.run.phase_changed.connect(self._show_phase)
        self.run.source_known.connect(self._source_known)
        self.run.failed.connect(self.show_error)
        self.run.source_failed.connect(self._source_failed)
        self.run.ended.connect(self._run_ended)
        self.server.changed.connect(self._server_changed)
        self.server.ready.connect(self._server_ready)
        self.server.failed.connect(self._server_failed)
        self.appearance.changed.connect(self._recolour)
        self._devices.changed.connect(self._devices_changed)
        self._drop.dropped.connect(self.take_files)

    def _restore(self) -> None:
        settings = self._store.current
        self.resize(1280, 800)
        if settings.window.geometry:
            self.restoreGeometry(_blob(settings.window.geometry))
        self.page.set_locked(locked=settings.window.locked)
        if settings.window.docks:
            self.page.restoreState(_blob(settings.window.docks))
        self.bar.set_targets(settings.targets)
        self.bar.show_switches(settings.switches, MediaKind.IMAGE)
        self.page.expect(settings.switches.model)
        self.run.set_switches(settings.switches)
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
        if not self._is_ready:
            self._start_when_ready = not self._start_when_ready
            self._show_phase()
            return
        self.run.toggle()

    @Slot()
    def retry_now(self) -> None:
        """Do not wait for the next attempt."""
        if self.run.session is not None:
            self.run.session.retry_now()

    def choose_source(self, spec: str) -> None:
        """Use another source, at once if something streams."""
        self._last_error = None
        self._use(replace(self._switches, source=spec))
        if not any(offer.spec == spec and offer.missing for offer in self._devices.offers()):
            self._remember_recent(spec)
        self.page.forget_source()
        self.run.choose_source(spec)

    @Slot()
    def toggle_loop(self) -> None:
        """Let files start over at their end, or not; one that plays begins anew."""
        self._use(replace(self._switches, loop=not self._switches.loop))
        if self._source_info is not None and not self._source_info.live:
            self.run.choose_source(self._switches.source)

    @property
    def loops(self) -> bool:
        """Whether files start over at their end."""
        return self._switches.loop

    @Slot()
    def open_file(self) -> None:
        """Ask for a file."""
        self._ask_path("Open file", QFileDialog.FileMode.ExistingFile)

    @Slot()
    def open_folder(self) -> None:
        """Ask for a folder of images."""
        self._ask_path("Open folder", QFileDialog.FileMode.Directory)

    @Slot()
    def open_address(self) -> None:
        """Ask for a network camera's address."""
        form = AddressForm(self)
        form.accepted.connect(lambda: self.choose_source(form.url))
        form.open()

    @Slot()
    def new_target(self) -> None:
        """Ask for another server's address."""
        form = TargetForm(self)
        form.accepted.connect(lambda: self._add_target(form.target))
        form.open()

    @Slot(list)
    def take_files(self, specs: list[str]) -> None:
        """Use the first thing that can be used; say once what could not, and why."""
        self._tasks.start(
            "drop",
            lambda: _sort_out(specs, self._make_source),
            self._files_sorted,
            self.show_error,
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
        """Leave full screen."""
        if self.isFullScreen():
            self.showNormal()

    @Slot()
    def toggle_docks_locked(self) -> None:
        """Let panels be moved, or not."""
        self.page.set_locked(locked=not self.page.locked)

    @Slot()
    def reset_docks(self) -> None:
        """Every panel back to its place."""
        self.page.reset()

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
            Notice(Severity.ERROR, "Something broke, streaming stopped", str(error)),
            (ToastAction("Restart server", self.server.restart),),
            crash_report(error),
        )

    def set_switches(self, switches: Switches) -> None:
        """Use these switches, as if the user had set them."""
        self._switched(switches)
        self.bar.show_switches(switches, self.run.kind)

    # -- news ----------------------------------------------------------------------------------

    @property
    def _switches(self) -> Switches:
        return self._store.current.switches

    def _use(self, switches: Switches) -> None:
        """Remember, show and hand on."""
        self._store.update(replace(self._store.current, switches=switches))
        self.page.expect(switches.model)
        self.run.set_switches(switches)
        self.bar.show_switches(switches, self.run.kind)
        self._show_source()

    @Slot(object)
    def _switched(self, switches: Switches) -> None:
        if switches.model != self._switches.model:
            self._model_for_kind[self.run.kind] = switches.model
            self.page.forget_results()
        self._use(switches)
        self.refresh()

    @Slot(str, object)
    def _source_known(self, spec: str, info: SourceInfo) -> None:
        self._source_trouble = ""
        self._source_info = info
        self.page.show_source(info)
        self._fit_model(spec, info)
        self._use(self._switches)

    def _fit_model(self, spec: str, info: SourceInfo) -> None:
        """Choose a model that takes what the source gives, and say so."""
        offers = {offer.name: offer for offer in self._models}
        present = offers.get(self._switches.model)
        reason = why_not_model(info.kind, present.kind) if present is not None else ""
        if not reason:
            return
        name = _FITTING_MODELS.get(spec, self._model_for_kind.get(info.kind, ""))
        if name not in offers:
            name = next((o.name for o in self._models if o.kind is info.kind), "")
        if name:
            self._use(replace(self._switches, model=name))
            self.show_notice(Notice(Severity.INFO, f"Model changed to {name}", reason))

    @Slot(str, object)
    def _source_failed(self, spec: str, error: Exception) -> None:
        if spec == self._switches.source:
            self._source_trouble = str(error)
            self._show_source()
        self.show_error(error)

    @Slot(object)
    def _run_began(self, session: LiveSession) -> None:
        self.page.new_run()
        self.pump.attach(session)

    @Slot()
    def _show_phase(self) -> None:
        phase = self.run.phase
        waiting = not self._is_ready
        self.bar.set_running(
            running=phase in (Phase.STARTING, Phase.RUNNING)
            or (waiting and self._start_when_ready),
            stopping=phase is Phase.STOPPING,
        )
        if phase is not Phase.RUNNING:
            self.bar.set_flight_limit(None)
        self.refresh()

    @Slot(object)
    def _run_ended(self, session: LiveSession) -> None:
        self.pump.detach()
        self._source_trouble = ""
        self._show_source()
        status, summary = session.status(), session.summary()
        self._drain_notices(session)
        self.page.log.add_text("Run summary\n" + summary.as_table())
        self.page.alerts.set_alerts("run", ())
        error = session.error
        notice = end_notice(status, summary, error)
        ways = self._ways_out(error) if error is not None else ()
        self.show_notice(notice, ways, summary.as_table())
        self._last_error = error
        self.page.say("")
        self._last_status = status
        self.refresh()

    @Slot()
    def _server_changed(self) -> None:
        server = self.server.server
        if server is not None and self.server.state is ServerState.RUNNING:
            self._models = tuple(
                ModelOffer(row.name, row.kind, row.description) for row in server.models()
            )
            self.bar.set_models(self._models)
        self.page.alerts.set_alerts("server", self.server.alerts())

    @Slot()
    def _server_ready(self) -> None:
        if self._source_info is not None:
            self._fit_model(self._switches.source, self._source_info)
        self._become_ready()
        self.retry_now()

    @Slot(object)
    def _server_failed(self, error: Exception) -> None:
        self._become_ready()
        self.show_error(error)

    def _become_ready(self) -> None:
        if self._is_ready:
            return
        self._is_ready = True
        self._show_phase()
        if self._start_when_ready:
            self.run.start()
        self.became_ready.emit()

    @Slot()
    def _devices_changed(self) -> None:
        self._show_source()
        if self._switches.source.partition(":")[0] in ("webcam", "microphone"):
            self.retry_now()

    @Slot(object)
    def _recolour(self, palette: Palette) -> None:
        for part in (
            self.bar,
            self.page,
            self.strip,
            self.toasts,
            self._drop,
            self._command_palette,
        ):
            part.set_palette_roles(palette)

    @Slot(object)
    def _view_changed(self, memory: ViewMemory) -> None:
        self._store.update(replace(self._store.current, view=memory))

    # -- twice a second ------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Bring every word and number up to date."""
        now_ns = time.monotonic_ns()
        session = self.run.session
        status = session.status() if session is not None else self._last_status
        target = target_title(self._switches.target)
        text = state_text(status, target) if session is not None else self._idle_text(status)
        age = self.page.paints.age_ms(now_ns)
        self.strip.show_status(status, age if session is not None else None, text)
        self.page.server.poll()
        for line in self._log.lines.drain():
            self.page.log.add_text(line)
        if session is None:
            self._write_idle(status)
        else:
            self._write_run(session, status, target)

    def _idle_text(self, status: RunStatus) -> str:
        if not self._is_ready:
            return "Starting the local server"
        if status.counts.captured:
            return state_text(status, "")
        return "Ready, Space streams"

    def _write_idle(self, status: RunStatus) -> None:
        if not self._is_ready:
            self.page.say("Starting the local server", "", MessageKind.LOADING)
        elif self._source_trouble:
            self.page.say("This source cannot be used", self._source_trouble, MessageKind.FAILED)
        elif self._last_error is not None:
            self.page.say(self._last_error.message, self._last_error.hint, MessageKind.FAILED)
        elif not status.counts.captured:
            switches = self._switches
            message = idle_message(
                self.sources.title(switches.source), switches.model, target_title(switches.target)
            )
            self.page.say(message.title, message.body, message.kind)

    def _write_run(self, session: LiveSession, status: RunStatus, target: str) -> None:
        self._drain_notices(session)
        self.page.alerts.set_alerts("run", status.alerts)
        if status.source.info is not None:
            self.page.show_source(status.source.info)
        self._note_trouble(status)
        if self._switches.in_flight is None:
            self.bar.set_flight_limit(status.in_flight_limit)
        source = self.sources.title(self._switches.source)
        message = run_message(status, source, target, shown=self.page.has_picture)
        self.page.say(message.title, message.body, message.kind)

    def _drain_notices(self, session: LiveSession) -> None:
        for notice in session.notices.drain():
            self.show_notice(notice)

    # -- odds and ends -------------------------------------------------------------------------

    def _show_source(self) -> None:
        spec = self._switches.source
        self.sources.set_chosen(spec)
        trouble = self._source_trouble or self.sources.missing(spec)
        self.bar.source.show_choice(
            self.sources.title(spec), source_icon(spec), trouble, trouble=bool(trouble)
        )

    def _note_trouble(self, status: RunStatus) -> None:
        """Put a warning sign on the source picker while its source is lost or silent."""
        unwell = status.source.state in (SourceState.LOST, SourceState.SILENT)
        trouble = status.source.message if unwell else ""
        if trouble != self._source_trouble:
            self._source_trouble = trouble
            self._show_source()

    def _remember_recent(self, spec: str) -> None:
        if source_icon(spec) in ("file", "network"):
            self._store.update(self._store.current.with_recent(spec))

    def _add_target(self, target: Target | None) -> None:
        if target is None:
            return
        self._store.update(self._store.current.with_target(target))
        self.bar.set_targets(self._store.current.targets)
        self.set_switches(self._switches.aimed_at(target))

    def _ask_path(self, title: str, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, title)
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(self.choose_source)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _files_sorted(self, sorted_out: tuple[str, list[tuple[str, str]]]) -> None:
        usable, rejected = sorted_out
        if usable:
            self.choose_source(usable)
        if rejected:
            count = len(rejected)
            title = "1 file was not used" if count == 1 else f"{count} files were not used"
            lines = "\n".join(f"{spec}: {reason}" for spec, reason in rejected)
            body = rejected[0][1] if count == 1 else "One source is streamed at a time."
            self.show_notice(Notice(Severity.WARNING, title, body), details=lines)

    def _ways_out(self, error: ConsoleError) -> tuple[ToastAction, ...]:
        if isinstance(error, PortInUse):
            return (ToastAction("Use free ports", partial(self.server.use_ports, 0, 0)),)
        if isinstance(error, PayloadTooLarge):
            jpeg = replace(self._switches, image=ImageEncoding.JPEG)
            return (ToastAction("Use JPEG", partial(self.set_switches, jpeg)),)
        if isinstance(error, TargetUnreachable) and self._switches.target.name != EMBEDDED:
            local = replace(self._switches, target=Target(EMBEDDED))
            return (ToastAction("Use the local demo", partial(self.set_switches, local)),)
        return ()

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
        self._text_timer.stop()
        self.pump.detach()
        self.run.close(_STOP_WAIT_S)
        self._store.flush()
        event.accept()


def _sort_out(specs: list[str], make: SourceFactory) -> tuple[str, list[tuple[str, str]]]:
    """The first source that can be made, and the others with the reason against each."""
    usable, rejected = "", []
    for spec in specs:
        if usable:
            rejected.append((spec, f"{usable} is used already."))
            continue
        try:
            make(spec, loop=False)
        except ConsoleError as error:
            rejected.append((spec, str(error)))
        else:
            usable = spec
    return usable, rejected


def _text(blob: QByteArray) -> str:
    return bytes(blob.toBase64().data()).decode("ascii")


def _blob(text: str) -> QByteArray:
    with contextlib.suppress(UnicodeEncodeError):
        return QByteArray.fromBase64(QByteArray(text.encode("ascii")))
    return QByteArray()
