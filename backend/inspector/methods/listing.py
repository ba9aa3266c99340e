"""The methods of a target: what each is called, what it takes and gives, and how to find one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor

from backend.core.choices import Compression
from backend.core.errors import UsageError
from backend.core.target import DEFAULT_MESSAGE_LIMIT
from backend.inspector.calls import Headers, MethodKind, Request
from backend.inspector.methods.schema import Origin, Schema
from backend.wire.generated.open_inference_pb2 import ModelInferResponse
from backend.wire.oip.grpc import MODEL_STREAM_INFER
from backend.wire.oip.stream_replies import is_bare

_SCATTERED = 10
_ABOUT = 20
"""Found in a method's service or description only."""
_IN_PATH = re.compile(r"{(\w+)}")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_KINDS = {
    (False, False): MethodKind.UNARY,
    (False, True): MethodKind.SERVER_STREAM,
    (True, False): MethodKind.CLIENT_STREAM,
    (True, True): MethodKind.BIDI_STREAM,
}
_INFERENCE = ("ModelInfer", "ModelStreamInfer", "Predict", "StreamPredict")
_GROUPS = {
    "inference.GRPCInferenceService": "Open Inference Protocol",
    "modelserving.v1.ModelServing": "Simple serving",
    "grpc.health.v1.Health": "Health",
}


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """One thing that can be called.

    gRPC: `service` and `name`, with the descriptors of both messages. REST: `verb` and `path`,
    whose {parts} are to be filled in, and `sample`, a body to begin with. `pinned` methods come
    first: those of inference. `offered` is False for what the server's reflection does not list,
    None if nobody knows.
    """

    kind: MethodKind
    group: str
    name: str
    path: str
    origin: Origin
    service: str = ""
    verb: str = ""
    about: str = ""
    sample: str = ""
    headers: Headers = ()
    input: Descriptor | None = None
    output: Descriptor | None = None
    pinned: bool = False
    offered: bool | None = None

    @property
    def badge(self) -> str:
        """U, S, C or B; the verb for REST."""
        return self.verb or str(self.kind)

    @property
    def title(self) -> str:
        """How it is asked for: 'inference.GRPCInferenceService/ModelInfer' or 'GET /v2'."""
        return f"{self.verb} {self.path}" if self.verb else f"{self.service}/{self.name}"

    @property
    def path_parts(self) -> tuple[str, ...]:
        """Names of what must be filled into the path of a REST route."""
        return tuple(dict.fromkeys(_IN_PATH.findall(self.path))) if self.verb else ()

    def filled_path(self, values: Mapping[str, str]) -> str:
        """The path with its parts filled in; raises UsageError that names what is missing."""
        for part in self.path_parts:
            if not values.get(part):
                raise UsageError(f"{self.title} needs the {part}.")
        return _IN_PATH.sub(lambda found: quote(values[found[1]], safe=""), self.path)

    def output_of(self, body: bytes) -> Descriptor | None:
        """The type of one reply: some servers stream inferences without the stream's wrapper."""
        if self.path == MODEL_STREAM_INFER and self.output is not None and is_bare(body):
            file = self.output.file
            bare = file.message_types_by_name.get(ModelInferResponse.DESCRIPTOR.name)
            return bare or self.output
        return self.output

    def request(
        self,
        target: str,
        messages: Sequence[bytes],
        *,
        path: str = "",
        headers: Headers = (),
        compression: Compression = Compression.NONE,
        deadline_s: float | None = None,
        message_limit: int = DEFAULT_MESSAGE_LIMIT,
    ) -> Request:
        """The request that sends these messages; `path` is the filled one of a REST route."""
        return Request(
            target,
            self.kind,
            path or self.path,
            tuple(messages),
            self.verb,
            headers,
            compression,
            deadline_s,
            message_limit,
        )


