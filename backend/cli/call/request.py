"""What `call` sends: the method meant and the request that its options make."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from uuid import uuid4

from backend.cli.call.live import CallLive
from backend.clients.control import ServerControlClient
from backend.clients.dialects.known import dialect_for
from backend.clients.dialects.rules import DialectRules
from backend.clients.faults.words import at_deadline
from backend.core.choices import Serialization, Transport, why_not_serialization
from backend.core.defaults import CALL_DEADLINE_S, MIB
from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError, UsageError
from backend.core.inference import TIMING_EXTENSION
from backend.core.target import Dialect
from backend.inspector.calls import Caller, Headers, MethodKind, Request
from backend.inspector.forms import (
    AS_IN_A_RUN,
    NOTHING_LIVE,
    Live,
    TensorForm,
    parse_input,
    to_request,
)
from backend.inspector.methods import (
    Method,
    MethodList,
    Origin,
    Schema,
    known_methods,
    path_values,
    read_schema_file,
    target_methods,
)
from backend.wire.oip.grpc import MODEL_STREAM_INFER

_ID_LENGTH = 8
"""Letters of an id that nobody chose: enough to find one call in a server's log."""
_REST_CALL = re.compile(r"^([A-Za-z]+)\s+(/\S*)$")


class CallPlan:
    """Finds the method that the options mean and makes its request."""

    def __init__(self, options: argparse.Namespace, caller: Caller) -> None:
        self._options = options
        self._caller = caller
        self.headers: Headers = tuple(_header(text) for text in options.header)

    @cached_property
    def rules(self) -> DialectRules:
        """How the target speaks: as the options say, else as the target or the server says."""
        wanted = self._options.dialect
        wanted = self._caller.target.dialect if wanted is Dialect.AUTO else wanted
        if wanted is not Dialect.AUTO:
            return dialect_for(wanted)
        control = ServerControlClient(self._caller.target)
        try:
            return control.rules()
        except ConsoleError:
            return dialect_for(wanted)  # what is wrong with it, the call itself will say
        finally:
            control.close()

    @cached_property
    def schemas(self) -> list[Schema]:
        """The user's own files."""
        return [read_schema_file(path, self._options.proto_path) for path in self._options.proto]

    def listed(self) -> MethodList:
        """Every method of the target, its own description included."""
        return target_methods(
            self._caller,
            self.rules,
            files=self.schemas,
            headers=self.headers,
            prefer=_origin(self.schemas),
        )

    def method(self) -> Method:
        """The method meant."""
        return self.find(self._options.method)

    def find(self, wanted: str) -> Method:
        """The method of that name; the server is asked only if nothing else knows it."""
        if rest := _REST_CALL.match(wanted):
            return self._rest_method(rest[1].upper(), rest[2])
        known = known_methods(
            self.rules, rest=False, files=self.schemas, prefer=_origin(self.schemas)
        )
        try:
            return known.find(wanted)
        except UsageError:
            return self.listed().find(wanted)

    def infers(self) -> bool:
        """Whether the request is made of a model's inputs."""
        options = self._options
        return bool(options.input) or (bool(options.model) and not options.method)

    def inference(self) -> Request:
        """The inference that the inputs make, as the method and the serialisation want it."""
        options = self._options
        if options.json is not None:
            raise UsageError("--input makes the message; --json would make another.")
        if not options.model:
            raise UsageError("--input needs --model: inputs are those of a model.")
        given = [parse_input(text) for text in options.input]
        serialization, stream = self._serialization()
        description, extensions = self._described()
        form = TensorForm.of(description, options.version).with_inputs(given)
        form = replace(form, id=options.id or uuid4().hex[:_ID_LENGTH])
        if given:
            # What is not named is not sent: some models take one of two inputs, and their metadata
            # does not say so. Whether something is missing, the server knows.
            named = {argument.name for argument in given}
            form = replace(form, rows=tuple(row for row in form.rows if row.spec.name in named))
        if TIMING_EXTENSION in extensions and not serialization.over_rest:
            form = replace(form, parameters={TIMING_EXTENSION: True})
        return to_request(
            form.infer_request(self._live(form)),
            serialization,
            self._caller.target.name,
            stream=stream,
            headers=self.headers,
            compression=options.compression,
            deadline_s=self.deadline_s(streams=stream),
            message_limit=self.message_limit,
        )

    def _live(self, form: TensorForm) -> Live:
        if not any(row.sent and row.fill.kind in AS_IN_A_RUN for row in form.rows):
            return NOTHING_LIVE
        return CallLive(self._caller.target, self._options.source)(form.model)

    def _described(self) -> tuple[ModelDescription, Sequence[str]]:
        """The model, and what the server can do beside; the deadline holds for this too."""
        options, deadline_s = self._options, self._options.deadline
        control = ServerControlClient(self._caller.target, options.dialect, deadline_s=deadline_s)
        begun = time.monotonic()
        try:
            description = control.model_metadata(options.model, options.version)
            return description, control.server_metadata().extensions if options.timing else ()
        except ConsoleError as error:
            at, elapsed_s = self._caller.target.name, time.monotonic() - begun
            raise at_deadline(error, at, deadline_s, elapsed_s) from error
        finally:
            control.close()

    def request(self, method: Method, messages: Sequence[bytes]) -> Request:
        """The request that sends these messages."""
        names = {name.lower() for name, _ in self.headers}
        own = tuple(header for header in method.headers if header[0].lower() not in names)
        return method.request(
            self._caller.target.name,
            messages,
            path=method.filled_path(self._parts()) if method.verb else "",
            headers=(own if messages else ()) + self.headers,
            compression=self._options.compression,
            deadline_s=self.deadline_s(streams=method.kind.streams),
            message_limit=self.message_limit,
        )

    @property
    def message_limit(self) -> int:
        """Bytes of the largest message."""
        mebibytes = self._options.message_limit_mib
        return int(mebibytes) * MIB if mebibytes else self._caller.target.message_limit

    def deadline_s(self, *, streams: bool) -> float | None:
        """How long it may take; streams may take as long as they like without the option."""
        if self._options.deadline is not None:
            return float(self._options.deadline)
        return None if streams else CALL_DEADLINE_S

    def _rest_method(self, verb: str, path: str) -> Method:
        title = f"{verb} {path}"
        known = known_methods(self.rules, grpc=False).methods
        found = next((method for method in known if method.title == title), None)
        if found is None and "{" in path:
            listed = self.listed().methods
            found = next((method for method in listed if method.title == title), None)
        if found is not None:
            return found
        headers = next((m.headers for m in known if _same(m, verb, path)), ())
        return Method(
            MethodKind.REST, "REST", title, path, Origin.ROUTES, verb=verb, headers=headers
        )

    def _parts(self) -> Mapping[str, str]:
        parts = {"model": self._options.model, "version": self._options.version}
        for text in self._options.part:
            name, equals, value = text.partition("=")
            if not (name and equals):
                raise UsageError(f"Expected NAME=VALUE for --part, got '{text}'.")
            parts[name] = value
        return parts

    def _serialization(self) -> tuple[Serialization, bool]:
        """How the tensors travel, and whether in a stream."""
        chosen, method = self._options.serialization, self._options.method
        target = self._caller.target
        if not method:
            over_rest = chosen.over_rest if chosen else not target.grpc
            stream = False
        else:
            found = self.method()
            over_rest, stream = bool(found.verb), found.path == MODEL_STREAM_INFER
            if not found.pinned or (found.input is None and not over_rest):
                raise UsageError(
                    f"--input makes an inference; {found.title} is none.",
                    hint="Give its message with --json.",
                )
        default = Serialization.JSON if over_rest else Serialization.RAW
        if chosen is None:
            return default, stream
        transport = Transport.REST if over_rest else Transport.GRPC
        if reason := why_not_serialization(chosen, transport):
            raise UsageError(reason)
        return chosen, stream


def _same(method: Method, verb: str, path: str) -> bool:
    """Whether a filled path is one of the method's."""
    return method.verb == verb and path_values(method, path) is not None


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not (name.strip() and colon):
        raise UsageError(f"Expected NAME:VALUE for a header, got '{text}'.")
    return name.strip(), value.strip()


def _origin(schemas: Sequence[Schema]) -> Origin | None:
    return schemas[0].origin if schemas else None
