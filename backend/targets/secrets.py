"""Tokens and the like, in the operating system's keyring or in this run's memory only."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from enum import StrEnum

from backend.core.errors import UsageError
from backend.targets.templates import secret_template

SERVICE = "inferdeck"
"""The name under which the keyring lists our secrets."""


class Kept(StrEnum):
    """Where a secret is."""

    KEYRING = "keyring"
    THIS_RUN = "this_run"


@dataclass(frozen=True, slots=True)
class Keeping:
    """What became of a secret: `template` stands for it, `sentence` says it to people."""

    template: str
    kept: Kept
    sentence: str


class Secrets:
    """Keeps values by an id of its own; safe to use from several threads.

    The keyring may ask the user to unlock it: not for the window's thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._this_run: dict[str, str] = {}

    def keep(self, value: str) -> Keeping:
        """Keep a value in the keyring, or where there is none for this run only."""
        secret_id = uuid.uuid4().hex
        problem = _store(secret_id, value)
        template = secret_template(secret_id)
        if not problem:
            return Keeping(template, Kept.KEYRING, "Kept in the system's keyring.")
        with self._lock:
            self._this_run[secret_id] = value
        return Keeping(
            template,
            Kept.THIS_RUN,
            f"Kept for this run only: {problem} To keep it, write ${{NAME}} and set that "
            "environment variable.",
        )

    def find(self, secret_id: str) -> str:
        """The value; raises UsageError if it is not on this computer."""
        with self._lock:
            value = self._this_run.get(secret_id)
        if value is None:
            value = _load(secret_id)
        if value is None:
            raise UsageError(
                "A secret of this target is not on this computer.",
                hint="It was kept for one run only, or comes from elsewhere: enter it again.",
            )
        return value

    def where(self, secret_id: str) -> Kept | None:
        """Where a secret is, None if it is not here."""
        with self._lock:
            if secret_id in self._this_run:
                return Kept.THIS_RUN
        return Kept.KEYRING if _load(secret_id) is not None else None

    def forget(self, secret_id: str) -> None:
        """Remove a secret from wherever it is."""
        with self._lock:
            known = self._this_run.pop(secret_id, None)
        if known is None:
            _remove(secret_id)

    def __repr__(self) -> str:
        return f"Secrets({len(self._this_run)} for this run)"


def keyring_problem() -> str:
    """Why secrets cannot outlast this run, or '' if they can; may take a while."""
    try:
        import keyring

        keyring.get_password(SERVICE, "probe")
    except Exception as error:  # noqa: BLE001 - backends raise what they like
        return _why(error)
    return ""


def _store(secret_id: str, value: str) -> str:
    """Put a value into the keyring; why that failed, or ''."""
    try:
        import keyring

        keyring.set_password(SERVICE, secret_id, value)
        # Some backends take everything and keep nothing.
        same = keyring.get_password(SERVICE, secret_id) == value
    except Exception as error:  # noqa: BLE001 - backends raise what they like
        return _why(error)
    return "" if same else "the keyring did not keep it."


def _load(secret_id: str) -> str | None:
    try:
        import keyring

        return keyring.get_password(SERVICE, secret_id)
    except Exception:  # noqa: BLE001 - as if it were not there, which is said
        return None


def _remove(secret_id: str) -> None:
    try:
        import keyring

        keyring.delete_password(SERVICE, secret_id)
    except Exception:  # noqa: BLE001 - it is not there, or the keyring is not
        return


def _why(error: Exception) -> str:
    from keyring.errors import KeyringLocked, NoKeyringError

    if isinstance(error, NoKeyringError):
        return "this system has no keyring."
    if isinstance(error, KeyringLocked):
        return "the keyring is locked."
    return f"the keyring failed ({type(error).__name__})."
