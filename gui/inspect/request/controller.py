"""What is done with the request on show: trying, sending and copying it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Slot

from backend.core.errors import ConsoleError
from backend.inspector.calls import Request
from backend.inspector.forms import (
    LIVE,
    NOTHING_LIVE,
    Draft,
    Live,
    TensorForm,
    TooLongForText,
    form_to_text,
    hidden_request,
    text_to_form,
)
from gui.inspect.acts import CallPhase
from gui.inspect.call_controller import CallController
from gui.inspect.catalogue import MethodCatalogue
from gui.inspect.request.code_dialog import CodeDialog, snippets
from gui.inspect.request.pane import RequestPane
from gui.widgets.language import spoken
from gui.workspace.pages import PageHost

_LARGEST_TRIED = 16 * 1024 * 1024
"""A larger draft is not made just to know its exact size."""


class RequestController(QObject):
    """Sends what the pane holds, by hand or by a clock while a stream is open."""

    def __init__(
        self,
        host: PageHost,
        calls: CallController,
        catalogue: MethodCatalogue,
        pane: RequestPane,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._host = host
        self._calls = calls
        self._catalogue = catalogue
        self.pane = pane
        self._ticket = 0
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._send_by_clock)
        pane.model_wanted.connect(catalogue.ask_model)
        pane.draft_changed.connect(self._try_draft)
        pane.code.clicked.connect(self.copy_as_code)
        pane.acts.send.connect(self.send)
        pane.acts.start.connect(self.start)
        pane.acts.finish.connect(calls.finish)
        pane.acts.cancel.connect(calls.cancel)
        pane.acts.repeat.connect(self._set_clock)
        pane.body.text_wanted.connect(self._write_form)
        pane.body.form_wanted.connect(self._read_message)
        calls.phase_changed.connect(pane.acts.set_phase)
        calls.failed.connect(self.complain)

    def close(self) -> None:
        """Send no more by itself."""
        self._clock.stop()

    @Slot()
    def send(self) -> None:
        """Send the request, or one more message of the stream."""
        draft = self.pane.draft()
        if draft is None:
            self.pane.complain(self.pane.why_no_draft)
        elif self._calls.phase is CallPhase.OPEN:
            self._calls.send_message(draft, self._live(draft))
        else:
            live = self._live(draft)
            self._calls.send(
                draft.method, lambda: draft.request(live), live.profile, lambda: draft.sample(live)
            )

    @Slot()
    def start(self) -> None:
        """Open the stream."""
        draft = self.pane.draft()
        if draft is None:
            self.pane.complain(self.pane.why_no_draft)
        else:
            self._calls.start(draft, self._live(draft))

    @Slot()
    def copy_as_code(self) -> None:
        """Show the request as code to be copied."""
        draft = self.pane.draft()
        if draft is None:
            return
        live, target = self._live(draft), self._host.target

        def made(request: Request) -> None:
            ways = snippets(request, target, draft.method)
            CodeDialog(self.pane, self._host.palette_roles, self._host.tasks, ways).open()

        def make() -> Request:
            return hidden_request(draft.request(live), draft.variables)

        self._host.tasks.start("code", make, made, self.complain)

    @Slot(object)
    def complain(self, error: Exception) -> None:
        """Say at the request what is wrong with it; a fault of ours is told by the window."""
        if isinstance(error, ConsoleError):
            self.pane.complain(spoken(str(error)), error)
        else:
            self._host.notifier.show_error(error)

    @Slot(object)
    def _write_form(self, form: TensorForm) -> None:
        """Show the message that the form makes."""
        method, live, body = self.pane.method, self.live_for(form.model), self.pane.body
        if method is None:
            return

        def failed(error: Exception) -> None:
            if isinstance(error, TooLongForText):
                body.show_too_long(str(error))
            else:
                self._refuse(error)

        def made(text: str) -> None:
            if method is self.pane.method:
                body.show_form_text(form, text)

        self._host.tasks.start("message", lambda: form_to_text(form, method, live), made, failed)

    @Slot(str, object)
    def _read_message(self, text: str, form: TensorForm) -> None:
        """Show what the message says in the form."""
        method, body = self.pane.method, self.pane.body
        if method is None:
            return

        def failed(error: Exception) -> None:
            self._refuse(error)

        def made(read: TensorForm) -> None:
            if method is self.pane.method:
                body.show_text_form(read)

        self._host.tasks.start("form", lambda: text_to_form(text, method, form), made, failed)

    def _refuse(self, error: Exception) -> None:
        """Say why it stays as it is, until something is changed."""
        self._ticket += 1
        self.pane.checked()
        self.complain(error)

    @Slot()
    def _try_draft(self) -> None:
        """Make the draft elsewhere, to know its size and what is wrong with it."""
        self._ticket += 1  # an earlier one may still be in the making
        draft = self.pane.draft()
        if draft is None:
            self.pane.show_size(None, exact=True)
            return
        rough = draft.form.size() if draft.form is not None else None
        if rough is not None and rough > _LARGEST_TRIED:
            self.pane.complain("")
            self.pane.show_size(rough, exact=False)
            return
        live = self._live(draft)
        ticket = self._ticket

        def failed(error: Exception) -> None:
            if ticket == self._ticket:
                self.pane.show_size(None, exact=True)
                self.complain(error)

        def made(size: int) -> None:
            if ticket == self._ticket:
                self.pane.complain("")
                self.pane.show_size(size, exact=True)

        self._host.tasks.start("draft", lambda: draft.request(live).size, made, failed)

    def _live(self, draft: Draft) -> Live:
        """What the draft takes from the source; nothing else was sent, or is to be shown."""
        if draft.form is None:
            return NOTHING_LIVE
        live = self.live_for(draft.form.model)
        taken = any(row.sent and row.fill.kind in LIVE for row in draft.form.rows)
        return live if taken else Live.of(None, live.profile)

    def live_for(self, model: str) -> Live:
        """What the source shows now, and the profile by which the model looks at it."""
        sample = self._host.newest_sample()
        known = self._catalogue.model(model)
        return Live.of(sample, known.profile if known is not None else None)

    @Slot(bool)
    def _set_clock(self, on: bool) -> None:
        if on:
            self._clock.start(self.pane.acts.interval_ms)
        else:
            self._clock.stop()

    @Slot()
    def _send_by_clock(self) -> None:
        draft = self.pane.draft()
        if draft is not None and self._calls.phase is CallPhase.OPEN:
            self._clock.setInterval(self.pane.acts.interval_ms)
            self._calls.send_message(draft, self._live(draft), by_clock=True)
