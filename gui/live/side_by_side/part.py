"""Joins a comparison with what shows it: the picture's wipe and the panel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtWidgets import QMenu

from backend.core.samples import AudioWindow, Frame
from backend.profiles.model_profile import ModelProfile
from backend.side_by_side import Pair
from backend.sources.source import recording_of
from gui.live.page import LivePage
from gui.live.side_by_side.choices import (
    OtherSide,
    other_recording_side,
    other_sides,
    profile_of,
    profile_side,
    recorded_side,
)
from gui.live.side_by_side.controller import SideBySide, Stage
from gui.live.side_by_side.lanes import MakeBeside
from gui.live.side_by_side.panel import ComparisonPanel
from gui.live.side_by_side.words import (
    agreement_words,
    difference,
    nothing_in_common,
    overall,
    place_of,
    said,
    unpaired_words,
)
from gui.state.run_control import RunControl
from gui.targets import TargetFeature
from gui.views.preview import ComparedAnswers
from gui.widgets.file_dialogs import ask_file
from gui.widgets.language import tr
from gui.widgets.more_area import MoreArea
from gui.widgets.theme import Palette
from gui.workspace.commands import Command
from gui.workspace.feature import Workspace

_LEAST_HEIGHT = 130


class SideBySidePart(QObject):
    """The wipe shows the newest pair, or one of the list until the newest is wanted again."""

    def __init__(
        self,
        workspace: Workspace,
        page: LivePage,
        run: RunControl,
        targets: TargetFeature,
        make: MakeBeside,
    ) -> None:
        super().__init__(workspace.anchor)
        self._workspace, self._page, self._run, self._targets = workspace, page, run, targets
        self.panel, self._view = ComparisonPanel(workspace.palette), page.pane.preview
        self._area = MoreArea(self.panel, workspace.palette, _LEAST_HEIGHT)
        page.add_bottom("comparison", tr("Comparison"), self._area)
        page.open_dock("timeline")
        page.designed()
        self._newest: Pair | None = None
        self._held: Pair | None = None
        self._chosen: int | None = None
        self._listed: tuple[Pair, ...] = ()
        catalogue = targets.controller.catalogue
        self.controller = SideBySide(
            run,
            workspace.switches,
            workspace.tasks,
            make,
            catalogue.ask,
            catalogue.profile_for,
            self,
        )
        self.menu = QMenu(self.panel)
        self.menu.aboutToShow.connect(self._fill)
        self.controller.changed.connect(self._refresh)
        self.controller.paired.connect(self._show_newest)
        self.controller.ended.connect(self._forget)
        self.panel.other_wanted.connect(self.choose)
        self.panel.retry_wanted.connect(self.controller.retry)
        self.panel.end_wanted.connect(self.controller.end)
        self.panel.newest_wanted.connect(self.release)
        self.panel.row_wanted.connect(self.jump)
        self._refresh()

    # -- what the user does --------------------------------------------------------------------

    @Slot()
    def choose(self) -> None:
        """Offer what can be side B."""
        self._open_panel()
        button = self.panel.other
        self.menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def begin(self, side: OtherSide) -> None:
        """Compare with this, in view."""
        self._open_panel()
        self.controller.begin(side)

    @Slot(int)
    def jump(self, row: int) -> None:
        """Show a sample of the list, which stays until the newest is wanted again.

        Of a recording that is looked at it is gone to.
        """
        if row >= len(self._listed):
            return
        pair = self._listed[row]
        self._chosen = pair.number
        if pair.sample is not None and not isinstance(pair.sample, Frame | AudioWindow):
            self.controller.show(pair.sample.captured_ns)
            return
        self._held = pair
        self._show(pair)
        self._refresh()

    def step(self, count: int) -> None:
        """The next or the one before in the list of what differs most."""
        if self._listed:
            rows = [pair.number for pair in self._listed]
            before = -1 if count > 0 else 0
            at = rows.index(self._chosen) if self._chosen in rows else before
            row = (at + count) % len(rows)
            self.panel.worst.selectRow(row)
            self.jump(row)

    @Slot()
    def release(self) -> None:
        """Show the newest again."""
        self._held = self._chosen = None
        if self._newest is not None:
            self._show(self._newest)
        self.panel.worst.clearSelection()
        self._refresh()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up other colours."""
        self.panel.set_palette_roles(palette)
        self._area.set_palette_roles(palette)

    def close(self, timeout_s: float) -> None:
        """The window closes."""
        self.controller.close(timeout_s)

    def commands(self) -> Iterator[Command]:
        """What can be done with a comparison."""
        yield Command(
            "side_by_side.choose",
            tr("Compare with..."),
            self.choose,
            "Run/compare",
            ("Ctrl+Shift+D",),
            aliases="side by side a b wipe difference two models",
        )
        yield Command(
            "side_by_side.recording",
            tr("Compare with a recording..."),
            self._ask_recording,
            "Run/compare",
            blocked=self._why_no_recording,
            aliases="side by side a b two recordings before after",
        )
        yield Command(
            "side_by_side.end",
            tr("End comparing"),
            self.controller.end,
            "Run/compare",
            blocked=self._why_off,
        )
        for name, title, count in (
            ("next", tr("Next sample that differs"), 1),
            ("previous", tr("Previous sample that differs"), -1),
        ):
            yield Command(
                f"side_by_side.{name}",
                title,
                partial(self.step, count),
                "Run/compare",
                blocked=self._why_none,
                aliases="compare worst jump",
            )
        yield Command(
            "side_by_side.newest",
            tr("Back to the newest"),
            self.release,
            "Run/compare",
            blocked=self._why_not_held,
            aliases="compare live",
        )

    def palette_entries(self) -> Iterator[Command]:
        """Everything that can be side B now."""
        for number, side in enumerate(self._offers()):
            yield Command(
                f"side_by_side.use.{number}",
                tr("Compare with {name}", name=side.title),
                partial(self.begin, side),
                aliases="side by side",
            )

    # -- choosing ------------------------------------------------------------------------------

    def _offers(self) -> Iterator[OtherSide]:
        recording = recording_of(self._run.source)
        if recording is not None:
            yield recorded_side(recording)
        yield from other_sides(
            self._workspace.switches.current,
            self._run.kind,
            self._targets.controller.offers(),
            self._targets.saved.targets[1:],
        )

    @Slot()
    def _fill(self) -> None:
        self.menu.clear()
        groups: dict[str, QMenu] = {}
        for side in self._offers():
            menu = self.menu
            if side.group:
                if side.group not in groups:
                    groups[side.group] = self.menu.addMenu(tr(side.group))
                menu = groups[side.group]
            title = side.title if side.group else tr("What was recorded")
            menu.addAction(title).triggered.connect(partial(self._begin_by_menu, side))
        self.menu.addSeparator()
        self.menu.addAction(tr("Profile of a file...")).triggered.connect(self._ask_profile)
        recording = self.menu.addAction(tr("Another recording..."))
        recording.setEnabled(not self._why_no_recording())
        recording.triggered.connect(self._ask_recording)

    def _begin_by_menu(self, side: OtherSide, _checked: bool = False) -> None:
        self.begin(side)

    @Slot()
    def _ask_recording(self) -> None:
        ask_file(
            self._workspace.window,
            tr("Recording of the same samples"),
            self._use_recording,
            tr("Recordings ({pattern})", pattern="*.mcap"),
        )

    def _use_recording(self, path: str) -> None:
        chosen = Path(path)
        same = chosen == recording_of(self._run.source)
        self.begin(recorded_side(chosen) if same else other_recording_side(chosen))

    @Slot()
    def _ask_profile(self) -> None:
        ask_file(
            self._workspace.window,
            tr("Profile of side B"),
            self._use_profile,
            tr("Profiles ({pattern})", pattern="*.toml"),
        )

    def _use_profile(self, path: str) -> None:
        def ready(profile: ModelProfile) -> None:
            self.begin(profile_side(profile, Path(path).name))

        notifier, current = self._workspace.notifier, self._workspace.switches.current
        ask = self._targets.controller.catalogue.ask
        self._workspace.tasks.start(
            "profile-b",
            lambda: profile_of(Path(path), lambda: ask(current.target, current.model)),
            ready,
            notifier.show_error,
        )

    # -- showing -------------------------------------------------------------------------------

    def _open_panel(self) -> None:
        self._workspace.navigator.show_page(self._page.name)
        self._page.open_dock("comparison")

    @Slot(object)
    def _show_newest(self, pair: Pair) -> None:
        self._newest = pair
        if self._held is None:
            self._show(pair)

    def _show(self, pair: Pair) -> None:
        """Sound has no picture: its answers are in the panel."""
        if not isinstance(pair.sample, Frame):
            return
        note = ""
        if pair is self._held:
            place = self._place(pair)
            note = tr("{place}: {agreement}", place=place, agreement=agreement_words(pair))
        answers = ComparedAnswers(pair.sample, pair.a.result, pair.b.predictions)
        self._view.show_pair(answers, self.controller.names, note)

    @Slot()
    def _forget(self) -> None:
        self._newest = self._held = self._chosen = None
        self._listed = ()
        self.panel.worst.clearSelection()
        self._view.show_pair(None)

    @Slot()
    def _refresh(self) -> None:
        control, panel = self.controller, self.panel
        figures, shown = control.figures, self._held or self._newest
        off = control.stage is Stage.OFF
        panel.show_state(
            "" if off else "A {}   B {}".format(*control.names),
            self._state_text(shown),
            failed=control.stage is Stage.FAILED,
        )
        paired = figures is not None and (shown is not None or bool(figures.pairs))
        panel.show_controls(
            on=not off,
            failed=control.stage is Stage.FAILED,
            held=self._held is not None,
            paired=paired,
        )
        if figures is None or not paired:
            return
        panel.agreement.setText(agreement_words(shown) if shown is not None else "")
        panel.overall.setText(overall(figures))
        panel.said.setText(f"A  {said(shown.a)}\nB  {said(shown.b)}" if shown is not None else "")
        panel.strip.show_values(control.recent)
        ledgers = control.ledgers()
        panel.faster.setText(difference(control.estimate, both_run=all(ledgers)))
        panel.ledgers.setVisible(any(ledgers))
        panel.ledgers.show_statuses(*ledgers)
        self._list()

    def _list(self) -> None:
        self._listed = self.controller.worst
        self.panel.worst.show_rows(
            [
                (
                    self._place(pair),
                    agreement_words(pair),
                    f"{said(pair.a)} | {said(pair.b)}",
                )
                for pair in self._listed
            ]
        )

    def _place(self, pair: Pair) -> str:
        return place_of(pair, self.controller.first_ns)

    def _state_text(self, shown: Pair | None) -> str:
        match self.controller.stage:
            case Stage.OFF:
                return tr(
                    "Send each sample to a second model, target, profile or way as well, and see "
                    "where the answers differ."
                )
            case Stage.READING:
                return tr("Reading both recordings...")
            case Stage.ASKING:
                return tr("Asking what side B takes...")
            case Stage.WAITING if shown is None:
                return tr("Begins with the run: press Start.")
            case Stage.WAITING:
                return tr("The run has ended. Start compares on.")
            case Stage.CONNECTING if not (self.controller.unknown or self.controller.recorded):
                return tr("Waiting for the first answers of both sides...")
            case Stage.FAILED:
                return tr("B is gone, A goes on. {reason}", reason=self.controller.error)
            case _ if self.controller.unknown:
                return tr("Nothing is recorded of what is answered now.")
        apart = nothing_in_common(shown) if shown is not None else ""
        return apart or unpaired_words(self.controller.unpaired)

    # -- why not -------------------------------------------------------------------------------

    def _why_off(self) -> str:
        return tr("Nothing is compared.") if self.controller.stage is Stage.OFF else ""

    def _why_no_recording(self) -> str:
        return "" if recording_of(self._run.source) is not None else tr("No recording is open.")

    def _why_none(self) -> str:
        return "" if self._listed else tr("No sample differs.")

    def _why_not_held(self) -> str:
        return "" if self._held is not None else tr("The newest is on show.")
