"""The compare page: choices above, then the verdict, the table and the charts of a result."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import structs
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from backend.compare.bench import BenchResult, Cell, Preset, Timed
from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError, UsageError
from backend.core.samples import Frame, MediaKind
from gui.compare.choices import SIZES, ChoiceBar, Payload
from gui.compare.files import ResultFiles
from gui.compare.process import BenchProcess, Step
from gui.compare.request import is_sound_file, question, sample_file, target_arguments
from gui.compare.result_view import ResultView
from gui.compare.states import Statement
from gui.compare.stream_beside import StreamBeside
from gui.state.measured_ways import MeasuredWays, way_in_use
from gui.state.payload_names import of_what_is_on_show
from gui.targets import saved_name
from gui.widgets.file_dialogs import ask_file
from gui.widgets.language import marked, spoken, tr
from gui.widgets.theme import Palette
from gui.workspace.commands import Command
from gui.workspace.pages import PageHost

_NOTHING, _FAILED, _RESULT = range(3)


class ComparePage(QObject):
    """A `Page`: measures in a process of its own and shows what came of it.

    `ways` is told of every result, and asks for measurements that others want.
    """

    name = "compare"
    icon = "compare"

    def __init__(
        self,
        host: PageHost,
        profile_file: Callable[[str, str], Path | None],
        ways: MeasuredWays | None = None,
    ) -> None:
        super().__init__()
        self._host = host
        self._profile_file = profile_file
        self._ways = ways or MeasuredWays(self)
        self._asked = ("", "")
        self._next: list[str] | None = None
        self._result: BenchResult | None = None
        self._name, self._before_name = "", ""
        self._before: BenchResult | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._sent_on_show = False
        self.process = BenchProcess(self)
        self.choices = ChoiceBar()
        self.beside = StreamBeside(host.run)
        self.view = ResultView(host.palette_roles)
        self._empty, self._failure = Statement(), Statement()
        self._widget = QWidget()
        self._build()
        self.files = ResultFiles(
            host, self._widget, lambda: self._result, self._opened, self._compared
        )
        self.choices.fill_menu(self.files.commands())
        self._connect()
        self._show_target()
        self._show_question()

    # -- a page of the window ------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What its tab says."""
        return tr("Compare")

    @property
    def widget(self) -> QWidget:
        """What is shown."""
        return self._widget

    @property
    def result(self) -> BenchResult | None:
        """What is on show."""
        return self._result

    def commands(self) -> Iterator[Command]:
        """What can be done on it."""
        menu = f"{marked('Compare')}/run"
        yield Command("compare.measure", tr("Measure every way"), self.measure, menu)
        yield from self.files.commands()

    def activated(self) -> None:
        """Measuring is what is done next."""
        self.choices.button.setFocus()

    def deactivated(self) -> None:
        """Nothing: a measurement goes on."""

    def escape(self) -> bool:
        """End the measurement under way."""
        under_way = self._measuring
        self._cancel()
        return under_way

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.view.set_palette_roles(palette)

    def close(self) -> None:
        """End what runs."""
        self.process.close()
        self._drop_folder()

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self._stack = QStackedWidget()
        for state in (self._empty, self._failure, self.view):
            self._stack.addWidget(state)
        self._widget.setObjectName("page")
        whole = QVBoxLayout(self._widget)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.choices)
        whole.addWidget(self.beside)
        whole.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.choices.measure.connect(self.measure)
        self.choices.cancel.connect(self._cancel)
        self.choices.file_wanted.connect(self._ask_payload)
        self.beside.ready.connect(self._start)
        self.process.stepped.connect(self._show_step)
        self.process.measured.connect(self._show_so_far)
        self.process.finished.connect(self._show_measured)
        self.process.failed.connect(self._show_failure)
        self.choices.preset.chosen.connect(self._show_question)
        self._ways.wanted.connect(self._prepare)
        self._host.target_changed.connect(self._show_target)

    @Slot()
    def _show_target(self) -> None:
        """Only the embedded server can be started a second time."""
        self.choices.server.setVisible(saved_name(self._host.target) == EMBEDDED)

    @Slot()
    def _show_question(self) -> None:
        """Before there is anything else: what will be measured, and what comes of it."""
        question, ways = self.choices.question
        self._empty.say(
            question,
            tr(
                "{ways}: each in turn is sent the same sample. A sentence then says what is best, "
                "by how much and what it costs; table and charts show why.",
                ways=ways,
            ),
        )

    # -- measuring -----------------------------------------------------------------------------

    @Slot(str)
    def _prepare(self, preset: Preset) -> None:
        """Somebody wants to know: ask that, when the user says so."""
        if not self._measuring:
            self.choices.preset.set_value(preset)
            self._show_question()
        self._host.show_page(self.name)

    @Slot()
    def measure(self) -> None:
        """Begin; what runs already goes on."""
        if self._measuring:
            return
        try:
            arguments = self._arguments()
        except (ConsoleError, OSError) as error:
            self._show_failure(error)
            return
        self._asked = saved_name(self._host.target), self._host.model
        self.choices.show_running()
        self._stack.setCurrentIndex(_NOTHING)  # what is on show is of something else
        self._next = arguments
        self.beside.begin()

    @Slot()
    def _start(self) -> None:
        """The stream stands still or may go on."""
        arguments, self._next = self._next, None
        if arguments is not None:
            self.process.start(arguments)

    def _arguments(self) -> list[str]:
        target, model = self._host.target, self._host.model
        if not model:
            raise UsageError(tr("No model is chosen."), tr("Choose one on the live page."))
        own = self._host.store.current.repositories if self.choices.own_server else None
        arguments = ["--model", model, "--api", self._host.store.current.switches.api]
        arguments += target_arguments(target, own)
        profile = self._profile_file(saved_name(target), model)
        if profile is not None:
            arguments += ["--profile", str(profile)]
        choices = self.choices
        arguments += question(
            choices.preset.value, choices.seconds.value(), choices.timed.currentData()
        )
        arguments += ["--also", self._way_in_use().way_key]
        return arguments + self._payload_arguments()

    def _way_in_use(self) -> Cell:
        """That of the live page, which advises on it by what was measured."""
        payload, sample = self.choices.payload.currentData(), self._host.newest_sample()
        kind = MediaKind.IMAGE
        if payload == Payload.FILE and is_sound_file(self.choices.file):
            kind = MediaKind.AUDIO
        if payload == Payload.NOW and sample is not None and not isinstance(sample, Frame):
            kind = MediaKind.AUDIO
        return way_in_use(self._host.store.current.switches, kind)

    def _payload_arguments(self) -> list[str]:
        wanted = self.choices.payload.currentData()
        self._sent_on_show = False
        if wanted == Payload.SIZES:
            return ["--sizes", SIZES]
        if wanted == Payload.FILE:
            return ["--source", self.choices.file] if self.choices.file else []
        sample = self._host.newest_sample()
        self._sent_on_show = sample is not None
        if sample is None:
            return []  # nothing is on show: the command takes what suits the model
        self._drop_folder()
        self._folder = tempfile.TemporaryDirectory(prefix="inferdeck-")
        return ["--source", str(sample_file(sample, Path(self._folder.name)))]

    @Slot()
    def _cancel(self) -> None:
        if self._next is not None:
            self._next = None
            self._over()
            if self._result is not None:
                self._stack.setCurrentIndex(_RESULT)
        elif self.process.running:
            self.choices.show_ending()
            self.process.cancel()

    @property
    def _measuring(self) -> bool:
        return self.process.running or self._next is not None

    def _over(self) -> None:
        self.choices.show_idle()
        self._drop_folder()
        self.beside.end()

    def _marked(self, result: BenchResult) -> BenchResult:
        """With what the command cannot know."""
        at = structs.replace(result.conditions, beside_stream=self.beside.disturbed)
        result = structs.replace(result, conditions=at)
        return of_what_is_on_show(result) if self._sent_on_show else result

    @Slot(object)
    def _show_step(self, step: Step) -> None:
        self.choices.show_running(step)

    @Slot(object)
    def _show_so_far(self, result: BenchResult) -> None:
        self._before = None
        self._show(self._marked(result), running=True)

    @Slot(object)
    def _show_measured(self, result: BenchResult) -> None:
        result = self._marked(result)
        self._over()
        self._before = None
        self._show(result)
        if result.conditions.timed == Timed.WHOLE:  # as the medians of a run are
            self._ways.keep(*self._asked, result)

    @Slot(object)
    def _show_failure(self, error: Exception) -> None:
        self._over()
        if self._result is None or not any(cell.measured for cell in self._result.cells):
            self._failure.say(tr("Nothing could be measured."), *_reasons(error, self._result))
            self._result = None
            self._stack.setCurrentIndex(_FAILED)
            return
        self._show(self._result, self._name)
        self._host.notifier.show_error(error)

    def _drop_folder(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    # -- showing -------------------------------------------------------------------------------

    def _show(self, result: BenchResult, name: str = "", *, running: bool = False) -> None:
        self._result, self._name = result, name
        self.view.show_result(
            result,
            name=name,
            before=self._before,
            before_name=self._before_name,
            running=running,
        )
        self._stack.setCurrentIndex(_RESULT)

    @Slot()
    def _ask_payload(self) -> None:
        def use(path: str) -> None:
            self.choices.use_file(path, Path(path).name)

        ask_file(self._widget, tr("A picture or sound file to send"), use)

    def _opened(self, path: Path, result: BenchResult) -> None:
        self._before = None
        self._show(result, path.name)

    def _compared(self, path: Path, result: BenchResult) -> None:
        if self._result is None:
            self._opened(path, result)
            return
        self._before, self._before_name = result, path.name
        self._show(self._result, self._name)


def _reasons(error: Exception, result: BenchResult | None) -> Iterator[str]:
    """Why there is nothing: of a result without a figure, the reasons of all its ways."""
    reasons = dict.fromkeys(cell.reason for cell in result.cells if cell.reason) if result else {}
    if reasons:
        yield from reasons
    elif isinstance(error, ConsoleError):
        yield from filter(None, (spoken(error.message), spoken(error.hint)))
    else:
        yield str(error)
