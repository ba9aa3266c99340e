"""What the request pane holds, as values that another thread can turn into a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backend.core.choices import Compression, Serialization
from backend.core.errors import UsageError
from backend.core.samples import Sample
from backend.inspector.calls import Headers, Request
from backend.inspector.forms.input_fills import NOTHING_LIVE, Live
from backend.inspector.forms.message_editor import message_from_text
from backend.inspector.forms.tensor_form import TensorForm, to_request
from backend.inspector.forms.variables import Variables
from backend.inspector.methods import Method
from backend.wire.oip.grpc import MODEL_INFER, MODEL_STREAM_INFER

_BODILESS = ("GET", "HEAD", "DELETE")


def is_inference(method: Method) -> bool:
    """Whether tensors are sent: the form can be used beside the message."""
    if method.verb:
        return method.verb == "POST" and method.path.endswith("/infer")
    return method.path in (MODEL_INFER, MODEL_STREAM_INFER)


def takes_body(method: Method) -> bool:
    """Whether there is anything to write besides headers."""
    return method.verb not in _BODILESS


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A request as it was typed: from the form if there is one, else from text or bytes.

    `recorded` are messages to be sent as they are, such as those of an exchange in the history.
    """

    method: Method
    target: str
    form: TensorForm | None = None
    text: str = ""
    recorded: tuple[bytes, ...] | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    headers: Headers = ()
    serialization: Serialization = Serialization.RAW
    compression: Compression = Compression.NONE
    deadline_s: float | None = None
    message_limit: int = 64 * 1024 * 1024
    bare_nan: bool = False
    variables: Variables | None = None
    """What `{{names}}` in texts, headers and fillings stand for; None leaves them as they are."""

    def request(self, live: Live = NOTHING_LIVE) -> Request:
        """The request that it makes, to the byte; raises ConsoleError naming what is wrong."""
        if self.form is not None:
            return self._inference(self.form, live)
        parts = {name: self._with_values(value) for name, value in self.parts.items()}
        path = self.method.filled_path(parts) if self.method.verb else self.method.path
        return self.method.request(
            self.target,
            self._messages(),
            path=path,
            headers=self._headers(),
            compression=self.compression,
            deadline_s=self.deadline_s,
            message_limit=self.message_limit,
        )

    def message(self, live: Live = NOTHING_LIVE) -> bytes:
        """The one message that it makes, for a stream."""
        return self.request(live).body

    def sample(self, live: Live = NOTHING_LIVE) -> Sample | None:
        """The picture or sound that its form sends, None for none; raises InvalidInput."""
        return self._filled(self.form).sample(live) if self.form is not None else None

    def _inference(self, form: TensorForm, live: Live) -> Request:
        if not form.model:
            raise UsageError("No model is chosen.", hint="Choose one above the inputs.")
        return to_request(
            self._filled(form).infer_request(live),
            self.serialization,
            self.target,
            stream=self.method.path == MODEL_STREAM_INFER,
            headers=self._typed_headers(),
            compression=self.compression,
            deadline_s=self.deadline_s,
            message_limit=self.message_limit,
            bare_nan=self.bare_nan,
        )

    def _messages(self) -> tuple[bytes, ...]:
        if self.recorded is not None:
            return self.recorded
        if not self.method.verb:
            assert self.method.input is not None
            return (message_from_text(self._with_values(self.text), self.method.input),)
        if not takes_body(self.method) or not self.text.strip():
            return ()
        return (self._with_values(self.text).encode(),)

    def _filled(self, form: TensorForm) -> TensorForm:
        rows = tuple(
            replace(row, fill=replace(row.fill, text=self._with_values(row.fill.text)))
            for row in form.rows
        )
        return replace(
            form, rows=rows, model=self._with_values(form.model), id=self._with_values(form.id)
        )

    def _typed_headers(self) -> Headers:
        return tuple(
            (self._with_values(name), self._with_values(value, secret=True))
            for name, value in self.headers
        )

    def _with_values(self, text: str, *, secret: bool = False) -> str:
        return text if self.variables is None else self.variables.fill(text, secret=secret)

    def _headers(self) -> Headers:
        typed = self._typed_headers()
        names = {name.lower() for name, _ in typed}
        own = tuple(pair for pair in self.method.headers if pair[0].lower() not in names)
        return (*own, *typed) if self.method.verb else typed
