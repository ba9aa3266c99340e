"""What was sent once, as the text that makes it again."""

from __future__ import annotations

from backend.core.errors import ConsoleError
from backend.inspector.calls import Request
from backend.inspector.forms.drafts import Draft
from backend.inspector.forms.form_message import LONGEST_TEXT
from backend.inspector.forms.message_text import message_to_json
from backend.inspector.methods import Method


def recorded_text(method: Method, request: Request) -> str | None:
    """The one message of a request as text that makes the same bytes, or None."""
    if len(request.messages) != 1 or request.size > LONGEST_TEXT:
        return "" if not request.messages and method.verb else None
    body = request.body
    try:
        if method.verb:
            text = body.decode()
            return text if "\0" not in text and "\r" not in text else None
        assert method.input is not None
        text = message_to_json(body, method.input, editable=True)
        again = Draft(method, request.target, text=text).message()
    except (ConsoleError, UnicodeDecodeError):
        return None
    return text if again == body else None
