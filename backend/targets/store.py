"""The saved targets, in one readable JSON file; secrets are never in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.files.private import (
    FileUnusable,
    NewerFile,
    copy_aside,
    locked,
    make_private,
    set_aside,
)
from backend.core.target import Credentials, Target
from backend.targets.file import LARGEST, Contents, read_targets, write_targets
from backend.targets.rules import check_name, check_target, free_name
from backend.targets.secrets import Keeping, Kept, Secrets
from backend.targets.templates import is_template, secret_ids, secret_template


@dataclass(frozen=True, slots=True)
class Saved:
    """A target as it was saved, its secrets replaced by templates.

    `kept` is where its new secrets are, None if it brought none; `sentence` says it to people.
    """

    target: Target
    kept: Kept | None = None
    sentence: str = ""


class TargetStore:
    """The embedded server first, which is not in the file, then the others in their own order.

    Targets hold templates; `resolve.resolve` makes them usable. Without a `path` nothing is
    written. `problem` says what was wrong with the file when it was read, '' if nothing. Safe to
    use from several threads and processes; what needs a keyring or a disk is not for the window's
    thread.
    """

    def __init__(self, path: Path | None, secrets: Secrets) -> None:
        self._path = path
        self._secrets = secrets
        self._lock = threading.RLock()
        self._targets: tuple[Target, ...] = ()
        self._seen: tuple[int, ...] | None = None
        self._holds_secrets = False
        self.problem = ""
        self._refresh()

    @property
    def secrets(self) -> Secrets:
        """Where the secrets of these targets are."""
        return self._secrets

    def targets(self) -> tuple[Target, ...]:
        """All of them, the embedded server first."""
        with self._lock:
            self._refresh()
            return (Target(EMBEDDED), *self._targets)

    def find(self, name: str) -> Target:
        """The target of that name, in any case; raises UsageError that lists those there are."""
        return _named(name, self.targets())

    def add(self, target: Target) -> Saved:
        """Save a new target; raises UsageError for what cannot be, such as a name in use."""
        check_name(target.name, self._names_now())
        check_target(target)
        with self._kept(target) as saved, self._changing():
            check_name(target.name, self._names())
            self._write((*self._targets, saved.target))
        return saved

    def edit(self, name: str, target: Target) -> Saved:
        """Replace the target `name`, which may get another name; raises UsageError."""
        known = self.find(name)
        check_name(target.name, [other for other in self._names_now() if other != known.name])
        check_target(target)
        with self._kept(target) as saved:
            with self._changing():
                old = self._own(name)
                check_name(target.name, [other for other in self._names() if other != old.name])
                self._write(tuple(saved.target if one is old else one for one in self._targets))
            self._forget(set(_ids(old)) - set(_ids(saved.target)))
        return saved

    def duplicate(self, name: str) -> Saved:
        """A copy under a free name right after it, with secrets of its own."""
        with self._changing():
            old = self._own(name)
            copy = replace(old, name=free_name(old.name, self._names()))
            saved = self._with_own_secrets(copy)
            index = self._targets.index(old) + 1
            self._write((*self._targets[:index], saved.target, *self._targets[index:]))
            return saved

    def delete(self, name: str) -> Target:
        """Remove a target and its secrets; what it was, for who would undo it."""
        with self._changing():
            old = self._own(name)
            self._write(tuple(one for one in self._targets if one is not old))
        self._forget(set(_ids(old)))
        return old

    def import_file(self, path: Path) -> tuple[Saved, ...]:
        """Add the targets of a file, under free names where theirs are taken.

        Raises UsageError, and then has added none, if one of them is not well formed.
        """
        contents = read_targets(path)
        if contents is None:
            raise UsageError(f"{path.name} cannot be read: there is no such file.")
        if contents.problems:
            raise UsageError(f"{path.name} cannot be imported. {' '.join(contents.problems)}")
        with self._changing():
            names = self._names()
            added = []
            for target in contents.targets:
                name = free_name(target.name, names)
                names.append(name)
                added.append(self._without_secrets(replace(target, name=name)))
            self._write((*self._targets, *(saved.target for saved in added)))
            return tuple(added)

    def export_file(self, path: Path, names: Sequence[str] = ()) -> int:
        """Write targets to a file, all or those named, without any secret; how many they are."""
        with self._lock:
            self._refresh()
            wanted = [self._own(name) for name in names] if names else list(self._targets)
            write_targets(path, wanted)
            return len(wanted)

    # -- what the lock guards ------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Keep everybody else out, beginning with what the file holds now."""
        with self._lock:
            if self._path is None:
                yield
                return
            try:
                with locked(self._path.parent):
                    self._read()
                    yield
            except FileUnusable as error:
                raise UsageError(
                    f"The targets cannot be saved. {error.message}", error.hint
                ) from None

    @contextmanager
    def _kept(self, target: Target) -> Iterator[Saved]:
        """The target without its secrets, which are kept unless what is done with it fails.

        Before the lock: a keyring may wait for its user.
        """
        saved = self._without_secrets(target)
        try:
            yield saved
        except BaseException:
            self._forget(set(_ids(saved.target)) - set(_ids(target)))
            raise

    def _names(self) -> list[str]:
        return [target.name for target in self._targets]

    def _names_now(self) -> list[str]:
        return [target.name for target in self.targets()[1:]]

    def _own(self, name: str) -> Target:
        found = _named(name, (Target(EMBEDDED), *self._targets))
        if found.name == EMBEDDED:
            raise UsageError("The embedded server cannot be changed or removed.")
        return found

    def _without_secrets(self, target: Target) -> Saved:
        """The target with templates for what is secret: each literal token and header value."""
        keepings: list[Keeping] = []

        def kept(text: str) -> str:
            if not text or is_template(text):
                return text
            keepings.append(self._secrets.keep(text))
            return keepings[-1].template

        credentials = Credentials(
            kept(target.credentials.token),
            tuple((name, kept(value)) for name, value in target.credentials.headers),
        )
        saved = replace(target, credentials=credentials)
        if not keepings:
            return Saved(saved)
        worst = next((k for k in keepings if k.kept is Kept.THIS_RUN), keepings[0])
        return Saved(saved, worst.kept, worst.sentence)

    def _with_own_secrets(self, target: Target) -> Saved:
        """The target with copies of its secrets; one that is not here stays a template."""
        worst: Keeping | None = None

        def copied(text: str) -> str:
            nonlocal worst
            for secret_id in secret_ids(text):
                if self._secrets.where(secret_id) is None:
                    continue
                keeping = self._secrets.keep(self._secrets.find(secret_id))
                worst = keeping if worst is None or keeping.kept is Kept.THIS_RUN else worst
                text = text.replace(secret_template(secret_id), keeping.template)
            return text

        credentials = Credentials(
            copied(target.credentials.token),
            tuple((name, copied(value)) for name, value in target.credentials.headers),
        )
        saved = replace(target, credentials=credentials)
        return Saved(saved, worst.kept, worst.sentence) if worst is not None else Saved(saved)

    def _forget(self, ids: set[str]) -> None:
        with self._lock:
            used = {one for target in self._targets for one in _ids(target)}
        for secret_id in ids - used:
            self._secrets.forget(secret_id)

    def _write(self, targets: tuple[Target, ...]) -> None:
        if self._path is not None:
            if self._holds_secrets:  # which nobody keeps beyond this run
                aside = copy_aside(self._path, LARGEST)
                self.problem = f"{self._path.name} held secrets and was kept as {aside.name}."
                self._holds_secrets = False
            write_targets(self._path, targets)
            self._seen = self._stamp()
        self._targets = targets

    def _refresh(self) -> None:
        """Read the file if another program has written it since.

        One of a newer program is left alone, and nothing is saved as long as it is there.
        """
        stamp = self._stamp()
        if self._path is None or stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        contents, why = None, ""
        try:
            contents = read_targets(self._path)
        except NewerFile as error:
            self.problem = f"{error} It stays as it is, and its targets are not shown."
            return
        except UsageError as error:
            why = error.message
        if contents is not None and not contents.problems and not _holds_secrets(contents):
            self._targets = contents.targets
            return
        try:
            with self._changing():  # which mends the file
                return
        except UsageError as error:
            self.problem = f"{why} {error}".strip()
        if contents is not None:
            self._use(contents)

    def _read(self) -> None:
        """Take over what the file holds, setting aside what is not understood; while locked.

        Raises NewerFile.
        """
        assert self._path is not None
        self._seen = self._stamp()
        try:
            contents = read_targets(self._path)
        except NewerFile:
            raise
        except UsageError as error:
            aside = set_aside(self._path)
            self.problem = f"{error.message} It was set aside as {aside.name}."
            if self._targets:
                self._write(self._targets)
            return
        if contents is None:
            return
        kept = self._use(contents)
        self._holds_secrets = Kept.THIS_RUN in kept
        if self._holds_secrets:
            self.problem = (
                f"{self._path.name} holds secrets, and there is no keyring to move them to: "
                "write ${NAME} there, and set that environment variable."
            )
        elif Kept.KEYRING in kept:
            self._write(self._targets)
            self.problem = f"Secrets in {self._path.name} were moved to the keyring."
        if contents.problems:
            aside = copy_aside(self._path, LARGEST)
            self._holds_secrets = False
            self._write(self._targets)
            self.problem = f"{' '.join(contents.problems)} It was set aside as {aside.name}."

    def _use(self, contents: Contents) -> set[Kept | None]:
        """Take these targets, their secrets kept elsewhere; where those are."""
        saved = [self._without_secrets(target) for target in contents.targets]
        self._targets = tuple(one.target for one in saved)
        return {one.kept for one in saved}

    def _stamp(self) -> tuple[int, ...] | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _named(name: str, known: Sequence[Target]) -> Target:
    for target in known:
        if target.name.casefold() == name.strip().casefold():
            return target
    names = ", ".join(target.name for target in known)
    raise UsageError(f"There is no target '{name}'.", hint=f"There are: {names}.")


def _holds_secrets(contents: Contents) -> bool:
    """Whether a secret stands in the file itself."""
    return any(
        text and not is_template(text)
        for target in contents.targets
        for text in (target.credentials.token, *(value for _, value in target.credentials.headers))
    )


def _ids(target: Target) -> list[str]:
    texts = [target.credentials.token, *(value for _, value in target.credentials.headers)]
    return [one for text in texts for one in secret_ids(text)]


def open_store(folder: Path) -> TargetStore:
    """The store in a configuration folder, with the system's keyring."""
    from backend.targets.folder import TARGETS_FILE

    make_private(folder)
    return TargetStore(folder / TARGETS_FILE, Secrets())
