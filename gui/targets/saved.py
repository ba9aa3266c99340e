"""Saved targets at a start: those of older settings move in, and the chosen one is looked up."""

from __future__ import annotations

import re
from dataclasses import replace

from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.target import Target
from backend.targets import LONGEST_NAME, TargetStore, free_name
from gui.state.settings import SettingsStore
from gui.state.switches import LOCAL_NAME
from gui.widgets.language import tr

_NOT_IN_NAMES = re.compile(r"[:,/\\]+")


def fit_name(text: str) -> str:
    """A name that a saved target may have, from an address or any other text."""
    return _NOT_IN_NAMES.sub("-", text.strip()).strip("- ")[:LONGEST_NAME] or tr("Server")


def saved_name(target: Target) -> str:
    """The name under which profiles of a target are saved, our own server's included."""
    return EMBEDDED if target.name == LOCAL_NAME else target.name


def moved_into_store(settings: SettingsStore, store: TargetStore) -> list[str]:
    """Move the targets of an older settings file; what could not be moved, in words."""
    problems = []
    chosen = settings.current.switches.target
    for target in settings.current.targets:
        known = store.targets()
        if any((one.rest, one.grpc) == (target.rest, target.grpc) for one in known):
            continue
        name = free_name(fit_name(target.name), [one.name for one in known])
        try:
            saved = store.add(replace(target, name=name)).target
        except UsageError as error:
            problems.append(tr("Target '{name}': {why}", name=target.name, why=error.message))
            continue
        if target.name == chosen.name:
            chosen = saved
    switches = replace(settings.current.switches, target=chosen)
    settings.update(replace(settings.current, targets=(), switches=switches))
    return problems


def chosen_target(settings: SettingsStore, store: TargetStore, *, asked: bool) -> None:
    """Put the whole of the chosen target into the switches, which remember its name only.

    Raises UsageError for a name without addresses that nobody knows, if it was `asked` for; a
    remembered one gives way to our own server.
    """
    switches = settings.current.switches
    try:
        target = store.find(switches.target.name)
    except UsageError:
        if switches.target.rest or switches.target.grpc:
            return
        if asked:
            raise
        target = Target(EMBEDDED)
    settings.update(replace(settings.current, switches=switches.aimed_at(target)))
