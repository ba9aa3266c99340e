"""Saved requests as drafts that can be sent, and drafts as requests to be saved."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backend.core.choices import Serialization, Transport, why_not_serialization
from backend.core.errors import UsageError
from backend.core.target import Target
from backend.inspector.calls import Headers
from backend.inspector.collections.files import SavedRequest
from backend.inspector.forms import (
    FROM_FILES,
    Described,
    Draft,
    Fill,
    InputArgument,
    InputRow,
    TensorForm,
    Variables,
    argument_text,
    is_inference,
    parse_input,
)
from backend.inspector.history import concealed
from backend.inspector.methods import Method

_DRAFTED = (
    "method",
    "model",
    "model_version",
    "headers",
    "parts",
    "serialization",
    "compression",
    "deadline_s",
    "inputs",
    "message",
)
"""What of a request a draft holds."""
_CONCEALED = re.compile(r"\$\{(\w+)\}")


def draft_of(
    saved: SavedRequest,
    method: Method,
    target: Target,
    variables: Variables,
    describe: Callable[[str, str], Described],
    folder: Path,
) -> Draft:
    """The draft of a saved request; files it names lie below `folder`.

    `describe` tells the inputs of a model by its name and version. Raises UsageError, and
    InvalidInput for an input that the model has not.
    """
    model = variables.fill(saved.model)
    version = variables.fill(saved.model_version)
    form, serialization = None, _serialization(saved, method)
    if is_inference(method) and not saved.message:
        form = _form(saved, describe(model, version), variables, folder)
        form = replace(form, version=version, id=saved.id)
    elif saved.inputs:
        raise UsageError(f"{method.title} takes no inputs.", hint="Write its message.")
    parts = {name: variables.fill(value) for name, value in saved.parts.items()}
    return Draft(
        method=method,
        target=target.name,
        form=form,
        text=saved.message,
        parts={"model": model, "version": version, **parts},
        headers=_headers(saved.headers),
        serialization=serialization,
        compression=saved.compression,
        deadline_s=saved.deadline_s,
        message_limit=target.message_limit,
        variables=variables,
    )


def check_savable(draft: Draft) -> None:
    """Raises UsageError for bytes that are sent as recorded, since no text makes them."""
    if draft.recorded is not None:
        raise UsageError(
            "What is sent as recorded cannot be saved as text.",
            hint="Choose its method, fill the form and save that. The history keeps this one: pin"
            " it there, or export it.",
        )


def saved_from(
    draft: Draft, before: SavedRequest | None, folder: Path, opened: Draft | None = None
) -> SavedRequest:
    """What a file is to say of a draft; secrets in its headers become variables.

    What the draft does not hold, such as checks, stays as it was `before`, and so does what is as
    in the draft that was `opened` from it: its variables, and what it left to its defaults.
    Raises UsageError for bytes that are sent as recorded, since no text makes them.
    """
    check_savable(draft)
    saved = _said(draft, before, folder)
    if before is None or opened is None or opened.recorded is not None:
        return saved
    same = _said(opened, before, folder)
    kept = {name: getattr(before, name) for name in _DRAFTED if _as_in(saved, same, name)}
    saved = replace(saved, **kept)
    if saved.inputs and before.inputs:
        inputs = {
            name: before.inputs.get(name, text) if same.inputs.get(name) == text else text
            for name, text in saved.inputs.items()
        }
        saved = replace(saved, inputs=inputs)
    return saved


def _as_in(one: SavedRequest, other: SavedRequest, name: str) -> bool:
    return bool(getattr(one, name) == getattr(other, name))


def _said(draft: Draft, before: SavedRequest | None, folder: Path) -> SavedRequest:
    form, method = draft.form, draft.method
    model = form.model if form is not None else draft.parts.get("model", "")
    if before is not None and draft.variables is not None:
        model = _as_before(before.model, model, draft.variables)
    if method.verb and "model" not in method.path_parts:
        model = ""
    rest = {name: draft.parts.get(name, "") for name in method.path_parts}
    return replace(
        before or SavedRequest(method.title),
        method=method.title,
        model=model,
        model_version=form.version if form is not None else rest.get("version", ""),
        headers=tuple(f"{name}: {value}" for name, value in _without_secrets(draft.headers)),
        parts={name: text for name, text in rest.items() if name not in ("model", "version")},
        serialization=draft.serialization if form is not None else None,
        compression=draft.compression,
        deadline_s=draft.deadline_s,
        inputs={}
        if form is None
        else dict(_argument(row, folder) for row in form.rows if row.sent),
        message=draft.text if form is None else "",
    )


def _serialization(saved: SavedRequest, method: Method) -> Serialization:
    chosen = saved.serialization
    if chosen is None:
        return Serialization.JSON if method.verb else Serialization.RAW
    if why := why_not_serialization(chosen, Transport.REST if method.verb else Transport.GRPC):
        raise UsageError(why)
    return chosen


def _form(saved: SavedRequest, model: Described, variables: Variables, folder: Path) -> TensorForm:
    given = [_given(name, text, variables) for name, text in saved.inputs.items()]
    form = TensorForm.of(model).with_inputs(
        replace(one, fill=_found(one.fill, folder, variables)) for one in given
    )
    if not given:
        return form
    named = {one.name for one in given}
    rows = (row if row.spec.name in named else _left_out(row) for row in form.rows)
    return replace(form, rows=tuple(rows))


def _left_out(row: InputRow) -> InputRow:
    """As after `call`: a model may do without an input though its metadata does not say so."""
    return replace(row, spec=replace(row.spec, optional=True), sent=False)


def _given(name: str, text: str, variables: Variables) -> InputArgument:
    """What an input is filled with: with its variables, as long as their values are no more than
    a part of the text; where `{{photo}}` is a path, say, the path itself."""
    filled = parse_input(f"{name}={variables.fill(text)}")
    try:
        template = parse_input(f"{name}={text}")
    except UsageError:
        return filled
    same = (template.fill.kind, template.shape) == (filled.fill.kind, filled.shape)
    return template if same else filled


def _found(fill: Fill, folder: Path, variables: Variables) -> Fill:
    if fill.kind not in FROM_FILES:
        return fill
    return replace(fill, text=str(folder / variables.fill(fill.text)))


def _argument(row: InputRow, folder: Path) -> tuple[str, str]:
    fill = row.fill
    if fill.kind in FROM_FILES and Path(fill.text).is_relative_to(folder):
        fill = replace(fill, text=Path(fill.text).relative_to(folder).as_posix())
    shape = None if row.shape == row.spec.shape else row.shape
    return row.spec.name, argument_text(fill, shape)


def _as_before(template: str, text: str, variables: Variables) -> str:
    """What the file says with its variables, if that is still what is meant."""
    try:
        return template if variables.fill(template) == text else text
    except UsageError:
        return text


def _headers(lines: tuple[str, ...]) -> Headers:
    pairs = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not (name.strip() and colon):
            raise UsageError(f"Expected NAME: VALUE for a header, got '{line[:80]}'.")
        pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


def _without_secrets(headers: Headers) -> Headers:
    """`{{NAME}}` for what the history would conceal; what is such a variable already stays."""
    return tuple(
        (name, value if "{{" in value else _CONCEALED.sub(r"{{\1}}", hidden))
        for (name, value), (_, hidden) in zip(headers, concealed(headers), strict=True)
    )
