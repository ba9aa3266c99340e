"""The window's parts, each built whole from those before it, and handed to the frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from backend.core.choices import RunSettings
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile
from backend.sources.registry import SourceRegistry
from backend.sources.source import Source
from gui.live import Devices, LiveFeature
from gui.server import ServerFeature
from gui.shell.help import HelpFeature
from gui.shell.host import WindowHost
from gui.shell.layouts import LayoutsFeature
from gui.shell.page_deck import PageDeck
from gui.shell.settings import SettingsFeature
from gui.shell.window import MainWindow
from gui.state.live_session import LiveSession, NewestSample
from gui.state.measured_ways import MeasuredWays
from gui.state.models import ModelAdoption, RepositoryControl, SwitchModel
from gui.state.run_control import RunControl
from gui.state.server_control import ServerControl
from gui.state.settings import SettingsStore
from gui.state.tasks import Tasks
from gui.targets import (
    SavedTargets,
    TargetCatalogue,
    TargetController,
    TargetEngine,
    TargetFeature,
    TargetResolver,
)
from gui.views.class_hues import ClassHues
from gui.workspace.appearance import Appearance
from gui.workspace.feature import Workspace
from gui.workspace.layouts import LayoutStore
from gui.workspace.log_panel import LogBridge
from gui.workspace.notifier import Notifier
from gui.workspace.pages import Navigator, PageFactory

SessionMaker: TypeAlias = Callable[
    [Callable[[Target], Target], Callable[[RunSettings], ModelProfile], RunSettings, Source],
    LiveSession,
]
"""Makes a run; the first two resolve a target and find a model's profile, on any thread."""


@dataclass(frozen=True)
class Parts:
    """What the composition root chooses: everything with something real behind it."""

    appearance: Appearance
    store: SettingsStore
    tasks: Tasks
    server: ServerControl
    repositories: RepositoryControl
    adoption: ModelAdoption
    devices: Devices
    sources: SourceRegistry
    make_session: SessionMaker
    log: LogBridge
    layouts: LayoutStore
    engine: TargetEngine
    ways: MeasuredWays = field(default_factory=MeasuredWays)
    pages: Sequence[PageFactory] = ()
    """Pages besides the live one."""


@dataclass(frozen=True)
class Assembly:
    """The window with the features in it, for whoever drives it from outside."""

    window: MainWindow
    notifier: Notifier
    server: ServerFeature
    targets: TargetFeature
    live: LiveFeature
    settings: SettingsFeature
    layouts: LayoutsFeature


def assemble(parts: Parts) -> Assembly:
    """Build the window; it is not shown yet, and nothing blocks."""
    deck = PageDeck(parts.appearance.palette)
    workspace = _workspace(parts, deck)
    resolver = TargetResolver(parts.server, parts.engine.store.secrets)
    catalogue = TargetCatalogue(parts.engine, parts.tasks, resolver.resolve, deck)
    make_beside = partial(parts.make_session, resolver.resolve)
    make_session = partial(make_beside, catalogue.profile_for)
    run = RunControl(parts.tasks, parts.sources.make, make_session, deck)
    saved = SavedTargets(parts.engine.store, parts.tasks, deck)
    controller = TargetController(
        parts.engine, resolver, catalogue, saved, workspace.switches, run, deck
    )
    host = WindowHost(workspace, controller, parts.server, run)
    server = ServerFeature(workspace, parts.server, parts.repositories)
    targets = TargetFeature(workspace, controller, run, parts.server, parts.repositories)
    live = LiveFeature(
        workspace,
        run,
        parts.server,
        targets,
        server.panel,
        parts.devices,
        parts.sources,
        parts.log,
        parts.repositories,
        parts.adoption,
        make_beside,
    )
    settings = SettingsFeature(workspace, live.bar.why_no_wire)
    layouts = LayoutsFeature(workspace, parts.layouts, live.page, deck)
    deck.turned.connect(live.bar.show_page)
    deck.add(live.page)
    for make_page in parts.pages:
        deck.add(make_page(host))
    features = (
        server,
        targets,
        live,
        settings,
        layouts,
        HelpFeature(workspace, parts.sources),
    )
    window = MainWindow(
        workspace, live.bar, deck, live.strip, features, live.drops, live.page.presenter
    )
    return Assembly(window, workspace.notifier, server, targets, live, settings, layouts)


def _workspace(parts: Parts, deck: PageDeck) -> Workspace:
    navigator = Navigator(deck)
    navigator.page_wanted.connect(deck.show_page)
    return Workspace(
        parts.appearance,
        parts.store,
        parts.tasks,
        SwitchModel(parts.store, deck),
        Notifier(deck),
        navigator,
        NewestSample(),
        deck,
        parts.ways,
        ClassHues(),
    )
