"""What may differ from server to server, as data that codecs and clients ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from backend.core.errors import InvalidInput, TargetFault, Unsupported
from backend.core.inference import Parameters
from backend.core.target import Dialect
from backend.core.tensors import Datatype, Tensor

_INT64_MIN, _INT64_MAX = -(1 << 63), (1 << 63) - 1


INFERENCE_METHODS = (
    "ServerLive",
    "ServerReady",
    "ModelReady",
    "ServerMetadata",
    "ModelMetadata",
    "ModelInfer",
)
"""The methods of GRPCInferenceService that belong to no extension."""
LOAD_METHODS = ("RepositoryModelLoad", "RepositoryModelUnload")


class AddressKind(StrEnum):
    """Which of a server's two addresses is meant."""

    REST = "rest"
    GRPC = "grpc"


class StreamReplies(StrEnum):
    """The message type of a stream's replies."""

    NONE = "none"
    """There is no stream."""
    WRAPPED = "wrapped"
    """ModelStreamInferResponse, unless the tags show a bare ModelInferResponse."""
    BARE = "bare"
    """ModelInferResponse itself."""


class NotFinite(StrEnum):
    """What a server does with NaN and infinite numbers in JSON."""

    TOKENS = "tokens"
    """Reads and writes the bare tokens NaN and Infinity."""
    NULL = "null"
    """Writes null, and does not read the tokens."""
    REFUSED = "refused"
    """Takes neither."""


class Versions(StrEnum):
    """Which texts a REST path may name as a model's version."""

    NUMBERS = "numbers"
    ANY = "any"
    NONE = "none"


class LoadMessages(StrEnum):
    """How the repository's gRPC requests are numbered."""

    TRITON = "triton"
    """repository_name=1, model_name=2, parameters=3."""
    KSERVE = "kserve"
    """model_name=1 and nothing else."""


class ModelLists(StrEnum):
    """Where REST lists the models."""

    REPOSITORY_INDEX = "repository_index"
    """POST /v2/repository/index."""
    NAMES = "names"
    """GET /v2/models with their names only."""
    CONFIG = "config"
    """GET /v1/config with versions and states."""


class Capability(StrEnum):
    """What a server may be able to do beyond the protocol's core."""

    STREAM = "stream"
    REST_GZIP = "rest_gzip"
    VERSIONS = "versions"
    INDEX = "index"
    LOAD = "load"
    LOAD_CONFIG = "load_config"
    CONFIG = "config"
    STATISTICS = "statistics"
    LOGGING = "logging"
    TRACE = "trace"
    SHARED_MEMORY = "shared_memory"
    CLASSIFICATION = "classification"
    SEQUENCES = "sequences"
    DECOUPLED = "decoupled"
    REFLECTION = "reflection"
    HEALTH = "health"
    TIMING = "timing"


_EXTENSIONS: dict[Capability, str] = {
    Capability.INDEX: "model_repository",
    Capability.LOAD: "model_repository",
    Capability.LOAD_CONFIG: "model_repository",
    Capability.CONFIG: "model_configuration",
    Capability.STATISTICS: "statistics",
    Capability.LOGGING: "logging",
    Capability.TRACE: "trace",
    Capability.SHARED_MEMORY: "system_shared_memory",
    Capability.CLASSIFICATION: "classification",
    Capability.SEQUENCES: "sequence",
    Capability.TIMING: "inferdeck_timing",
}
"""The name by which a server that lists its extensions offers a capability."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something a server cannot do, and why; at one address only, or at both."""

    capability: Capability
    reason: str
    address: AddressKind | None = None


@dataclass(frozen=True, slots=True)
class DialectRules:
    """How one kind of server speaks.

    `server_names`: what it calls itself in its metadata, in lower case.
    `methods`: those of GRPCInferenceService that it has, () for all.
    `stream_ids`: whether a stream's reply carries the id of its own request; where it does not,
    replies come in the order of the requests.
    `stream_end_hint`: why a server that is well may end a stream.
    `wide_parameters`: whether parameters may be floating-point or unsigned 64-bit numbers.
    `missing_datatypes`: those of the protocol that it does not know.
    `lists_extensions`: whether what its metadata does not list is not there.
    `keeps_declarations`: whether it holds a model to the outputs it declares; elsewhere these are
    written by hand, and the model may give others.
    `state_prefix`: what stands before a model's state in some replies.
    """

    dialect: Dialect
    title: str
    server_names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    stream_replies: StreamReplies = StreamReplies.WRAPPED
    stream_ids: bool = True
    stream_end_hint: str = ""
    wide_parameters: bool = True
    missing_datatypes: tuple[Datatype, ...] = ()
    not_finite: NotFinite = NotFinite.REFUSED
    versions: Versions = Versions.NUMBERS
    load_messages: LoadMessages = LoadMessages.TRITON
    model_lists: ModelLists = ModelLists.REPOSITORY_INDEX
    lists_extensions: bool = False
    keeps_declarations: bool = True
    state_prefix: str = "State."
    lacks: tuple[Lack, ...] = ()

    def why_not(
        self,
        capability: Capability,
        *,
        address: AddressKind | None = None,
        extensions: Collection[str] | None = None,
    ) -> str:
        """Why this server cannot do that, or '' if nothing is known against it.

        `extensions` is what its metadata lists, None if that is not known; without an `address`
        a lack counts only if it is of both.
        """
        for lack in self.lacks:
            if lack.capability is capability and lack.address in (None, address):
                return lack.reason
        name = _EXTENSIONS.get(capability)
        if self.lists_extensions and extensions is not None and name and name not in extensions:
            return f"The server does not list the extension '{name}'."
        return ""

    def check_parameters(self, parameters: Parameters) -> None:
        """Raise InvalidInput for a parameter that this server's messages have no field for."""
        if self.wide_parameters:
            return
        for name, value in parameters.items():
            if isinstance(value, float):
                kind = "a floating-point number"
            elif isinstance(value, int) and not _INT64_MIN <= value <= _INT64_MAX:
                kind = "an integer above 63 bits"
            else:
                continue
            raise InvalidInput(
                f"Parameter '{name}' is {value}, {kind}: {self.title} has no parameters of "
                "that kind over gRPC and would take it for missing.",
                hint="Send it as text, or over REST.",
            )

    def check_datatypes(self, tensors: Iterable[Tensor]) -> None:
        """Raise InvalidInput for a tensor of a datatype that this server does not know."""
        if not self.missing_datatypes:
            return
        for tensor in tensors:
            if tensor.datatype in self.missing_datatypes:
                raise InvalidInput(
                    f"Input '{tensor.name}' is {tensor.datatype}, which {self.title} does not know."
                )

    def state(self, text: str) -> str:
        """A model's state as the protocol writes it, such as READY."""
        return text.removeprefix(self.state_prefix).upper()


def check_can(
    rules: DialectRules,
    capability: Capability,
    *,
    address: AddressKind | None = None,
    hint: str = "",
) -> None:
    """Raise Unsupported with the reason if this kind of server cannot do that."""
    if reason := rules.why_not(capability, address=address):
        error = Unsupported(reason, hint=hint)
        streams = capability is Capability.STREAM
        error.fault = TargetFault.NO_STREAM if streams else TargetFault.NOT_OFFERED
        raise error
