"""Several models that were asked for together, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from backend.core.status import Notice, Severity
from backend.gallery import DownloadError, DownloadFault
from gui.widgets.language import count, tr


@dataclass(slots=True)
class Batch:
    """The models of one request; `folder` is where their files are looked for, None for the web."""

    names: tuple[str, ...] = ()
    folder: Path | None = None
    running: bool = False
    _installed: set[str] = field(default_factory=set)

    def __contains__(self, name: str) -> bool:
        """Whether a model was asked for with the others, and they are still under way."""
        return self.running and name in self.names

    def installed(self, name: str) -> None:
        """One of them is there."""
        if name in self:
            self._installed.add(name)

    def forget(self, name: str) -> None:
        """One of them is not wanted any more."""
        self.names = tuple(other for other in self.names if other != name)

    def is_absent(self, name: str, error: Exception) -> bool:
        """Whether it says no more than that the folder does not hold a model."""
        absent = isinstance(error, DownloadError) and error.fault is DownloadFault.ABSENT
        return absent and self.folder is not None and name in self

    def notice(self) -> Notice | None:
        """What to say at the end; nothing where each failure is said for itself."""
        done = len(self._installed)
        if self.folder is None:
            if done < max(2, len(self.names)):
                return None
            return Notice(
                Severity.INFO, count(done, "{n} model is installed", "{n} models are installed")
            )
        if done:
            title = count(done, "{n} model was installed", "{n} models were installed")
            return Notice(Severity.INFO, title, tr("From {folder}", folder=self.folder))
        return Notice(
            Severity.WARNING,
            tr("No model was installed"),
            tr("{folder} holds the files of none that is missing.", folder=self.folder),
        )
