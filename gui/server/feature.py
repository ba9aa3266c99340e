"""The embedded server as a part of the window: its panel, its commands, and ways out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QTimer, Slot

from backend.core.errors import ConsoleError, PortInUse, TargetFault
from gui.server.panel import ServerPanel
from gui.state.models import RepositoryControl
from gui.state.server_control import ServerControl, ServerState
from gui.widgets.file_dialogs import ask_folder
from gui.widgets.language import tr
from gui.widgets.theme import Palette
from gui.workspace.commands import Command
from gui.workspace.feature import Feature, Workspace
from gui.workspace.notices import ToastAction

_PERIOD_MS = 500


class ServerFeature(Feature):
    """Joins the server, the repositories of its models, and the panel that shows both."""

    def __init__(
        self, workspace: Workspace, control: ServerControl, repositories: RepositoryControl
    ) -> None:
        self.control = control
        self.repositories = repositories
        self._workspace = workspace
        self.panel = ServerPanel(control, repositories, workspace.palette)
        self._timer = QTimer(workspace.anchor, interval=_PERIOD_MS)
        self._timer.timeout.connect(self._poll)
        notifier = workspace.notifier
        notifier.offer_actions(self)
        control.changed.connect(self._show_alerts)
        control.ready.connect(self._models_can_be_loaded)
        control.failed.connect(notifier.show_error)
        control.refused.connect(lambda error: notifier.log(str(error)))
        repositories.failed.connect(notifier.show_error)
        repositories.logged.connect(notifier.log)
        self.panel.models.folder_wanted.connect(self.add_repository)

    # -- a feature of the window ---------------------------------------------------------------

    def commands(self) -> Iterator[Command]:
        """About the server, then about the models it serves."""
        yield from self._server_commands()
        yield from self._model_commands()

    def _server_commands(self) -> Iterator[Command]:
        control = self.control
        yield Command(
            "server.toggle",
            tr("Start or stop the server"),
            lambda: control.stop() if not self._why_not_now() else control.start(),
            "Server",
        )
        yield Command(
            "server.restart",
            tr("Restart the server"),
            control.restart,
            "Server",
            blocked=self._why_not_now,
        )
        yield Command(
            "server.rest",
            "REST",
            lambda: control.set_rest(on=not self._rest_is_on()),
            "Server/endpoints",
            blocked=self._why_not_now,
            checked=self._rest_is_on,
        )
        yield Command(
            "server.grpc",
            "gRPC",
            lambda: control.set_grpc(on=not self._grpc_is_on()),
            "Server/endpoints",
            blocked=self._why_not_now,
            checked=self._grpc_is_on,
        )

    def _model_commands(self) -> Iterator[Command]:
        models = self.panel.models
        yield Command(
            "models.add_repository",
            tr("Add model repository..."),
            self.add_repository,
            "Server/models",
            aliases="folder models triton",
        )
        yield Command(
            "models.load",
            tr("Load or reload the selected model"),
            models.load_selected,
            "Server/models",
            blocked=models.why_not_load,
        )
        yield Command(
            "models.unload",
            tr("Unload the selected model"),
            models.unload_selected,
            "Server/models",
            blocked=models.why_not_unload,
        )
        yield Command(
            "models.remove_repository",
            tr("Remove the selected model repository"),
            models.remove_selected,
            "Server/models",
            blocked=models.why_not_remove,
        )

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up other colours."""
        self.panel.set_palette_roles(palette)

    def begin(self) -> None:
        """Look after the server and its requests twice a second."""
        self._timer.start()

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()

    # -- ways out ------------------------------------------------------------------------------

    def of_error(self, error: BaseException) -> tuple[ToastAction, ...]:
        """Other ports for those that are taken; a server made anew after a fault of ours."""
        if isinstance(error, PortInUse):
            return (ToastAction(tr("Use free ports"), lambda: self.control.use_ports(0, 0)),)
        if not isinstance(error, ConsoleError):
            return (ToastAction(tr("Restart server"), self.control.restart),)
        return ()

    def of_fault(self, fault: TargetFault) -> tuple[ToastAction, ...]:
        """Nothing: what is wrong with a target is a matter of the targets."""
        del fault
        return ()

    # -- what happens --------------------------------------------------------------------------

    @Slot()
    def add_repository(self) -> None:
        """Ask for a folder of models and serve them."""
        self._workspace.navigator.open_panel("server")
        self.panel.show_models()
        ask_folder(
            self._workspace.window,
            tr("Add a model repository"),
            lambda folder: self.repositories.add(Path(folder)),
        )

    @Slot()
    def _models_can_be_loaded(self) -> None:
        self.repositories.begin()
        self.repositories.look()

    @Slot()
    def _show_alerts(self) -> None:
        self._workspace.notifier.set_alerts("server", self.control.alerts())

    @Slot()
    def _poll(self) -> None:
        self.control.look()
        self.panel.poll()

    def _why_not_now(self) -> str:
        running = self.control.state is ServerState.RUNNING
        return "" if running else tr("The server does not run.")

    def _rest_is_on(self) -> bool:
        return self.control.server is not None and self.control.server.rest_on

    def _grpc_is_on(self) -> bool:
        return self.control.server is not None and self.control.server.grpc_on
