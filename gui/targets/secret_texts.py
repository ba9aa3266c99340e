"""Secrets in a form: those that are kept are not shown, and come back as they were."""

from __future__ import annotations

from backend.targets import secret_ids

HIDDEN = "••••••••"


def shown_secret(text: str) -> str:
    """A value as the form shows it: `${ENV}` and typed text as they are, kept secrets hidden."""
    return HIDDEN if secret_ids(text) else text


def meant_secret(shown: str, before: str) -> str:
    """The value that is meant by what the form shows; `before` is what it was made of."""
    return before if shown == HIDDEN else shown
