"""The cameras, screens and microphones that can be chosen, and those chosen that are away."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal, Slot

from backend.sources.cameras import WEBCAM, CameraEntry, CameraSystem
from backend.sources.kind import SourceKind
from gui.devices import (
    MICROPHONE,
    SCREEN,
    WINDOW,
    CameraModes,
    MicrophoneEntry,
    OfferedMode,
    ScreenEntry,
    ScreenInput,
    SoundInput,
)
from gui.state.source_offers import SourceOffer, offer_of
from gui.state.tasks import Tasks
from gui.widgets.language import tr

_MOST_WINDOWS, _LONGEST_TITLE = 12, 48
_log = logging.getLogger("inferdeck.devices")


class DeviceList(QObject):
    """What the source menu shows under its devices; lives on the window's thread.

    Listing opens no device. `changed` follows whenever `offers` gives something else. Cameras are
    listed on another thread because some systems take their time.
    """

    changed = Signal()

    def __init__(
        self,
        cameras: CameraSystem,
        sound: SoundInput,
        screens: ScreenInput,
        modes: CameraModes,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._system = cameras
        self._sound = sound
        self._screens = screens
        self._modes = modes
        self._tasks = tasks
        self._cameras: tuple[CameraEntry, ...] = ()
        self._kept = ""
        self._offers: tuple[SourceOffer, ...] = ()
        self._listing = False
        self._list_again = False

    def offers(self) -> tuple[SourceOffer, ...]:
        """Cameras, screens, microphones; the chosen one is among them even when it is away."""
        return self._offers

    def keep(self, spec: str) -> None:
        """The source chosen now: if it is a device, it stays listed when it goes away."""
        self._kept = spec
        self.refresh()

    def modes(self, which: str) -> tuple[OfferedMode, ...]:
        """What a camera offers, nothing where that is not known; opens nothing."""
        return self._modes.modes(which)

    @Slot()
    def rescan(self) -> None:
        """List all of them anew."""
        self.refresh()
        if self._listing:
            self._list_again = True
            return
        self._listing = True
        self._tasks.start("cameras", self._system.cameras, self._cameras_listed, self._not_listed)

    @Slot()
    def refresh(self) -> None:
        """Make the offers from what is known, and the screens and windows of now."""
        microphones = self._sound.microphones()
        screens, windows = self._screens.screens(), self._screens.windows()
        offers = (
            *_camera_offers(self._cameras),
            *_screen_offers(screens, windows),
            *_microphone_offers(microphones),
        )
        for kind, names in (
            (WEBCAM, _camera_names(self._cameras)),
            (SCREEN, {screen.name for screen in screens}),
            (WINDOW, set(windows)),
            (MICROPHONE, _microphone_names(microphones)),
        ):
            offers += self._missing(kind, names, offers)
        if offers != self._offers:
            self._offers = offers
            self.changed.emit()

    def _cameras_listed(self, cameras: tuple[CameraEntry, ...]) -> None:
        self._cameras = cameras
        self._listed()

    def _not_listed(self, error: Exception) -> None:
        _log.warning("Cameras cannot be listed: %s", error)
        self._listed()

    def _listed(self) -> None:
        self._listing = False
        again, self._list_again = self._list_again, False
        if again:
            self.rescan()
        else:
            self.refresh()

    def _missing(
        self, kind: SourceKind, names: set[str], offers: Iterable[SourceOffer]
    ) -> tuple[SourceOffer, ...]:
        """The kept device if it is of that kind, and not there under any of its names."""
        if not kind.matches(self._kept):
            return ()
        wanted = kind.which(kind.argument(self._kept))
        there = wanted in names or (names and not wanted)
        if there or any(offer.spec == kind.spec(wanted) for offer in offers):
            return ()
        away = tr("Not plugged in; it is used again when it is back.")
        if kind is WINDOW:
            away = tr("No window has this title; it is used again when one has.")
        return (offer_of(kind, wanted, missing=away),)


def _camera_offers(cameras: tuple[CameraEntry, ...]) -> tuple[SourceOffer, ...]:
    """Named by name; by path or number only where two share a name."""
    twins = Counter(entry.name for entry in cameras)
    return tuple(
        offer_of(
            WEBCAM,
            entry.name if twins[entry.name] == 1 else entry.path or str(entry.index),
            entry.name,
            ", ".join(filter(None, (tr("Camera {index}", index=entry.index), entry.path))),
        )
        for entry in cameras
    )


def _screen_offers(
    screens: tuple[ScreenEntry, ...], windows: tuple[str, ...]
) -> tuple[SourceOffer, ...]:
    """The primary screen needs no name; names are told where there are several."""
    return (
        *(
            offer_of(
                SCREEN,
                "" if screen.primary else screen.name,
                tr("Screen {name}", name=screen.name) if len(screens) > 1 else "",
                f"{screen.name}   {screen.width} × {screen.height}",
            )
            for screen in screens
        ),
        *(offer_of(WINDOW, title, _short(title), title) for title in windows[:_MOST_WINDOWS]),
    )


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1].rstrip()}…"


def _microphone_offers(microphones: tuple[MicrophoneEntry, ...]) -> tuple[SourceOffer, ...]:
    """Named by name; by id only where two share a name."""
    twins = Counter(entry.name for entry in microphones)
    return tuple(
        offer_of(
            MICROPHONE,
            entry.name if twins[entry.name] == 1 else entry.id,
            tr("{device} (default)", device=entry.name) if entry.default else entry.name,
            tr("The system's default microphone") if entry.default else "",
        )
        for entry in microphones
    )


def _camera_names(cameras: tuple[CameraEntry, ...]) -> set[str]:
    return {name for entry in cameras for name in (entry.name, entry.path, str(entry.index))}


def _microphone_names(microphones: tuple[MicrophoneEntry, ...]) -> set[str]:
    return {name for entry in microphones for name in (entry.id, entry.name)}
