"""JSON files of our own: bytes in, plain values out, whatever the bytes are."""

from __future__ import annotations

import json
from typing import Any

from backend.core.errors import UsageError


def json_object(data: bytes, name: str) -> dict[str, Any]:
    """The object that a file holds; raises UsageError, which names the file, for anything else."""
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8: byte {error.start} is wrong.") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{name} is not JSON: {error}.") from None
    except ValueError:  # the interpreter's limit of digits
        raise UsageError(f"{name} holds a number of too many digits.") from None
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply.") from None
    if not isinstance(value, dict):
        raise UsageError(f"{name} does not hold an object.")
    return value


def json_bytes(value: dict[str, Any]) -> bytes:
    """The text of such a file, for people to read."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")  # a lone surrogate becomes JSON's own escape
