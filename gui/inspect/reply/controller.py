"""What is done with replies: reading, showing, comparing and saving them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from backend.core.samples import Sample
from backend.inspector.calls import (
    Direction,
    Drained,
    Exchange,
    ReplyMessage,
    StreamEvent,
    events_of,
    now_utc,
)
from backend.inspector.methods import Method, method_of
from backend.inspector.views import (
    Reading,
    one_line,
    read_message,
    read_reply,
    reply_of,
    sent_picture,
)
from gui.inspect.acts import CallPhase
from gui.inspect.call_controller import CallController, Outcome
from gui.inspect.catalogue import MethodCatalogue
from gui.inspect.method_tree import MethodTree
from gui.inspect.reply.comparison import Comparison, compare
from gui.inspect.reply.pane import ReplyPane
from gui.inspect.request import RequestPane
from gui.widgets.file_dialogs import ask_new_file
from gui.widgets.language import tr
from gui.workspace.pages import PageHost


class ReplyController(QObject):
    """Shows the call under way, and the one before it again if that comes to nothing."""

    def __init__(
        self,
        host: PageHost,
        calls: CallController,
        methods: MethodTree,
        catalogue: MethodCatalogue,
        request: RequestPane,
        pane: ReplyPane,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._host = host
        self._calls = calls
        self._methods = methods
        self._catalogue = catalogue
        self._request = request
        self.pane = pane
        self._shown: Outcome | None = None
        self._compared: tuple[Exchange, Exchange] | None = None
        self._ticket = 0
        calls.phase_changed.connect(self._phase_changed)
        calls.began.connect(self.begin)
        calls.rows.connect(self._rows)
        calls.progress.connect(self._progress)
        calls.ended.connect(self._ended)
        calls.failed.connect(self._failed)
        pane.picked.connect(self._picked)
        pane.diff.tolerance_changed.connect(self._compare_again)

    @property
    def shown(self) -> Outcome | None:
        """The call whose reply is on show."""
        return self._shown

    @Slot(object)
    def begin(self, method: Method) -> None:
        """Make room for what a call of this method brings."""
        self._ticket += 1
        self._request.complain("")
        self.pane.begin(streams=method.kind.streams)
        self.pane.feed.rows.say_with(lambda event: one_line(event, method))

    def show_past(self, method: Method, exchange: Exchange, sample: Sample | None = None) -> None:
        """Show an exchange of the past, over the picture that was sent if there is one."""
        self.begin(method)
        self.pane.feed.add(events_of(exchange))

        def show(reading: Reading) -> None:
            self._show(Outcome(method, exchange, reading))

        profile_of = self._catalogue.profiles()

        def read() -> Reading:
            model = reply_of(exchange).response if exchange.replies else None
            profile = profile_of(model.model) if model else None
            return read_reply(exchange, method, profile, sample or sent_picture(exchange.request))

        self._read(read, show)

    @Slot(object, object)
    def compare(self, left: Exchange, right: Exchange) -> None:
        """Show what differs between the replies of two exchanges."""
        self._compared = (left, right)
        tolerance = self.pane.diff.tolerance
        methods, profile_of = self._methods.methods, self._catalogue.profiles()

        def work() -> Comparison:
            texts = [
                read_reply(exchange, method_of(exchange.request, methods)).text.text
                for exchange in (left, right)
            ]
            return compare(left, right, tolerance, (texts[0], texts[1]), profile_of)

        self._host.tasks.start(
            "diff", work, self.pane.show_comparison, self._host.notifier.show_error
        )

    def save_reply(self) -> None:
        """Write the reply's bytes to a file."""
        if self._shown is None:
            return
        body = self._shown.reading.body

        def save(path: str) -> None:
            self._host.tasks.start(
                "save",
                lambda: Path(path).write_bytes(body),
                lambda _size: self._host.notifier.log(tr("Saved the reply as {path}.", path=path)),
                self._host.notifier.show_error,
            )

        ask_new_file(self.pane, tr("Save the reply"), "reply.bin", save)

    @Slot(object)
    def _phase_changed(self, phase: CallPhase) -> None:
        if phase is CallPhase.BUSY:
            self.pane.status.show_waiting(tr("Waiting for the reply"))

    @Slot(object)
    def _rows(self, drained: Drained) -> None:
        self.pane.feed.add(drained.events)

    @Slot(str)
    def _progress(self, counts: str) -> None:
        words = {
            CallPhase.OPEN: tr("Stream is open"),
            CallPhase.FINISHED: tr("Waiting for the end"),
        }
        self.pane.status.show_waiting(words.get(self._calls.phase, ""), counts)

    @Slot(object)
    def _ended(self, outcome: Outcome) -> None:
        self._show(outcome)
        if outcome.method.kind.streams and self.pane.feed.rows.rowCount() == 0:
            self.pane.feed.add(events_of(outcome.exchange))

    def _read(self, work: Callable[[], Reading], done: Callable[[Reading], None]) -> None:
        """Read a message elsewhere; only what was wanted last is shown."""
        self._ticket += 1
        ticket = self._ticket

        def read(reading: Reading) -> None:
            if ticket == self._ticket:
                done(reading)

        self._host.tasks.start("reading", work, read, self._host.notifier.show_error)

    def _show(self, outcome: Outcome) -> None:
        self._ticket += 1
        self._shown = outcome
        self.pane.show_exchange(outcome.exchange)
        self.pane.show_reading(outcome.reading)

    @Slot()
    def _failed(self) -> None:
        if self._shown is not None:
            self._show(self._shown)
        else:
            self.pane.show_nothing()

    @Slot(object)
    def _picked(self, event: StreamEvent) -> None:
        """Show one message of a stream in the other tabs."""
        method = self._shown.method if self._shown else self._request.method
        if event.body is None or method is None:
            return
        body = event.body
        target = self._host.target.name

        def read() -> Reading:
            if event.direction is Direction.SENT:
                return read_message(body, method.input)
            request = replace(method.request(target, ()), messages=())
            one = Exchange(
                request,
                now_utc(),
                event.offset_ns,
                replies=(ReplyMessage(body, event.offset_ns),),
            )
            return read_reply(one, method)

        self._read(read, self.pane.show_reading)

    @Slot()
    def _compare_again(self) -> None:
        if self._compared is not None:
            self.compare(*self._compared)
