"""The chosen target and its models as a part of the window: dialogs, commands, and ways out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Slot

from backend.core.choices import EMBEDDED
from gui.state.models import RepositoryControl, model_offers
from gui.state.run_control import RunControl
from gui.state.server_control import ServerControl, ServerState
from gui.state.switches import offered_targets, target_title
from gui.targets.controller import TargetController
from gui.targets.dialogs import TargetDialogs
from gui.targets.fault_actions import FaultActions
from gui.targets.model_dialogs import ModelDialogs
from gui.widgets.language import tr
from gui.workspace.commands import Command
from gui.workspace.feature import Feature, Workspace


class TargetFeature(Feature):
    """Joins the controller, the dialogs and the actions against faults of a target."""

    def __init__(
        self,
        workspace: Workspace,
        controller: TargetController,
        run: RunControl,
        server: ServerControl,
        repositories: RepositoryControl,
    ) -> None:
        self.controller = controller
        self.saved = controller.saved
        self._switches = workspace.switches
        self._run = run
        self._server = server
        self._repositories = repositories
        self.dialogs = TargetDialogs(workspace, controller)
        self.model_dialogs = ModelDialogs(workspace, controller, run)
        self.fault_actions = FaultActions(workspace, controller, self.dialogs, self.model_dialogs)
        notifier = workspace.notifier
        notifier.offer_actions(self.fault_actions)
        controller.noticed.connect(notifier.show_notice)
        self.saved.noticed.connect(notifier.show_notice)
        self.saved.failed.connect(notifier.show_error)
        server.changed.connect(self._own_models_changed)
        repositories.models_changed.connect(self._own_models_changed)

    def commands(self) -> Iterator[Command]:
        """About the target, then about its models."""
        yield from self._target_commands()
        yield from self._model_commands()

    def _target_commands(self) -> Iterator[Command]:
        yield Command(
            "target.new", tr("Other server..."), self.dialogs.add, "File/choose", ("Ctrl+L",)
        )
        yield Command(
            "target.list",
            tr("Targets..."),
            self.dialogs.open_list,
            "File/choose",
            ("Ctrl+E",),
            aliases="servers add edit duplicate delete import export environments",
        )
        yield Command(
            "target.edit",
            tr("Edit this target..."),
            self.dialogs.edit_chosen,
            "File/choose",
            blocked=self._why_not_edit,
            aliases="tls token headers address dialect limits",
        )
        yield Command(
            "target.cluster",
            tr("Nodes and replicas..."),
            self.dialogs.open_cluster,
            "File/choose",
            blocked=self.dialogs.why_no_cluster,
            aliases="cluster ray serve engine load age lost",
        )
        yield Command(
            "target.probe",
            tr("Ask the target again"),
            self.controller.catalogue.refresh,
            "File/choose",
            aliases="probe refresh models",
        )

    def _model_commands(self) -> Iterator[Command]:
        yield Command(
            "model.by_name",
            tr("Model by name..."),
            self.model_dialogs.ask_model,
            "File/choose",
        )
        yield Command(
            "model.profile",
            tr("Edit profile..."),
            self.model_dialogs.open_profile,
            "File/choose",
            ("Ctrl+P",),
            blocked=self.model_dialogs.why_no_profile,
            aliases="preprocessing recipe decoder labels tensors",
        )
        yield Command(
            "model.card",
            tr("About this model..."),
            self.model_dialogs.open_card,
            "File/choose",
            ("Ctrl+I",),
            aliases="card metadata statistics load unload versions config",
        )

    def palette_entries(self) -> Iterator[Command]:
        """The models of the chosen target, then every target."""
        current, kind = self._switches.current, self._run.kind
        for offer in self.controller.offers():
            yield Command(
                f"model.use.{offer.name}",
                tr("Model: {name}", name=offer.name),
                partial(self._use_model, offer.name),
                blocked=partial(offer.why_not, kind),
                aliases=f"use {offer.description}",
            )
        for target in offered_targets(self.saved.targets[1:], current.target):
            yield Command(
                f"target.use.{target.name}",
                tr("Target: {name}", name=target_title(target)),
                partial(self._switches.choose, current.aimed_at(target)),
                aliases=f"use server {target.rest} {target.grpc}",
            )

    def begin(self) -> None:
        """Ask the target that was restored."""
        self.controller.begin()

    def close(self) -> None:
        """Ask nobody any more, neither the user nor the target."""
        self.dialogs.close()
        self.model_dialogs.close()
        self.controller.catalogue.rest()

    def _use_model(self, name: str) -> None:
        self._switches.choose(replace(self._switches.current, model=name))

    def _why_not_edit(self) -> str:
        own = self._switches.current.target.name == EMBEDDED
        return tr("The server inside this window stays as it is.") if own else ""

    @Slot()
    def _own_models_changed(self) -> None:
        server = self._server.server
        if server is None or self._server.state is not ServerState.RUNNING:
            return
        repositories = self._repositories.repositories
        folders = {
            row.name: found.root / row.name
            for found in repositories
            if found.root is not None
            for row in found.models
        }
        self.controller.set_own_offers(model_offers(server.models(), repositories), folders)
