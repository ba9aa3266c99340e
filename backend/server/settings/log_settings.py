"""The log settings of the logging extension: which kinds of lines the server's log has."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TextIO, TypeAlias

from backend.core.errors import InvalidInput, Unsupported
from backend.server.settings.log_writer import LogWriter

LogValue: TypeAlias = bool | int | str

LOG_FILE_FIXED = "log file location can not be updated through network protocol"

_ROOT = logging.getLogger("inferdeck")
_LOGGERS = ("inferdeck.server", "inferdeck.models", "inferdeck.models.python")
_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_DATES = {"default": "%H:%M:%S", "ISO8601": "%Y-%m-%dT%H:%M:%SZ"}
_HIGHEST_LEVEL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class _Settings:
    """The settings under the names of the extension, in the order in which they are told."""

    log_file: str = ""
    log_info: bool = False
    log_warning: bool = True
    log_error: bool = True
    log_verbose_level: int = 0
    log_format: str = "default"


class LogSettings:
    """What the loggers of server and models let through, for the life of one server.

    Warnings and errors go where the process sends them. With information or a verbose level above 0
    (which adds a line for every request) the log is written to standard error, in `log_format`.
    Belongs to the server's event loop; lines may come from any thread.
    """

    def __init__(self) -> None:
        self._settings = _Settings(log_info=_ROOT.isEnabledFor(logging.INFO))
        self._first = self._settings
        self._own_level = _ROOT.level
        self._writer: LogWriter | None = None

    def values(self) -> dict[str, LogValue]:
        """Every setting by its name."""
        return {field.name: getattr(self._settings, field.name) for field in fields(_Settings)}

    def update(self, given: Mapping[str, LogValue]) -> None:
        """Change settings; raises InvalidInput or Unsupported, and then none is changed."""
        for name, value in given.items():
            _check(name, value)
        self._settings = replace(self._settings, **dict(given))  # type: ignore[arg-type]
        self._apply()

    def close(self) -> None:
        """Log again as before."""
        self._settings = self._first
        self._apply()
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self._passes)

    def _apply(self) -> None:
        wanted = self._settings
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self._passes)
        written = wanted.log_verbose_level > 0 or wanted.log_info > self._first.log_info
        if not written:
            _ROOT.setLevel(self._own_level)
            self._stop_writing()
            return
        _ROOT.setLevel(logging.DEBUG if wanted.log_verbose_level else logging.INFO)
        stream: TextIO | None = sys.stderr  # there is none in a program without a console
        if self._writer is None and stream is not None:
            self._writer = LogWriter(stream)
            _ROOT.addHandler(self._writer)
        if self._writer is not None:
            self._writer.setFormatter(_formatter(wanted.log_format))

    def _stop_writing(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            _ROOT.removeHandler(writer)
            writer.close()

    def _passes(self, record: logging.LogRecord) -> bool:
        wanted = self._settings
        if record.levelno >= logging.ERROR:
            return wanted.log_error
        if record.levelno >= logging.WARNING:
            return wanted.log_warning
        if record.levelno >= logging.INFO:
            return wanted.log_info
        return wanted.log_verbose_level > 0


def _formatter(name: str) -> logging.Formatter:
    formatter = logging.Formatter(_LINE, _DATES[name])
    formatter.converter = time.gmtime
    return formatter


def _check(name: str, value: LogValue) -> None:
    match name:
        case "log_file":
            raise Unsupported(LOG_FILE_FIXED, hint="This server logs to standard error.")
        case "log_info" | "log_warning" | "log_error":
            if not isinstance(value, bool):
                raise InvalidInput(f"expect boolean for '{name}', got {str(value)[:40]}")
        case "log_verbose_level":
            if type(value) is not int or not 0 <= value <= _HIGHEST_LEVEL:
                raise InvalidInput(
                    f"expect an integer of 0 to {_HIGHEST_LEVEL} for '{name}', "
                    f"got {str(value)[:40]}"
                )
        case "log_format":
            if value not in _DATES:
                raise InvalidInput(
                    f"invalid argument for log_format, got: {str(value)[:40]}",
                    hint=f"Use one of {', '.join(_DATES)}.",
                )
        case _:
            names = ", ".join(field.name for field in fields(_Settings))
            raise InvalidInput(f"unknown log setting '{name[:40]}'", hint=f"Use one of {names}.")
