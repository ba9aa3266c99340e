"""The settings of the trace extension, which can be read and kept; nothing is ever traced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.core.errors import InvalidInput, Unsupported

NO_TRACE = "tracing is not supported by this server; replies carry their own durations"

_LEVEL = "trace_level"
_LEAST = {"trace_rate": 0, "trace_count": -1, "log_frequency": 0}
_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    _LEVEL: ("OFF",),
    "trace_rate": ("1000",),
    "trace_count": ("-1",),
    "log_frequency": ("0",),
    "trace_file": ("",),
    "trace_mode": ("triton",),
}
_LARGEST = 2**31 - 1


class TraceSettings:
    """The server's settings and those that models have of their own; belongs to the event loop."""

    def __init__(self) -> None:
        self._own: dict[str, dict[str, tuple[str, ...]]] = {}

    def values(self, model: str = "") -> dict[str, tuple[str, ...]]:
        """Every setting by its name, of the server or of a model; each has one value."""
        return {**_DEFAULTS, **self._own.get("", {}), **self._own.get(model, {})}

    def update(self, given: Mapping[str, Sequence[str]], model: str = "") -> None:
        """Change settings; those without a value become the server's again, or the usual ones.

        Raises Unsupported for what would have to trace, and InvalidInput; then none is changed. The
        caller has seen to it that there is such a model.
        """
        own = dict(self._own.get(model, {}))
        for name, values in given.items():
            _check(name, values)
            own.pop(name, None)
            if values:
                # All levels are OFF: one says so, however many came.
                own[name] = (values[0],)
        self._own.pop(model, None)
        if own:
            self._own[model] = own


def _check(name: str, values: Sequence[str]) -> None:
    if name not in _DEFAULTS:
        known = ", ".join(_DEFAULTS)
        raise InvalidInput(f"unknown trace setting '{name[:40]}'", hint=f"Use one of {known}.")
    if not values:
        return
    if name == _LEVEL:
        if any(level != "OFF" for level in values):
            raise Unsupported(NO_TRACE, hint=f"Of '{_LEVEL}' only OFF can be set.")
        return
    if len(values) != 1:
        raise InvalidInput(f"expect only 1 value for '{name}', got {len(values)}")
    value = values[0]
    if name in _LEAST:
        _check_number(name, value)
    elif name == "trace_file":
        raise Unsupported("trace file location can not be updated through network protocol")
    elif value != "triton":
        raise Unsupported(f"trace mode '{value[:40]}' is not supported by this server")


def _check_number(name: str, value: str) -> None:
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise InvalidInput(f"Unable to parse '{name}', got: {value[:40]}")
    if not _LEAST[name] <= int(value) <= _LARGEST:
        raise InvalidInput(f"'{name}' must be {_LEAST[name]} to {_LARGEST}, got {value}")
