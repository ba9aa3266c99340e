"""How well the way to a target is kept from others, at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.choices import EMBEDDED
from backend.core.target import NO_CREDENTIALS, Target
from gui.widgets.language import tr


@dataclass(frozen=True, slots=True)
class Padlock:
    """An icon, the palette's role that colours it, and what it means."""

    icon: str
    role: str
    text: str


def padlock_of(target: Target) -> Padlock:
    """Closed with TLS, open without, a warning where something is at risk; none for our own."""
    if target.name == EMBEDDED:
        return Padlock("", "text_muted", "")
    if target.tls is not None and target.tls.verify:
        return Padlock("lock", "ok", tr("TLS: the server proves who it is."))
    if target.tls is not None:
        text = tr("TLS without verification: anybody could answer in the server's place.")
        return Padlock("lock-warning", "warning", text)
    if target.loopback:
        return Padlock("unlocked", "text_muted", tr("Plaintext, on this machine only."))
    if target.credentials != NO_CREDENTIALS:
        text = tr("Plaintext: token and headers can be read on the way.")
        return Padlock("unlocked", "warning", text)
    return Padlock("unlocked", "text_muted", tr("Plaintext: everybody on the way can read it."))
