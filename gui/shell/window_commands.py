"""The list of everything the user can do in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction

from backend.core.choices import EMBEDDED
from gui.state.server_control import ServerState
from gui.widgets.language import tr
from gui.widgets.segmented import Segmented
from gui.widgets.theme import ThemeChoice
from gui.workspace.commands import Command

if TYPE_CHECKING:
    from gui.shell.window import MainWindow


def window_commands(window: MainWindow) -> list[Command]:
    """Every command, in menu order."""
    return [
        *_file(window),
        *_run(window),
        *_switches(window),
        *window.deck.commands(),
        *_layouts(window),
        *_view(window),
        *_server(window),
        *_models(window),
        *_help(window),
    ]


def _file(window: MainWindow) -> Iterator[Command]:
    yield Command(
        "source.open_file",
        tr("Open file..."),
        window.desk.open_file,
        "File",
        ("Ctrl+O",),
        aliases="video",
    )
    yield Command(
        "source.open_folder",
        tr("Open folder..."),
        window.desk.open_folder,
        "File",
        ("Ctrl+Shift+O",),
    )
    yield Command(
        "source.open_address",
        tr("Open address..."),
        window.desk.open_address,
        "File",
        ("Ctrl+Shift+L",),
        aliases="url network camera rtsp http",
    )
    yield Command(
        "source.choose",
        tr("Choose source..."),
        window.bar.source.showMenu,
        "File/choose",
        ("Ctrl+Shift+S",),
        aliases="camera microphone webcam tone pattern",
    )
    yield Command(
        "target.new", tr("Other server..."), window.new_target, "File/choose", ("Ctrl+L",)
    )
    yield Command(
        "target.choose",
        tr("Choose target..."),
        window.bar.target.showMenu,
        "File/choose",
        ("Ctrl+T",),
    )
    yield Command(
        "target.list",
        tr("Targets..."),
        window.open_targets,
        "File/choose",
        ("Ctrl+E",),
        aliases="servers add edit duplicate delete import export environments",
    )
    yield Command(
        "target.edit",
        tr("Edit this target..."),
        window.target_dialogs.edit_chosen,
        "File/choose",
        blocked=lambda: (
            tr("The server inside this window stays as it is.")
            if window.board.current.target.name == EMBEDDED
            else ""
        ),
        aliases="tls token headers address dialect limits",
    )
    yield Command(
        "target.probe",
        tr("Ask the target again"),
        window.targets.catalogue.refresh,
        "File/choose",
        aliases="probe refresh models",
    )
    yield Command(
        "model.choose", tr("Choose model..."), window.bar.model.showMenu, "File/choose", ("Ctrl+M",)
    )
    yield Command(
        "model.by_name",
        tr("Model by name..."),
        window.model_dialogs.ask_model,
        "File/choose",
    )
    yield Command(
        "model.profile",
        tr("Edit profile..."),
        window.model_dialogs.open_profile,
        "File/choose",
        ("Ctrl+P",),
        blocked=window.model_dialogs.why_no_profile,
        aliases="preprocessing recipe decoder labels tensors",
    )
    yield Command(
        "model.card",
        tr("About this model..."),
        window.model_dialogs.open_card,
        "File/choose",
        ("Ctrl+I",),
        aliases="card metadata statistics load unload versions config",
    )
    yield Command(
        "app.settings",
        tr("Settings..."),
        window.open_settings,
        "File/settings",
        ("Ctrl+,",),
        aliases="preferences options",
        role=QAction.MenuRole.PreferencesRole,
    )
    yield Command(
        "app.quit",
        tr("Quit"),
        window.close_soon,
        "File/quit",
        ("Ctrl+Q",),
        role=QAction.MenuRole.QuitRole,
    )


def _run(window: MainWindow) -> Iterator[Command]:
    yield Command(
        "run.toggle",
        tr("Start or stop"),
        window.toggle_run,
        "Run",
        ("Space",),
        aliases="stream play",
    )
    yield Command(
        "run.retry",
        tr("Try again now"),
        window.retry_now,
        "Run",
        ("Ctrl+R",),
        blocked=lambda: "" if window.run.session is not None else tr("Nothing is streaming."),
        aliases="reconnect",
    )
    yield Command(
        "run.reset_counters",
        tr("Reset counters"),
        window.reset_counters,
        "Run",
        blocked=lambda: "" if window.run.session is not None else tr("Nothing is streaming."),
        aliases="drops latency zero",
    )
    yield Command(
        "run.loop",
        tr("Play files again and again"),
        window.desk.toggle_loop,
        "Run",
        checked=lambda: window.desk.loops,
        aliases="loop repeat once",
    )


def _switches(window: MainWindow) -> Iterator[Command]:
    bar = window.bar
    for name, segmented in (
        ("API", bar.api),
        ("Transport", bar.transport),
        ("Serialisation", bar.serialization),
        ("Image", bar.image),
        ("Compression", bar.compression),
    ):
        for value in segmented.values:
            yield Command(
                f"switch.{name.lower()}.{value}",
                f"{tr(name)}: {segmented.button(value).text()}",
                partial(segmented.choose, value),
                blocked=partial(_blocked, segmented, value),
                checked=partial(_is_chosen, segmented, value),
            )


def _blocked(segmented: Segmented, value: str) -> str:
    return segmented.blocked(value)


def _is_chosen(segmented: Segmented, value: str) -> bool:
    return segmented.value == value


def _layouts(window: MainWindow) -> Iterator[Command]:
    yield Command(
        "layouts.open",
        tr("Layouts..."),
        window.open_layouts,
        "Panels/layout",
        aliases="perspective save load",
    )


def _view(window: MainWindow) -> Iterator[Command]:
    for choice in ThemeChoice:
        yield Command(
            f"theme.{choice}",
            tr(f"{choice.capitalize()} theme"),
            partial(window.choose_theme, choice),
            "View/theme",
            checked=partial(_is_theme, window, choice),
        )
    yield Command(
        "theme.toggle", tr("Switch light and dark"), window.toggle_theme, keys=("Ctrl+Shift+T",)
    )
    yield Command(
        "view.full_screen",
        tr("Full screen"),
        window.toggle_full_screen,
        "View/window",
        ("F11",),
        checked=window.isFullScreen,
    )
    yield Command("view.escape", tr("Leave full screen or cancel"), window.escape, keys=("Esc",))


def _is_theme(window: MainWindow, choice: ThemeChoice) -> bool:
    return window.appearance.choice is choice


def _server(window: MainWindow) -> Iterator[Command]:
    control = window.server

    def running() -> str:
        return "" if control.state is ServerState.RUNNING else tr("The server does not run.")

    yield Command(
        "server.toggle",
        tr("Start or stop the server"),
        lambda: control.stop() if not running() else control.start(),
        "Server",
    )
    yield Command(
        "server.restart", tr("Restart the server"), control.restart, "Server", blocked=running
    )
    yield Command(
        "server.rest",
        "REST",
        lambda: control.set_rest(on=not _on(window, "rest_on")),
        "Server/doors",
        blocked=running,
        checked=lambda: _on(window, "rest_on"),
    )
    yield Command(
        "server.grpc",
        "gRPC",
        lambda: control.set_grpc(on=not _on(window, "grpc_on")),
        "Server/doors",
        blocked=running,
        checked=lambda: _on(window, "grpc_on"),
    )


def _models(window: MainWindow) -> Iterator[Command]:
    shelf = window.page.server.shelf
    yield Command(
        "models.add_repository",
        tr("Add model repository..."),
        window.add_repository,
        "Server/models",
        aliases="folder models triton",
    )
    yield Command(
        "models.load",
        tr("Load or reload the selected model"),
        shelf.load_selected,
        "Server/models",
        blocked=shelf.why_not_load,
    )
    yield Command(
        "models.unload",
        tr("Unload the selected model"),
        shelf.unload_selected,
        "Server/models",
        blocked=shelf.why_not_unload,
    )
    yield Command(
        "models.remove_repository",
        tr("Remove the selected model repository"),
        shelf.remove_selected,
        "Server/models",
        blocked=shelf.why_not_remove,
    )


def _on(window: MainWindow, name: str) -> bool:
    server = window.server.server
    return server is not None and bool(getattr(server, name))


def _help(window: MainWindow) -> Iterator[Command]:
    show_palette: Callable[[], None] = window.open_palette
    yield Command(
        "app.palette", tr("Command palette..."), show_palette, "Help", ("Ctrl+K", "Ctrl+Shift+P")
    )
    yield Command("app.shortcuts", tr("Shortcuts"), window.open_shortcuts, "Help", ("Ctrl+/",))
