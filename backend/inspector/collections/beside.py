"""What a request sends that is no text, kept as files beside its own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.core.choices import ImageEncoding
from backend.core.errors import UsageError
from backend.core.files.private import write_file
from backend.core.tensors import Array, Datatype, Tensor
from backend.inspector.collections.drafting import saved_from
from backend.inspector.collections.files import SavedRequest
from backend.inspector.collections.folder import write_request
from backend.inspector.forms import (
    AS_IN_A_RUN,
    LONGEST_TEXT,
    Draft,
    Fill,
    FillKind,
    Live,
    elements_json,
)
from backend.profiles.inputs.numbers import bfloat16_values
from backend.wire.media.images import body_kind, encode_image
from backend.wire.media.sound import encode_wav

_LONGEST_INLINE = 64
"""Elements that a request says itself; more are a file."""


@dataclass(frozen=True, slots=True, eq=False)
class BesideFile:
    """The bytes that fill an input, with the ending of their file's name."""

    kind: FillKind
    suffix: str
    data: bytes


def of_live(
    draft: Draft, before: SavedRequest | None, live: Live, opened: Draft | None = None
) -> Mapping[str, BesideFile]:
    """What the source shows now for the inputs that take it, so that it can be sent again.

    One that the file `before` left to whoever sends it stays so, and so does one that took what
    the source showed already in the draft that was `opened`, or saved, last.
    """
    found: dict[str, BesideFile] = {}
    rows = opened.form.rows if opened is not None and opened.form is not None else ()
    taken = {row.spec.name for row in rows if row.sent and row.fill.kind in AS_IN_A_RUN}
    known = before.inputs if before is not None else {}
    for row in draft.form.rows if draft.form is not None else ():
        name, kind = row.spec.name, row.fill.kind
        left = known.get(name) == kind or (name in taken and name in known)
        if not row.sent or left:
            continue
        if kind is FillKind.FRAME and live.frame is not None:
            data = encode_image(live.frame.pixels, ImageEncoding.PNG, jpeg_quality=0)
            found[name] = BesideFile(FillKind.PICTURE, ".png", data)
        elif kind is FillKind.WINDOW and live.window is not None:
            data = encode_wav(live.window.samples, live.window.rate)
            found[name] = BesideFile(FillKind.SOUND, ".wav", data)
    return found


def of_tensor(tensor: Tensor) -> Fill | BesideFile:
    """A tensor that was sent: few elements as JSON, else a file that makes the same ones."""
    one = tensor.datatype is Datatype.BYTES and tensor.data.size == 1
    if one and not _short(data := bytes(tensor.data.reshape(-1)[0])):
        kind = body_kind(data)
        suffix = {"jpeg": ".jpg", None: ".bin"}.get(kind, f".{kind}")
        return BesideFile(FillKind.FILE, suffix, data)
    if tensor.datatype is Datatype.BYTES or tensor.data.size <= _LONGEST_INLINE:
        text = elements_json(tensor)
        if len(text) > LONGEST_TEXT:
            raise UsageError(
                f"The texts of input '{tensor.name}' have {len(text):,} characters; at most"
                f" {LONGEST_TEXT:,} are saved as text.",
                hint="Export the history instead.",
            )
        return Fill(FillKind.JSON, text)
    values = tensor.data
    if tensor.datatype is Datatype.BF16:
        values = bfloat16_values(values)
    return BesideFile(FillKind.FILE, ".npy", _npy(values))


def write_with_files(
    file: Path,
    draft: Draft,
    before: SavedRequest | None,
    beside: Mapping[str, BesideFile],
    opened: Draft | None = None,
) -> None:
    """Write a request and the files that fill its inputs, as `saved_from` says; raises UsageError.

    A file of one of these names that is no part of the request `before` stays as it is.
    """
    form = draft.form
    for name, content in beside.items():
        assert form is not None
        path = _place(file, content.suffix, name if len(beside) > 1 else "", before)
        write_file(path, content.data)
        form = form.with_row(name, fill=Fill(content.kind, str(path)))
    saved = saved_from(replace(draft, form=form), before, file.parent, opened)
    write_request(file, saved)


def _place(file: Path, suffix: str, name: str, before: SavedRequest | None) -> Path:
    own = {text.partition(":")[2] or text for text in (before.inputs if before else {}).values()}
    stem = f"{file.stem} {name}".strip().replace("/", " ")
    path, count = file.with_name(f"{stem}{suffix}"), 1
    while path.exists() and path.name not in own:
        count += 1
        path = file.with_name(f"{stem} {count}{suffix}")
    return path


def _short(data: bytes) -> bool:
    return len(data) <= _LONGEST_INLINE and body_kind(data) is None and data.isascii()


def _npy(values: Array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()
