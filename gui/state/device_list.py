"""The cameras and microphones that can be chosen, and those that were chosen and are away."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal, Slot

from backend.sources.cameras import WEBCAM, CameraEntry, CameraSystem
from gui.devices import MICROPHONE, MicrophoneEntry, SoundInput
from gui.state.source_offers import SourceOffer, offer_of
from gui.state.tasks import Tasks
from gui.widgets.language import tr

_log = logging.getLogger("inferdeck.devices")


class DeviceList(QObject):
    """What the source menu shows under cameras and microphones; lives on the window's thread.

    Listing opens no device. `changed` follows whenever `offers` gives something else. Cameras are
    listed on another thread because some systems take their time.
    """

    changed = Signal()

    def __init__(
        self,
        cameras: CameraSystem,
        sound: SoundInput,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._system = cameras
        self._sound = sound
        self._tasks = tasks
        self._cameras: tuple[CameraEntry, ...] = ()
        self._kept = ""
        self._offers: tuple[SourceOffer, ...] = ()
        self._listing = False
        self._list_again = False

    def offers(self) -> tuple[SourceOffer, ...]:
        """Cameras, then microphones; the chosen one is among them even when it is away."""
        return self._offers

    def keep(self, spec: str) -> None:
        """The source chosen now: if it is a device, it stays listed when it goes away."""
        self._kept = spec
        self.refresh()

    @Slot()
    def rescan(self) -> None:
        """List cameras and microphones anew."""
        self.refresh()
        if self._listing:
            self._list_again = True
            return
        self._listing = True
        self._tasks.start("cameras", self._system.cameras, self._cameras_listed, self._not_listed)

    @Slot()
    def refresh(self) -> None:
        """Make the offers from what is known."""
        microphones = self._sound.microphones()
        offers = (*_camera_offers(self._cameras), *_microphone_offers(microphones))
        offers += self._missing(offers, microphones)
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
        self, offers: Iterable[SourceOffer], microphones: tuple[MicrophoneEntry, ...]
    ) -> tuple[SourceOffer, ...]:
        """The kept device, if it is not plugged in under any of its names."""
        for kind, names in (
            (WEBCAM, _camera_names(self._cameras)),
            (MICROPHONE, _microphone_names(microphones)),
        ):
            if kind.matches(self._kept):
                wanted = kind.argument(self._kept)
                there = wanted in names or (names and not wanted)
                if there or any(offer.spec == self._kept for offer in offers):
                    return ()
                away = tr("Not plugged in; it is used again when it is back.")
                return (offer_of(kind, wanted, missing=away),)
        return ()


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
