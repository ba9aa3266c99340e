"""What can be done about a fault of a target or a request, as actions of toasts and alerts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from backend.clients.dialects.rules import Capability
from backend.core.choices import EMBEDDED, Api, ImageEncoding, Transport
from backend.core.errors import (
    InvalidInput,
    NotFound,
    NotReady,
    TargetFault,
    TargetUnreachable,
)
from backend.core.target import Target, Tls
from gui.targets.controller import TargetController
from gui.targets.dialogs import TargetDialogs
from gui.targets.model_dialogs import ModelDialogs
from gui.widgets.language import number, tr
from gui.workspace.feature import Workspace
from gui.workspace.notices import ToastAction

_SECURITY, _SIGN_IN, _LIMITS = range(3)
_CERTIFICATES = (
    TargetFault.NOT_TRUSTED,
    TargetFault.EXPIRED,
    TargetFault.NOT_YET_VALID,
    TargetFault.WRONG_NAME,
    TargetFault.CLIENT_CERTIFICATE,
)
_NOBODY = (
    TargetFault.REFUSED,
    TargetFault.UNKNOWN_HOST,
    TargetFault.NO_ANSWER,
    TargetFault.SILENT,
    TargetFault.BAD_ADDRESS,
    TargetFault.OTHER_PROTOCOL,
)


class FaultActions:
    """Knows a way out of each fault, for the target and the model in the bar."""

    def __init__(
        self,
        workspace: Workspace,
        controller: TargetController,
        dialogs: TargetDialogs,
        model_dialogs: ModelDialogs,
    ) -> None:
        self._tasks = workspace.tasks
        self._notifier = workspace.notifier
        self._switches = workspace.switches
        self._controller = controller
        self._dialogs = dialogs
        self._model_dialogs = model_dialogs

    def of_error(self, error: BaseException) -> tuple[ToastAction, ...]:
        """What can be done about an error."""
        found = self._of_kind(error)
        if isinstance(error, TargetUnreachable) and self._is_foreign:
            return (*found, ToastAction(tr("Use the local demo"), self._use_local))
        return found

    def of_fault(self, fault: TargetFault) -> tuple[ToastAction, ...]:
        """What can be done about a fault of the chosen target; nothing if it is our own server's
        alone."""
        found = self._of_request(fault)
        return found if found or not self._is_foreign else self._of_target(fault)

    @property
    def _is_foreign(self) -> bool:
        return self._switches.current.target.name != EMBEDDED

    def _of_kind(self, error: BaseException) -> tuple[ToastAction, ...]:
        fault = getattr(error, "fault", None)
        if isinstance(fault, TargetFault):
            return self.of_fault(fault)
        if isinstance(error, InvalidInput):
            return self.of_fault(TargetFault.WRONG_INPUT)
        if isinstance(error, NotFound | NotReady):
            return self.of_fault(TargetFault.NOT_LOADED)
        return ()

    def _of_target(self, fault: TargetFault) -> tuple[ToastAction, ...]:
        target = self._switches.current.target
        if fault in (TargetFault.HTTP_PORT, TargetFault.GRPC_PORT):
            return self._amending(tr("Swap the addresses"), swapped(target))
        if fault is TargetFault.SPEAKS_PLAINTEXT:
            return self._amending(tr("Turn TLS off"), secured(target, tls=None))
        if fault is TargetFault.SPEAKS_TLS:
            return self._amending(tr("Turn TLS on"), secured(target, tls=target.tls or Tls()))
        if fault in _CERTIFICATES:
            return (self._editing(tr("Choose certificates..."), _SECURITY),)
        if fault in (TargetFault.SIGN_IN, TargetFault.FORBIDDEN, TargetFault.RESTRICTED):
            return (self._editing(tr("Edit the sign-in..."), _SIGN_IN),)
        if fault is TargetFault.DEADLINE:
            longer = target.deadline_s * 2
            title = tr("Allow {seconds} s", seconds=number(longer, 0 if longer >= 10 else 1))
            return self._amending(title, replace(target, deadline_s=longer))
        if fault in _NOBODY:
            return (self._editing(tr("Edit the target..."), _SECURITY),)
        return ()

    def _of_request(self, fault: TargetFault) -> tuple[ToastAction, ...]:
        switches = self._switches.current
        if fault is TargetFault.NO_STREAM or self._ends_streams(fault):
            unary = replace(switches, transport=Transport.GRPC)
            title = tr("Use gRPC without a stream")
            return (ToastAction(title, partial(self._switches.use, unary)),)
        if fault is TargetFault.TOO_LARGE:
            actions = []
            jpeg = replace(switches, image=ImageEncoding.JPEG)
            if not self._controller.limits.image(ImageEncoding.JPEG, switches.api):
                actions.append(ToastAction(tr("Use JPEG"), partial(self._switches.use, jpeg)))
            if switches.target.name != EMBEDDED:
                actions.append(self._editing(tr("Raise the limit..."), _LIMITS))
            return tuple(actions)
        if fault is TargetFault.WRONG_INPUT and switches.api is Api.SERVING:
            tensors = replace(switches, api=Api.OIP)
            return (ToastAction(tr("Use Open Inference"), partial(self._switches.use, tensors)),)
        if fault is TargetFault.WRONG_INPUT or fault is TargetFault.MISMATCH:
            if self._model_dialogs.why_no_profile():
                return ()
            return (ToastAction(tr("Edit the profile..."), self._model_dialogs.open_profile),)
        if fault is TargetFault.NOT_LOADED:
            actions = [ToastAction(tr("About the model..."), self._model_dialogs.open_card)]
            if self._can_load():
                actions.insert(0, ToastAction(tr("Load it"), self._load))
            return tuple(actions)
        return ()

    def _ends_streams(self, fault: TargetFault) -> bool:
        """Whether a stream broke on a kind of server that is known to end streams itself."""
        report = self._controller.catalogue.report
        streams = self._switches.current.transport is Transport.GRPC_STREAM
        hint = report.rules.stream_end_hint if report is not None else ""
        return streams and bool(hint) and fault is TargetFault.BROKEN

    # -- acts ----------------------------------------------------------------------------------

    def _use_local(self) -> None:
        self._switches.choose(self._switches.current.aimed_at(Target(EMBEDDED)))

    def _amending(self, title: str, target: Target) -> tuple[ToastAction, ...]:
        old = self._switches.current.target
        return (ToastAction(title, partial(self._controller.amend, old, target)),)

    def _editing(self, title: str, tab: int) -> ToastAction:
        return ToastAction(title, partial(self._dialogs.edit_chosen, tab))

    def _can_load(self) -> bool:
        report = self._controller.catalogue.report
        return report is not None and not report.rules.why_not(
            Capability.LOAD, extensions=report.extensions
        )

    def _load(self) -> None:
        target, model = self._switches.current.target, self._switches.current.model
        controller = self._controller

        def work() -> None:
            control = controller.engine.make_control(controller.resolver.resolve(target))
            try:
                control.load(model)
            finally:
                control.close()

        self._tasks.start(
            "load-model", work, lambda _: controller.catalogue.refresh(), self._notifier.show_error
        )


def swapped(target: Target) -> Target:
    """REST at the gRPC address and the other way round."""
    scheme = "https" if target.tls is not None else "http"
    return replace(
        target,
        rest=f"{scheme}://{target.grpc}" if target.grpc else "",
        grpc=target.rest.partition("://")[2].rstrip("/"),
    )


def secured(target: Target, tls: Tls | None) -> Target:
    """With TLS, or without it, the scheme of the REST address included."""
    rest = target.rest.partition("://")[2]
    scheme = "http" if tls is None else "https"
    return replace(target, rest=f"{scheme}://{rest}" if rest else "", tls=tls)