@dataclass(frozen=True, slots=True)
class MethodList:
    """Methods in the order of a list to choose from; `remarks` say what could not be read."""

    methods: tuple[Method, ...] = ()
    remarks: tuple[str, ...] = field(default=())

    def search(self, text: str) -> tuple[Method, ...]:
        """What matches every word, best first; everything in order for no words."""
        words = text.lower().split()
        if not words:
            return self.methods
        scored = [
            ([_word_score(method, word) for word in words], index)
            for index, method in enumerate(self.methods)
        ]
        found = [(scores, index) for scores, index in scored if all(scores)]
        # Weak finds are a last resort: they match too much beside real ones.
        for weak in (_ABOUT, _SCATTERED):
            if real := [(scores, index) for scores, index in found if min(scores) > weak]:
                found = real
                break
        ranked = sorted((-sum(scores), index) for scores, index in found)
        return tuple(self.methods[index] for _, index in ranked)

    def find(self, text: str) -> Method:
        """The one method called so: in full, 'VERB /path', or by its last name if that is unique.

        Raises UsageError that names the nearest ones.
        """
        wanted = text.strip().removeprefix("/")
        ways: tuple[Callable[[Method], bool], ...] = (
            lambda method: method.title == wanted,
            lambda method: method.title.replace("/", ".") == wanted.replace("/", "."),
            lambda method: bool(method.verb) and method.title.lower() == wanted.lower(),
            lambda method: method.name == wanted and not method.verb,
            lambda method: method.name.lower() == wanted.lower() and not method.verb,
        )
        for way in ways:
            found = [method for method in self.methods if way(method)]
            if len(found) == 1:
                return found[0]
            if found:
                raise UsageError(
                    f"'{text}' is the name of {len(found)} methods.",
                    hint="Say which: " + ", ".join(method.title for method in found),
                )
        raise UsageError(f"There is no method '{text}'.", hint=self._nearest(wanted))

    def _nearest(self, wanted: str) -> str:
        names = {
            method.name if not method.verb else method.title: method for method in self.methods
        }
        near = difflib.get_close_matches(wanted, names, n=3) or [
            method.title for method in self.search(wanted)[:3]
        ]
        if near:
            return f"Is it {' or '.join(near)}? --list shows all."
        return "--list shows what there is."


def methods_of(schema: Schema) -> list[Method]:
    """The methods of a schema's services, those of inference first."""
    found = [
        _method(schema, service, method)
        for service in schema.services
        for method in service.methods
    ]
    return sorted(found, key=lambda method: not method.pinned)


def merged(lists: Iterable[Iterable[Method]]) -> tuple[Method, ...]:
    """Every method once, as the first list describes it; pinned ones first of all."""
    seen: dict[str, Method] = {}
    for methods in lists:
        for method in methods:
            seen.setdefault(_IN_PATH.sub("{}", method.title), method)
    return tuple(sorted(seen.values(), key=lambda method: not method.pinned))


def _method(schema: Schema, service: ServiceDescriptor, method: MethodDescriptor) -> Method:
    name = service.full_name
    return Method(
        kind=_KINDS[method.client_streaming, method.server_streaming],
        group=_GROUPS.get(name, name),
        name=method.name,
        path=f"/{name}/{method.name}",
        origin=schema.origin,
        service=name,
        input=method.input_type,
        output=method.output_type,
        pinned=name in _GROUPS and method.name in _INFERENCE,
    )


def _word_score(method: Method, word: str) -> int:
    """Whole name, its beginning, a part's beginning, initials, inside, elsewhere, scattered."""
    name = (method.path if method.verb else method.name).lower()
    parts = [part.lower() for part in _HUMPS.findall(method.path if method.verb else method.name)]
    service = method.service.rpartition(".")[2].lower()
    everything = f"{method.title} {method.name} {method.group} {method.about}".lower()
    checks = (
        (100, name == word),
        (80, name.startswith(word) or method.verb.lower() == word),
        (60, any(part.startswith(word) for part in parts)),
        (50, "".join(part[0] for part in parts).startswith(word)),
        (60, word == service),
        (40, word in name),
        (_ABOUT, word in everything),
        (_SCATTERED, len(word) > 2 and _scattered(word, name)),
    )
    return next((score for score, matches in checks if matches), 0)


def _scattered(word: str, name: str) -> bool:
    """Whether the letters of the word are in the name in this order."""
    letters = iter(name)
    return all(letter in letters for letter in word)
