"""Microphones through QtMultimedia: names and hot-plug on the window's thread, sound on any."""

from __future__ import annotations

from PySide6.QtCore import (
    QCoreApplication,
    QIODevice,
    QMicrophonePermission,
    QObject,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtMultimedia import (
    QAudioDevice,
    QAudioFormat,
    QAudioSource,
    QMediaDevices,
    QtAudio,
)

from backend.core.errors import SourceError, SourceFault
from gui.devices.sound_input import MicrophoneEntry, Recording, SampleForm

_BUFFER_MS = 500
_FORMS = {
    QAudioFormat.SampleFormat.UInt8: SampleForm.UINT8,
    QAudioFormat.SampleFormat.Int16: SampleForm.INT16,
    QAudioFormat.SampleFormat.Int32: SampleForm.INT32,
    QAudioFormat.SampleFormat.Float: SampleForm.FLOAT32,
}


class QtSound(QObject):
    """The microphones of this machine; made on the window's thread, used from any.

    Keeps a snapshot of the list that is replaced, never changed, when Qt reports a change. No
    microphone is opened before `record`.
    """

    changed = Signal()
    _permission_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._devices = QMediaDevices(self)
        self._listed: tuple[tuple[MicrophoneEntry, QAudioDevice], ...] = ()
        self._devices.audioInputsChanged.connect(self.rescan)
        self._permission_wanted.connect(self._ask_permission, Qt.ConnectionType.QueuedConnection)
        self.rescan()

    @property
    def media_devices(self) -> QMediaDevices:
        """Qt's own object, which also reports cameras that come and go."""
        return self._devices

    def microphones(self) -> tuple[MicrophoneEntry, ...]:
        """Those plugged in now, the system's default first."""
        return tuple(entry for entry, _ in self._listed)

    @Slot()
    def rescan(self) -> None:
        """Ask Qt for the list; `changed` follows if it is another one."""
        listed = [(_entry(device), device) for device in QMediaDevices.audioInputs()]
        listed.sort(key=lambda pair: (not pair[0].default, pair[0].name.casefold()))
        before = self.microphones()
        self._listed = tuple(listed)
        if self.microphones() != before:
            self.changed.emit()

    def record(self, entry: MicrophoneEntry) -> Recording:
        """Begin to record in the device's preferred format; the caller's thread owns it."""
        self._check_permission(entry)
        for listed, device in self._listed:
            if listed.id == entry.id:
                return QtRecording(device, entry.name)
        raise SourceError(SourceFault.ABSENT, f"{entry.name} is not there.")

    def _check_permission(self, entry: MicrophoneEntry) -> None:
        application = QCoreApplication.instance()
        if application is None:
            raise SourceError(SourceFault.REFUSED, "Microphones need the window's application.")
        match application.checkPermission(QMicrophonePermission()):
            case Qt.PermissionStatus.Granted:
                return
            case Qt.PermissionStatus.Undetermined:
                self._permission_wanted.emit()
                raise SourceError(
                    SourceFault.REFUSED,
                    f"The system asks whether {entry.name} may be used.",
                    hint="Answer its question; then it is tried again.",
                )
        raise SourceError(
            SourceFault.REFUSED,
            f"The system does not let this program use {entry.name}.",
            hint="Allow microphone access in the system's privacy settings.",
        )

    @Slot()
    def _ask_permission(self) -> None:
        application = QCoreApplication.instance()
        if application is not None:
            application.requestPermission(QMicrophonePermission(), self, lambda _permission: None)


class QtRecording:
    """A QAudioSource in pull mode: the system fills its buffer, `read` empties it.

    Needs no event loop and no signal, so it may live on any thread, but must stay there.
    """

    def __init__(self, device: QAudioDevice, name: str) -> None:
        wanted = device.preferredFormat()
        if wanted.sampleFormat() not in _FORMS:
            wanted.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._name = name
        self._source: QAudioSource | None = QAudioSource(device, wanted)
        self._source.setBufferSize(wanted.bytesForDuration(_BUFFER_MS * 1000))
        self._io: QIODevice | None = self._source.start()
        self._overflows = 0
        self.rate = wanted.sampleRate()
        self.channels = wanted.channelCount()
        self.form = _FORMS[wanted.sampleFormat()]
        self._full = self._source.bufferSize()
        if self._io is None or self._failed():
            self.close()
            raise SourceError(
                SourceFault.BUSY,
                f"{name} does not open: it was unplugged, or another program holds it.",
                hint="Check its cable, and close other programs that record.",
            )

    @property
    def overflows(self) -> int:
        """How often the buffer was found full, so that sound after it was lost."""
        return self._overflows

    def read(self) -> bytes:
        """What came since the last call; raises SourceError LOST when Qt reports a failure."""
        if self._io is None or self._failed():
            raise SourceError(
                SourceFault.LOST,
                f"{self._name} stopped recording.",
                hint="It is taken up again when it is back.",
            )
        data = bytes(self._io.readAll().data())
        self._overflows += len(data) >= self._full
        return data

    def close(self) -> None:
        """Stop recording."""
        self._io = None
        if self._source is not None:
            self._source.stop()
            self._source = None

    def _failed(self) -> bool:
        return self._source is None or self._source.error() in (
            QtAudio.Error.OpenError,
            QtAudio.Error.IOError,
            QtAudio.Error.FatalError,
        )


def _entry(device: QAudioDevice) -> MicrophoneEntry:
    return MicrophoneEntry(
        id=bytes(device.id().data()).decode("utf-8", "replace"),
        name=device.description(),
        default=device.isDefault(),
    )
