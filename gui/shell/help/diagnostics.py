"""What whoever mends a fault has to know about a machine, without addresses, names and secrets."""

from __future__ import annotations

import os
import platform
import sys

from PySide6.QtCore import QLocale, qVersion
from PySide6.QtGui import QGuiApplication

from backend.core.choices import EMBEDDED
from backend.core.release import VERSION
from backend.sources.registry import SourceRegistry
from gui.shell.help.made_of import version_of
from gui.state.settings import Settings

_LIBRARIES = (
    "PySide6-Essentials",
    "opencv-python",
    "onnxruntime",
    "ai-edge-litert",
    "grpcio",
    "numpy",
    "pyqtgraph",
)
_VARIABLES = ("QT_QPA_PLATFORM", "QT_SCALE_FACTOR", "XDG_SESSION_TYPE", "LANG")
"""Of the environment only these: others may hold secrets."""


def diagnostics(settings: Settings, sources: SourceRegistry) -> str:
    """Lines of `name: value`, in English for whoever reads them; on the window's thread."""
    switches = settings.switches
    target = "own server" if switches.target.name == EMBEDDED else "other server"
    encoding = f"{switches.image}, {switches.compression}"
    rows = [
        ("Inferdeck", VERSION),
        ("Python", f"{platform.python_version()} {platform.python_implementation()}"),
        ("System", f"{platform.platform()} {platform.machine()}"),
        ("Processors", str(os.cpu_count())),
        ("Qt", f"{qVersion()}, {QGuiApplication.platformName()}"),
        *(("Screen", text) for text in _screens()),
        *((name, version_of(name)) for name in _LIBRARIES),
        ("Locale", QLocale().name()),
        ("Language", settings.language),
        ("Theme", str(settings.theme)),
        # Kinds only: names of models, files, cameras and servers are nobody else's business.
        ("Source", sources.kind_of(switches.source).scheme),
        ("Target", f"{target}, {switches.api}, {switches.transport}, {encoding}"),
        *((name, os.environ[name]) for name in _VARIABLES if name in os.environ),
        ("Modules", f"{len(sys.modules)} loaded"),
    ]
    return "\n".join(f"{name}: {value}" for name, value in rows)


def _screens() -> list[str]:
    return [
        f"{screen.size().width()} x {screen.size().height()} at {screen.devicePixelRatio():g}, "
        f"{screen.refreshRate():.0f} Hz"
        for screen in QGuiApplication.screens()
    ]
