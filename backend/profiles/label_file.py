"""Class names from a file that the user has: lines of text, or JSON."""

from __future__ import annotations

from pathlib import Path

from backend.core.errors import InvalidInput, UsageError
from backend.core.files.private import read_file
from backend.wire.json.text import read_json

MAX_BYTES = 16 << 20


def read_label_file(path: Path) -> tuple[str, ...]:
    """The names by class index; raises UsageError for a file that holds none.

    Takes one name on each line, a JSON list of names, or a JSON object of index and name (or a
    list whose last item is the name, as ImageNet's index has it).
    """
    data = read_file(path, MAX_BYTES)
    if data is None:
        raise UsageError(f"{path} cannot be read: there is no such file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text.") from None
    if text.lstrip().startswith(("[", "{")):
        labels = _of_json(text, path)
    else:
        labels = tuple(line.strip() for line in text.rstrip("\r\n").splitlines())
    if not any(labels):
        raise UsageError(f"{path} holds no labels.")
    return labels


def _of_json(text: str, path: Path) -> tuple[str, ...]:
    expected = UsageError(
        f"{path} is not a list of labels.", hint="Expected names, or an object of index and name."
    )
    try:
        value = read_json(text.encode())
        if isinstance(value, dict):
            value = [value[key] for key in sorted(value, key=int)]
    except (ValueError, InvalidInput):
        raise expected from None
    names = [item[-1] if isinstance(item, list) and item else item for item in value]
    if not all(isinstance(name, str) for name in names):
        raise expected
    return tuple(names)
