"""Live runs as a part of the window: bar, live page and status strip, and what drives them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from backend.core.choices import EMBEDDED
from backend.core.samples import MediaKind
from backend.core.status import Notice, SourceInfo
from backend.core.target import Target
from backend.recording import Showing
from backend.sources.cameras import WEBCAM
from backend.sources.playback import playback_of
from backend.sources.registry import SourceRegistry
from backend.sources.source import recording_of
from gui.live.adoption import AdoptionController, Drops
from gui.live.bar import Bar
from gui.live.commands import run_commands, source_commands, switch_commands
from gui.live.export import ExportController, ExportMenu, export_commands
from gui.live.notices import RunNotices
from gui.live.page import LivePage
from gui.live.picture import prepare_pictures
from gui.live.playback import PlaybackController, PlaybackKeys, playback_commands
from gui.live.pump import Pump
from gui.live.readout import Readout
from gui.live.recording import RecordingControl, recording_commands
from gui.live.scope import ScopeController, ScopeKeys, TriggerPopover, scope_commands
from gui.live.side_by_side import MakeBeside, SideBySidePart
from gui.live.sources import Devices, SourceController
from gui.live.start import StartControl
from gui.live.strip import StatusStrip
from gui.live.time_spent import Adviser
from gui.state.live_session import LiveSession
from gui.state.models import ModelAdoption, RepositoryControl
from gui.state.preferences import Preferences
from gui.state.run_control import Phase, RunControl
from gui.state.server_control import ServerControl
from gui.state.settings import ViewMemory, WindowMemory, blob_text, text_blob
from gui.state.switches import Switches
from gui.targets import TargetFeature
from gui.widgets.language import tr
from gui.widgets.theme import Palette
from gui.workspace.commands import Command
from gui.workspace.feature import Feature, Workspace
from gui.workspace.log_panel import LogBridge

_BAR_PARTS = {"source.choose": "source", "model.choose": "model", "switch.open": "wire"}
"""The part of the bar that a command opens."""
_STOP_WAIT_S = 0.4
_RECORDING_WAIT_S = 1.0
"""For what waits to be written; a file that is not ended by then is readable all the same."""


class LiveFeature(Feature):
    """Builds the three parts that one sees, and joins them with the run, its source and target."""

    def __init__(
        self,
        workspace: Workspace,
        run: RunControl,
        server: ServerControl,
        targets: TargetFeature,
        server_panel: QWidget,
        devices: Devices,
        sources: SourceRegistry,
        log: LogBridge,
        repositories: RepositoryControl,
        adoption: ModelAdoption,
        make_beside: MakeBeside,
    ) -> None:
        self.run = run
        self.switches = workspace.switches
        self._workspace = workspace
        self._store = workspace.store
        self._targets = targets
        anchor, palette = workspace.anchor, workspace.palette
        self.sources = SourceController(workspace, run, devices, sources)
        self.start = StartControl(
            run, self.switches, targets.controller, server, repositories, anchor
        )
        self.bar = Bar(palette, self.sources.menu.fill)
        self.strip = StatusStrip(palette)
        adviser = Adviser(workspace.switches, workspace.ways, workspace.notifier)
        self.page = LivePage(workspace, server_panel, sources, adviser.actions)
        self.adoption = AdoptionController(
            workspace, adoption, repositories, targets, self.sources, self.page.name
        )
        self.drops = Drops(workspace.tasks, self.adoption, self.sources, anchor)
        self.readout = Readout(
            run, self.switches, self.sources, self.start, self.bar, self.page, self.strip, server,
            log, adviser, anchor,
        )  # fmt: skip
        self.pump = Pump(self.page, anchor)
        self.recording = RecordingControl(run, workspace.tasks, workspace.notifier, anchor)
        self.playback = PlaybackController(
            self.page.playback, run, self.start, workspace.tasks, workspace.notifier, anchor
        )
        self._keys = PlaybackKeys(self.playback, (self.page.pane.preview, *self.page.sound.played))
        self.scope = ScopeController(self.page)
        self.trigger = TriggerPopover(self.scope)
        self._scope_keys = ScopeKeys(self.scope, self.trigger)
        self.export = ExportController(workspace, self.page, run)
        self.side_by_side = SideBySidePart(workspace, self.page, run, targets, make_beside)
        self._export_menu = ExportMenu(self.export)
        self._notices = RunNotices(
            workspace.notifier, self.page.log, run, self.switches, server, anchor
        )
        self._connect_controls()
        self._connect_run(server)
        self._connect_source()
        self._restore()

    # -- a feature of the window ---------------------------------------------------------------

    def commands(self) -> Iterator[Command]:
        """Sources, what the pickers offer, runs and switches."""
        for command in (*source_commands(self.sources, self.bar), *switch_commands(self.bar)):
            part = _BAR_PARTS.get(command.id)
            yield command.before(partial(self._bring_back, part)) if part else command
        yield from run_commands(self.run, self.start, self.sources, self.reset_counters)
        yield from recording_commands(self.recording)
        yield from playback_commands(self.playback)
        yield from export_commands(self.export, self.page)
        yield from scope_commands(self.scope, self.trigger)
        yield from self.side_by_side.commands()
        yield from self.adoption.commands()

    def _bring_back(self, part: str) -> None:
        """What opens at a part of the bar needs a page over which it is shown."""
        if self.bar.leaves_out(part):
            self._workspace.navigator.show_page(self.page.name)

    def palette_entries(self) -> Iterator[Command]:
        """Every source of the moment."""
        for spec, offer in {offer.spec: offer for offer in self.sources.menu.offers()}.items():
            yield Command(
                f"source.use.{spec}",
                tr("Source: {name}", name=offer.title),
                partial(self.sources.choose_checked, spec),
                aliases=f"use {offer.tip} {spec}",
            )
        yield from self.side_by_side.palette_entries()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up other colours; the page gets them as one of the window's pages."""
        self.bar.set_palette_roles(palette)
        self.strip.set_palette_roles(palette)
        self.side_by_side.set_palette_roles(palette)

    def begin(self) -> None:
        """Look at the source that was restored, and write numbers twice a second."""
        self.page.activated()
        self.sources.begin()
        self.readout.begin()

    def close(self) -> None:
        """Keep how the panels are, and end the run."""
        self.adoption.close()
        memory = WindowMemory(
            geometry=self._store.current.window.geometry,
            docks=blob_text(self.page.saveState()),
            locked=self.page.locked,
            by_hand=self.page.by_hand,
        )
        self._store.update(replace(self._store.current, window=memory))
        self.readout.stop()
        self.playback.close()
        self.side_by_side.close(_STOP_WAIT_S)
        self.pump.detach()
        self.recording.close(_RECORDING_WAIT_S)
        self.run.close(_STOP_WAIT_S)

    @Slot()
    def reset_counters(self) -> None:
        """Count drops and measure latency anew."""
        if self.run.session is not None:
            self.page.reset_counters(self.run.session.status(), time.monotonic())
            self.readout.refresh()

    # -- building ------------------------------------------------------------------------------

    def _connect_controls(self) -> None:
        targets = self._targets
        self.bar.switched.connect(self.switches.choose)
        self.bar.start_pressed.connect(self.start.toggle)
        self.bar.new_target_wanted.connect(targets.dialogs.add)
        self.bar.targets_wanted.connect(targets.dialogs.open_list)
        self.bar.model_file_wanted.connect(self.adoption.open_file)
        self.bar.model_name_wanted.connect(targets.model_dialogs.ask_model)
        self.bar.profile_wanted.connect(targets.model_dialogs.open_profile)
        self.bar.card_wanted.connect(targets.model_dialogs.open_card)
        cards = self.page.pane.cards
        cards.webcam_wanted.connect(self._stream_webcam)
        cards.model_wanted.connect(self.adoption.open_file)
        cards.pattern_wanted.connect(self.sources.use_pattern)
        cards.server_wanted.connect(targets.dialogs.add)
        self.strip.panel_wanted.connect(self._workspace.navigator.open_panel)
        self._workspace.navigator.panel_wanted.connect(self._open_panel)
        self._workspace.navigator.model_wanted.connect(self._use_model)
        self.page.pane.view_changed.connect(self._view_changed)
        self._store.preferences_changed.connect(self._use_preferences)
        self.switches.used.connect(self._used)
        self.switches.chosen.connect(self._chosen)
        targets.saved.listed.connect(self._show_targets)
        targets.controller.learned.connect(self._show_offers)

    def _connect_run(self, server: ServerControl) -> None:
        run, readout, notices = self.run, self.readout, self._notices
        notifier = self._workspace.notifier
        run.session_changed.connect(self._run_began)
        self.playback.showing_changed.connect(self._show_recording)
        self.playback.model_changed.connect(self.page.expect)
        self.playback.rested.connect(self.page.sound.rest)
        self.playback.rested.connect(readout.rest)
        self.playback.showing_changed.connect(self.side_by_side.controller.look_at)
        run.phase_changed.connect(self._show_phase)
        run.failed.connect(notifier.show_error)
        run.source_taken.connect(lambda _: self.page.change.taken(time.monotonic_ns()))
        for failed in (run.failed, run.source_failed):
            failed.connect(self.page.change.over)  # the source before goes on
        run.ended.connect(self._run_ended)
        readout.noticed.connect(notifier.show_notice)
        readout.outage_changed.connect(notices.show_outage)
        readout.refusal_changed.connect(notices.show_refusal)
        self.start.changed.connect(self._show_phase)
        self.recording.changed.connect(self.strip.show_recording)
        self.recording.saved.connect(self.sources.remember)
        self.recording.play_wanted.connect(lambda path: self.drops.take([path]))
        self.strip.recording_clicked.connect(self.recording.toggle)
        server.ready.connect(run.retry_now)
        notifier.crashed.connect(run.stop)

    def _connect_source(self) -> None:
        self.sources.chosen.connect(self.playback.leave)
        self.sources.chosen.connect(self._source_chosen)
        self.sources.known.connect(self._source_known)
        self.sources.changed.connect(self._show_source)
        self.sources.failed.connect(self._notices.source_failed)
        self.sources.noticed.connect(self._source_noticed)
        self.sources.opened.connect(self.drops.take)
        self.drops.noticed.connect(self._source_noticed)
        self.drops.failed.connect(self._workspace.notifier.show_error)

    def _restore(self) -> None:
        settings = self._store.current
        self.page.set_locked(locked=settings.window.locked)
        if settings.window.docks:
            self.page.by_hand = settings.window.by_hand
            self.page.restore(text_blob(settings.window.docks))
        self._use_preferences(settings.preferences)
        self._show_targets()
        self._used()
        self._show_source()
        self._show_phase()

    # -- the run -------------------------------------------------------------------------------

    @Slot(object)
    def _show_recording(self, showing: Showing | None) -> None:
        """Show what was recorded in the place of a run, or no longer."""
        self.readout.look_at(showing)
        if showing is None:
            self.pump.detach()
            current = self.switches.current
            self.page.expect(current.model, current.target.name)
            return
        self.page.new_run()
        recorded = showing.settings
        self.page.expect(recorded.model, recorded.target.name)
        self.page.show_source(showing.info)
        self.export.follow(showing)
        self.pump.attach(showing)

    @Slot(object)
    def _run_began(self, session: LiveSession) -> None:
        self.playback.leave()
        self.page.new_run()
        self.pump.attach(session)
        prepare_pictures(session, self.page.pane.preview)

    @Slot()
    def _show_phase(self) -> None:
        phase = self.run.phase
        self.bar.set_running(
            running=phase in (Phase.STARTING, Phase.RUNNING) or self.start.wanted,
            stopping=phase is Phase.STOPPING,
        )
        if phase is not Phase.RUNNING:
            self.bar.set_flight_limit(None)
        self.readout.refresh()

    @Slot(object)
    def _run_ended(self, session: LiveSession) -> None:
        self.pump.detach()
        self.page.run_ended()
        self.readout.run_ended(session)
        self._notices.run_ended(session)

    # -- switches and targets ------------------------------------------------------------------

    @Slot()
    def _used(self) -> None:
        switches = self.switches.current
        if self.playback.showing is None:
            self.page.expect(switches.model, switches.target.name)
        self.bar.show_switches(switches, self.run.kind)

    @Slot(object, object)
    def _chosen(self, before: Switches, after: Switches) -> None:
        if after.model != before.model:
            self.sources.remember_model(after.model)
        self.readout.refresh()

    @Slot(str, object)
    def _use_model(self, model: str, kind: MediaKind) -> None:
        """Stream to a model of our own server, from the chosen source if it gives what it takes."""
        self._workspace.navigator.show_page(self.page.name)
        self.sources.fit_to_model(model, kind)
        if self.switches.current.target.name != EMBEDDED:
            self.switches.use(self.switches.current.aimed_at(Target(EMBEDDED)))
        self.switches.use(replace(self.switches.current, model=model))
        self.readout.refresh()
        if self.run.phase is Phase.IDLE and not self.start.wanted:
            self.start.toggle()

    @Slot()
    def _stream_webcam(self) -> None:
        """The first camera, as soon as there is one."""
        self.sources.choose(WEBCAM.spec())
        if self.run.phase is Phase.IDLE and not self.start.wanted:
            self.start.toggle()

    @Slot()
    def _show_targets(self) -> None:
        self.bar.set_targets(self._targets.saved.targets[1:])

    @Slot()
    def _show_offers(self) -> None:
        """More is known of the target: what it offers, and whether the wanted run can begin."""
        controller = self._targets.controller
        models = controller.offers()
        self.bar.set_models(models)
        faulty = controller.catalogue.error is not None
        self.bar.set_limits(controller.limits, controller.sentence, faulty=faulty)
        self.sources.set_models(models)
        self.start.start_if_known()

    # -- the source ----------------------------------------------------------------------------

    @Slot()
    def _source_chosen(self) -> None:
        self._notices.source_is_well()
        self.readout.forget_error()
        self.page.forget_source()

    @Slot(object)
    def _source_known(self, info: SourceInfo) -> None:
        self._notices.source_is_well()
        source = self.run.source
        self.bar.set_source_kind(
            played=playback_of(source) is not None, recorded=recording_of(source) is not None
        )
        self.page.show_source(info)

    @Slot()
    def _show_source(self) -> None:
        sources, problem = self.sources, self.sources.problem
        self.bar.source.show_choice(sources.title, sources.icon, problem, faulty=bool(problem))

    @Slot(object, str)
    def _source_noticed(self, notice: Notice, details: str) -> None:
        self._workspace.notifier.show_notice(notice, details=details)

    # -- the page ------------------------------------------------------------------------------

    @Slot(str)
    def _open_panel(self, name: str) -> None:
        self._workspace.navigator.show_page(self.page.name)
        self.page.open_dock(name)

    @Slot(object)
    def _view_changed(self, memory: ViewMemory) -> None:
        self._store.update(replace(self._store.current, view=memory))

    @Slot(object)
    def _use_preferences(self, preferences: Preferences) -> None:
        self.page.use_preferences(preferences)
        self.strip.preferences = preferences
        self.bar.set_stays_open(stays=preferences.open_switches)
