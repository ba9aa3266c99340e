"""The live page: picture or sound in the middle, numbers at the right, plots and lists below."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from backend.core.choices import EMBEDDED
from backend.core.predictions import Detections
from backend.core.samples import AudioBlock, Frame, MediaKind
from backend.core.status import Result, RunStatus, SourceInfo, Word
from backend.sources.registry import SourceRegistry
from gui.live.commands import panel_commands, picture_commands
from gui.live.panel_sizes import panel_sizes
from gui.live.picture import PaintRecord, PreviewPane, count_rows, source_facts
from gui.live.playback import PlaybackBar
from gui.live.presenter import PresenterView
from gui.live.sound_panel import SoundPanel
from gui.live.source_change import SourceChange
from gui.live.time_spent import TOPIC as BOTTLENECK
from gui.live.time_spent import FrameOpener, LatencyReader
from gui.state.counters import Counters
from gui.state.live_session import ShownRun
from gui.state.preferences import Preferences
from gui.state.settings import blob_text, text_blob
from gui.state.switches import LOCAL_NAME
from gui.state.tracking import BoxSmoother, ClassCounts
from gui.views.messages import MessageKind
from gui.views.plots import LatencyView, ProbabilityTimeline, ThroughputView, TopKView
from gui.views.preview import Following
from gui.widgets.language import tr
from gui.widgets.more_area import MoreArea
from gui.widgets.theme import Palette
from gui.workspace.alerts import AlertsPanel
from gui.workspace.commands import Command
from gui.workspace.docks import DockArea
from gui.workspace.feature import Workspace
from gui.workspace.layouts import Layout
from gui.workspace.log_panel import LogPanel
from gui.workspace.notices import ToastAction

_LEAST_SCROLLED = 100
_TOP_HEIGHT = 172
"""Room for five classes under their title."""


class LivePage(DockArea):
    """Shows one run; the pump gives it what there is to show. It is the window's first page."""

    name = "live"
    icon = "live"

    def __init__(
        self,
        workspace: Workspace,
        server_panel: QWidget,
        sources: SourceRegistry,
        advised: Callable[[], tuple[ToastAction, ...]] = tuple,
    ) -> None:
        """`advised` gives what can be done about the alert of a bottleneck."""
        super().__init__()
        self._source_titles = sources.titles
        palette, notifier = workspace.palette, workspace.notifier
        self._hues = workspace.hues
        self.pane = PreviewPane(palette, workspace.store.current.view, self._hues)
        self.sound = SoundPanel(palette)
        self.top = TopKView(palette=palette, hues=self._hues)
        self.latency = LatencyView(palette=palette)
        self.timeline = ProbabilityTimeline(palette=palette, hues=self._hues)
        self.throughput = ThroughputView(palette=palette)
        self.alerts = AlertsPanel(
            palette,
            lambda a: advised() if a.id == BOTTLENECK else notifier.actions_for_fault(a.fault),
        )
        self.log = LogPanel()
        self.paints = PaintRecord()
        self.counters = Counters()
        self.boxes = BoxSmoother()
        self.objects = ClassCounts()
        self.watch: Callable[[list[Result], list[AudioBlock]], None] = lambda _results, _audio: None
        self.change = SourceChange()
        self._has_picture = False
        self._newest = workspace.newest
        self._expected = ("", "")
        self._stale = False
        self._middle = QStackedWidget()
        self._middle.addWidget(self.pane)
        self._middle.addWidget(self.sound)
        self.playback = PlaybackBar(palette)
        self.presenter = PresenterView(palette, self._middle, self.pane, self.sound, self.top)
        self.setCentralWidget(_stacked(self.presenter.home, self.playback))
        self.add_right("top", tr("Top classes"), self.top)
        latency = MoreArea(self.latency, palette, _LEAST_SCROLLED)
        self.add_right("latency", tr("Latency"), latency)
        self._latency_area = latency
        self.add_bottom("timeline", tr("Timeline"), self.timeline)
        self.add_bottom("throughput", tr("Throughput"), self.throughput)
        self.add_bottom("server", tr("Server"), server_panel)
        self.add_bottom("alerts", tr("Alerts"), self.alerts)
        self.add_bottom("log", tr("Log"), self.log)
        self.resize(1280, 640)
        self.size_docks()
        self.open_dock("timeline")
        self.designed()
        self.frames = FrameOpener(self.latency, self)
        self._reader = LatencyReader(workspace.tasks, self.paints, self.latency, self.frames)
        self.alerts.count_changed.connect(self._count_alerts)
        notifier.alerts_changed.connect(self.alerts.set_alerts)
        notifier.logged.connect(self.log.add_text)
        notifier.notified.connect(self.log.add_notice)

    def minimumSizeHint(self) -> QSize:
        """Small enough for a small screen, and high enough for the panels beside the picture."""
        return QSize(640, 384)

    # -- a page of the window ------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What its tab says."""
        return tr("Live")

    @property
    def widget(self) -> QWidget:
        """The page itself."""
        return self

    def commands(self) -> Iterator[Command]:
        """What can be done with picture and panels."""
        yield from picture_commands(self.pane)
        yield from panel_commands(self)
        yield self.frames.command()

    def activated(self) -> None:
        """Keys belong to the picture or the sound first."""
        if self._middle.currentWidget() is self.sound:
            self.sound.waveform.setFocus()
        else:
            self.pane.take_focus()

    def escape(self) -> bool:
        """Nothing: a run is stopped by Space."""
        return False

    def deactivated(self) -> None:
        """Nothing: what cannot be seen is not painted anyway."""

    # -- the pump's screen ---------------------------------------------------------------------

    def show_frame(self, frame: Frame) -> None:
        """The newest captured frame."""
        if not self.change.is_new(frame):
            return
        self._has_picture = True
        self._newest.sample = frame
        self.pane.preview.show_frame(frame)

    def expect(self, model: str, target: str) -> None:
        """Show what this model says there; what another one said, or says yet, is left out."""
        expected = (model, _shown_name(target))
        if expected != self._expected:
            self._expected = expected
            self.forget_results()

    def _is_expected(self, result: Result) -> bool:
        settings = result.settings
        said = settings.model, _shown_name(settings.target.name)
        return said == self._expected and self.change.is_new(result.sample)

    def show_result(self, result: Result) -> None:
        """The newest answer."""
        if not self._is_expected(result):
            return
        if self._stale:  # it is answered again: say so at once, not at the next reading
            self.set_stale(stale=False)
            self.say("")
        if isinstance(result.sample, Frame):
            self.paints.shown(result.timeline, result.lane)
        else:
            self._newest.sample = result.sample
            self.sound.show_answer(result.sample)
            now_ns = time.monotonic_ns()
            self.paints.sound_shown(result.sample.captured_ns, now_ns, result.lane)
        self._draw(result)
        self.top.show_predictions(result.predictions)

    def _draw(self, result: Result) -> None:
        """The answer over its picture, with what is known of its objects from those before."""
        shown = self.boxes.shown(result)
        items = next((p.items for p in shown.predictions if isinstance(p, Detections)), ())
        self.objects.update(
            items, self.boxes.tracks, self.pane.memory.threshold, self.boxes.played_s
        )
        rows = count_rows(self.objects, self._hues)
        following = Following(self.boxes.tracks, rows, by_track=self.objects.by_track)
        self.pane.preview.show_result(shown, following)

    def plot(self, results: list[Result], audio: list[AudioBlock], now_ns: int) -> None:
        """Everything since the last call."""
        shown = [result for result in results if self._is_expected(result)]
        audio = [block for block in audio if self.change.is_new(block)]
        for result in shown:
            self.timeline.add(result.sample.captured_ns, result.predictions)
        self.watch(shown, audio)
        self.sound.add(audio)
        self.tick(now_ns)

    def show_words(self, words: list[Word]) -> None:
        """What was heard since the last call."""
        self.sound.show_words(words)

    def write(self, session: ShownRun, now_ns: int) -> None:
        """Numbers twice a second."""
        status = self.counters.since(session.status())
        self.paints.painted(self.pane.preview.first_paints.drain())
        failed, age_ms = status.counts.failed, self.paints.age_ms(now_ns)
        since_s = max(self.counters.reset_s, self.change.from_s)
        self._reader.read(session.traces, now_ns / 1e9, since_s, failed, age_ms)
        self.latency.show_run(status)
        self.throughput.add(now_ns, status.rate_in, status.rate_out, status.traffic)

    def tick(self, now_ns: int) -> None:
        """What moves with the clock alone."""
        self.pane.preview.tick(now_ns)
        self.timeline.tick(now_ns)
        self.throughput.tick(now_ns)
        if self._middle.currentWidget() is self.sound:
            self.sound.tick(now_ns)

    # -- what the window says ------------------------------------------------------------------

    def reset_counters(self, status: RunStatus, now_s: float) -> None:
        """Count and measure anew from here on."""
        self.counters.reset(status, now_s)
        self.throughput.clear()
        self._reader.forget()
        self.latency.clear()

    def new_run(self) -> None:
        """Forget the run before."""
        self.counters.begin()
        self.pane.preview.set_still(still=False)
        self.pane.preview.first_paints.drain()
        self.throughput.clear()
        self.forget_source()
        self.change.over()

    def run_ended(self) -> None:
        """What is on show stays, and grows no older."""
        self.pane.preview.set_still(still=True)

    def use_preferences(self, preferences: Preferences) -> None:
        """As the user set it."""
        self.timeline.set_window(preferences.plot_window_s)
        self.top.set_rows(preferences.rows)
        self.boxes.enabled = preferences.smooth_boxes

    @staticmethod
    def built_in_layouts() -> tuple[str, ...]:
        """The names of the layouts that ship with the window."""
        return (tr("Standard"), tr("Picture"), tr("Plots"))

    def use_built_in(self, name: str) -> None:
        """Put the panels as a built-in layout has them."""
        standard, picture, plots = self.built_in_layouts()
        self.reset()
        for dock, _ in self.panel_titles():
            self.dock(dock).setVisible(name != picture)
        if name == standard:
            self.open_dock("timeline")
        elif name == plots:
            self.by_hand = True
            self._show_side_by_side("timeline", "throughput")
            half = self.height() // 2
            self.resizeDocks([self.dock("timeline")], [half], Qt.Orientation.Vertical)

    def _show_side_by_side(self, tabbed: str, beside: str) -> None:
        """Take one panel out of the tabs; Qt splits only what is in no tab."""
        dock = self.dock(beside)
        self.removeDockWidget(dock)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock, Qt.Orientation.Horizontal)
        self.open_dock(beside)
        self.open_dock(tabbed)

    def layout_now(self, name: str) -> Layout:
        """The panels and the picture as they are, under a name."""
        return Layout(name, blob_text(self.saveState()), self.locked, self.pane.memory)

    def use_layout(self, layout: Layout) -> None:
        """Put panels and picture as a saved layout has them."""
        self.set_locked(locked=layout.locked)
        self.by_hand = True
        self.restore(text_blob(layout.docks))
        self.pane.use_memory(layout.view)

    def forget_results(self) -> None:
        """What was said came from another model."""
        self.pane.preview.show_result(None)
        self.boxes.clear()
        self.objects.clear()
        self._hues.clear()
        self.top.clear()
        self.timeline.clear()
        self.sound.forget_answers()

    def forget_source(self) -> None:
        """What is shown came from another source, and what comes until it is read."""
        self.change.awaited()
        self.forget_results()
        self.pane.preview.show_frame(None)
        self.sound.clear()
        self.paints.clear()
        self._reader.forget()
        self.latency.clear()
        self._has_picture = False
        self._newest.sample = None

    @property
    def has_picture(self) -> bool:
        """Whether a frame of the present source is on show."""
        return self._has_picture

    def show_source(self, info: SourceInfo) -> None:
        """Picture or sound in the middle, and the line over the picture."""
        sound = info.kind is MediaKind.AUDIO
        self._middle.setCurrentWidget(self.sound if sound else self.pane)
        self.pane.set_live_source(live=info.live)
        name = tr(info.name) if info.name in self._source_titles else info.name
        facts = source_facts(info, self._newest.sample)
        for part in (self.pane, self.sound):
            part.set_caption(name, facts)

    def set_stale(self, *, stale: bool) -> None:
        """What was said last is of the past: dim it, or not."""
        if stale != self._stale:
            self._stale = stale
            self.top.set_stale(stale)

    def say(self, title: str, body: str = "", kind: MessageKind = MessageKind.EMPTY) -> None:
        """A message in the place of the picture, or over it."""
        self.pane.set_message(title, body, kind)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for part in (
            self.pane,
            self.sound,
            self.presenter,
            self.playback,
            self.top,
            self.latency,
            self._latency_area,
            self.timeline,
            self.throughput,
            self.alerts,
        ):
            part.set_palette_roles(palette)

    def _count_alerts(self, count: int) -> None:
        self.dock("alerts").setWindowTitle(
            tr("Alerts {count}", count=count) if count else tr("Alerts")
        )

    def size_docks(self) -> None:
        """A third of the width for numbers, a third of the height for plots."""
        right, bottom = panel_sizes(self.size())
        top, latency, timeline = map(self.dock, ("top", "latency", "timeline"))
        self.resizeDocks([timeline], [bottom], Qt.Orientation.Vertical)
        self.resizeDocks([top], [right], Qt.Orientation.Horizontal)
        rest = max(_LEAST_SCROLLED, self.height() - bottom - _TOP_HEIGHT)
        self.resizeDocks([top, latency], [_TOP_HEIGHT, rest], Qt.Orientation.Vertical)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Numbers and plots grow with the window, until the user moves a border."""
        super().resizeEvent(event)
        if not self.by_hand:
            self.size_docks()


def _stacked(view: QWidget, bar: QWidget) -> QWidget:
    """A view with a bar below it."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(view, 1)
    column.addWidget(bar)
    return whole


def _shown_name(target: str) -> str:
    """A run knows the embedded server by the name that it is shown under."""
    return LOCAL_NAME if target == EMBEDDED else target
