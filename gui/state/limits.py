"""Which switches mean something for a target and its model, each refusal with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backend.clients.dialects.rules import AddressKind, Capability
from backend.clients.probe import ProbeReport
from backend.core.choices import (
    EMBEDDED,
    Api,
    Compression,
    ImageEncoding,
    Serialization,
    Transport,
)
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile
from gui.state.switches import Switches, target_title
from gui.widgets.language import spoken, tr

_OURS = "inferdeck"


@dataclass(frozen=True, slots=True)
class SwitchLimits:
    """What is known against a switch; nothing is, as long as nothing was asked."""

    target: Target = Target(EMBEDDED)
    report: ProbeReport | None = None
    profile: ModelProfile | None = None

    def api(self, api: Api) -> str:
        """Why this interface cannot be spoken, or ''."""
        if api is Api.OIP:
            return ""
        report = self._answer()
        if report is not None and report.server_name.lower() != _OURS:
            return tr(
                "{server} has no simple serving; it speaks the Open Inference Protocol.",
                server=_who(report),
            )
        return ""

    def transport(self, transport: Transport) -> str:
        """Why requests cannot travel so, or ''."""
        if self.target.name != EMBEDDED and not _address(self.target, transport):
            endpoint = "gRPC" if transport.is_grpc else "REST"
            title = target_title(self.target)
            return tr("{target} has no {endpoint} address.", target=title, endpoint=endpoint)
        report = self._answer()
        if report is None:
            return ""
        endpoint_report = report.grpc if transport.is_grpc else report.rest
        if endpoint_report is not None and endpoint_report.fault is not None:
            return spoken(endpoint_report.fault.message)
        if transport is Transport.GRPC_STREAM:
            return report.rules.why_not(
                Capability.STREAM, address=AddressKind.GRPC, extensions=report.extensions or None
            )
        return ""

    def serialization(self, serialization: Serialization) -> str:
        """Why tensors cannot be written so, or ''."""
        report = self._answer()
        if (
            report is None
            or serialization is not Serialization.BINARY
            or report.binary is not False
        ):
            return ""
        return tr("{server} takes no tensors as bytes over REST.", server=_who(report))

    def compression(self, compression: Compression, transport: Transport) -> str:
        """Why messages cannot be compressed so, or ''."""
        report = self._answer()
        if report is None or compression is Compression.NONE or transport.is_grpc:
            return ""
        return report.rules.why_not(Capability.REST_GZIP, address=AddressKind.REST)

    def image(self, encoding: ImageEncoding, api: Api) -> str:
        """Why pictures cannot be written so for the model, or ''."""
        return self.profile.why_not_image(encoding, api) if self.profile is not None else ""

    def fitted(self, switches: Switches) -> tuple[Switches, tuple[str, ...]]:
        """The nearest switches that this target can do, and the reasons for each change."""
        reasons = []
        if reason := self.api(switches.api):
            reasons.append(reason)
            switches = replace(switches, api=Api.OIP)
        if reason := self.transport(switches.transport):
            able = [transport for transport in _order(switches) if not self.transport(transport)]
            if able:
                reasons.append(reason)
                switches = replace(switches, transport=able[0])
        if reason := self.serialization(switches.rest_serialization):
            if not switches.transport.is_grpc:
                reasons.append(reason)
            switches = replace(switches, rest_serialization=Serialization.JSON)
        if reason := self.compression(switches.compression, switches.transport):
            reasons.append(reason)
            switches = replace(switches, compression=Compression.NONE)
        return switches, tuple(reasons)

    def _answer(self) -> ProbeReport | None:
        """What a server that was met said of itself."""
        return self.report if self.report is not None and self.report.answers else None


def _order(switches: Switches) -> tuple[Transport, ...]:
    """The transports from the likest to the one that cannot be."""
    if switches.transport.is_grpc:
        return (Transport.GRPC, Transport.GRPC_STREAM, Transport.REST)
    return (Transport.REST, Transport.GRPC_STREAM, Transport.GRPC)


def _address(target: Target, transport: Transport) -> str:
    return target.grpc if transport.is_grpc else target.rest


def _who(report: ProbeReport) -> str:
    generic = not report.rules.server_names or report.server_name.lower() not in (
        report.rules.server_names
    )
    return (report.server_name or tr("This server")) if generic else report.rules.title
