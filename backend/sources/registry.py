"""Every kind of source there is, and whatever is to be known of a text that names one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.sources import cameras, generated, network
from backend.sources.files import PATH, given_path
from backend.sources.kind import Pace, SourceGroup, SourceKind, SourceOptions, one_of
from backend.sources.source import Source

__all__ = ["KINDS", "Pace", "SourceRegistry"]

KINDS = (*generated.KINDS, *cameras.KINDS, *network.KINDS)
"""Those that need no window, in the order of the source menu; paths come after them."""


class SourceRegistry:
    """Asks the kind of a spec for its title, icon and so on, and for the source itself.

    A spec that is of none of the `kinds` is a path. Raises ValueError for two kinds of one scheme.
    """

    def __init__(self, kinds: Iterable[SourceKind]) -> None:
        self.kinds = (*kinds, PATH)
        uses = Counter(kind.scheme for kind in self.kinds)
        shared = [scheme for scheme, count in uses.items() if count > 1]
        if shared:
            raise ValueError(f"More than one kind of source has the scheme {', '.join(shared)}.")

    @property
    def syntax(self) -> str:
        """How a spec may be written, as help says it."""
        return "; ".join(one_of(kind.forms) for kind in self.kinds)

    @property
    def accepted(self) -> str:
        """The same as a sentence, for errors about a spec that names no source."""
        return f"Expected one of: {self.syntax}."

    @property
    def groups(self) -> tuple[SourceGroup, ...]:
        """The headings of the kinds, in menu order."""
        return tuple(dict.fromkeys(kind.group for kind in self.kinds if kind.group is not None))

    @property
    def titles(self) -> frozenset[str]:
        """What sources that have no name of their own are called, in English."""
        return frozenset(kind.title for kind in self.kinds if kind.recognises is None)

    def texts(self) -> tuple[str, ...]:
        """Everything that the window translates, each text once."""
        named = [kind for kind in self.kinds if kind.recognises is None]
        found = [text for kind in named for text in (kind.title, kind.tip)]
        found += [t for group in self.groups for t in (group.title, group.empty, group.empty_tip)]
        return tuple(dict.fromkeys(text for text in found if text))

    def kind_of(self, spec: str) -> SourceKind:
        """The kind that a spec is of; nothing is looked up on disk."""
        return next(kind for kind in self.kinds if kind.matches(spec))

    def make(self, spec: str, *, loop: bool, pace: Pace = Pace.OWN, speed: float = 1.0) -> Source:
        """The source that a spec names; nothing is opened yet.

        `loop`, `pace` and `speed` matter to files only. Raises UsageError if the spec names no kind
        of source, and SourceError if it names a file that is absent or of no kind we read.
        """
        spec = spec.strip()
        kind = self.kind_of(spec)
        if kind is PATH:
            self._check_path(spec)
        return kind.make(kind.argument(spec), SourceOptions(loop, pace, speed))

    def title(self, spec: str) -> str:
        """A short name for lists, without secrets."""
        return self.kind_of(spec).title_for(spec)

    def icon(self, spec: str) -> str:
        """The name of the icon that goes with it."""
        return self.kind_of(spec).icon

    def redacted(self, spec: str) -> str:
        """The whole spec with *** for its secrets, as it may be shown and logged."""
        kind = self.kind_of(spec)
        return kind.spec(kind.redact(kind.argument(spec)))

    def saved(self, spec: str) -> str:
        """The spec as it may be written down to be used again: its secrets are left out."""
        kind = self.kind_of(spec)
        return kind.spec((kind.saved or kind.redact)(kind.argument(spec)))

    def lasting(self, spec: str) -> str:
        """A spec that means the same at the next start; may touch the disk."""
        kind = self.kind_of(spec)
        return kind.spec(kind.lasting(kind.argument(spec)))

    def _check_path(self, spec: str) -> None:
        """Raise the clearest error for a text that may have been meant as another kind."""
        if not spec:
            raise UsageError("The source is empty.", self.accepted)
        try:
            path = given_path(spec)
            exists = path.exists()
        except (OSError, ValueError) as error:
            raise UsageError(f"'{spec}' is no source.", self.accepted) from error
        if not exists:
            raise self._absent(spec, path)
        if not (path.is_dir() or path.is_file()):
            raise UsageError(
                f"{path} is neither a file nor a folder.",
                f"For a camera write webcam:{path}." if "video" in path.name else self.accepted,
            )

    def _absent(self, spec: str, path: Path) -> UsageError | SourceError:
        if spec.partition(":")[0] in ("camera", "cam"):
            return UsageError(f"'{spec}' is no source.", "A camera of this machine is webcam.")
        if len(path.parts) > 1 or path.suffix:
            return SourceError(
                SourceFault.ABSENT, f"There is no file or folder {path}.", self.accepted
            )
        return UsageError(
            f"'{spec}' is no source, and no file of that name is here.", self.accepted
        )
