"""Sources, models, targets and layouts of the moment, as commands that the palette finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gui.state.switches import target_title
from gui.widgets.language import tr
from gui.workspace.commands import Command

if TYPE_CHECKING:
    from gui.shell.window import MainWindow


def palette_entries(window: MainWindow) -> list[Command]:
    """A command for each of them; what cannot be chosen says why."""
    return [*_sources(window), *_models(window), *_targets(window), *_layouts(window)]


def _sources(window: MainWindow) -> Iterator[Command]:
    for spec, offer in {offer.spec: offer for offer in window.desk.menu.offers()}.items():
        yield Command(
            f"source.use.{spec}",
            tr("Source: {name}", name=offer.title),
            partial(window.desk.choose, spec),
            aliases=f"use {offer.tip} {spec}",
        )


def _models(window: MainWindow) -> Iterator[Command]:
    for offer, reason in window.bar.models():
        yield Command(
            f"model.use.{offer.name}",
            tr("Model: {name}", name=offer.name),
            partial(_use_model, window, offer.name),
            blocked=lambda reason=reason: reason,  # type: ignore[misc]
            aliases=f"use {offer.description}",
        )


def _use_model(window: MainWindow, name: str) -> None:
    window.set_switches(replace(window.board.current, model=name))


def _targets(window: MainWindow) -> Iterator[Command]:
    for target in window.bar.targets():
        yield Command(
            f"target.use.{target.name}",
            tr("Target: {name}", name=target_title(target)),
            partial(_use_target, window, target.name),
            aliases=f"use server {target.rest} {target.grpc}",
        )


def _use_target(window: MainWindow, name: str) -> None:
    target = next(target for target in window.bar.targets() if target.name == name)
    window.set_switches(window.board.current.aimed_at(target))


def _layouts(window: MainWindow) -> Iterator[Command]:
    for name in (*window.page.built_in_layouts(), *window.layouts.names()):
        yield Command(
            f"layout.use.{name}",
            tr("Layout: {name}", name=name),
            partial(window.use_layout, name),
            aliases="use perspective panels",
        )
