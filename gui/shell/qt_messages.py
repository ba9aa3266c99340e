"""Sends what Qt has to say to our log instead of the terminal."""

from __future__ import annotations

import logging
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_log = logging.getLogger("inferdeck.qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
}


def forward_qt_messages() -> None:
    """Install the handler; a fatal message still goes to stderr, since Qt aborts after it."""
    qInstallMessageHandler(_handle)


def _handle(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    if kind is QtMsgType.QtFatalMsg:
        sys.stderr.write(f"{text}\n")
        return
    category = context.category or "default"
    # A machine without a sound server is no fault: the menu says that there is no microphone.
    quiet = category.startswith("qt.multimedia") or text.startswith("PulseAudioService")
    level = logging.DEBUG if quiet else _LEVELS[kind]
    _log.log(level, "%s", text if category == "default" else f"{category}: {text}")
