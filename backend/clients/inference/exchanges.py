"""Several requests at once by one thread, over either protocol: the least that a client can do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from backend.clients.codecs import Call, Codec, GrpcCall, RestCall, RestReply
from backend.clients.connections.grpc import OneThreadCalls, OneThreadStream
from backend.clients.connections.rest import OneThreadRest
from backend.clients.inference.grpc import GrpcInferenceClient
from backend.clients.inference.rest import RestInferenceClient
from backend.core.choices import RunSettings, Transport
from backend.core.errors import ConsoleError
from backend.core.traffic import Transfer
from backend.profiles.model_profile import ModelProfile

_POLL_S = 0.05

Outcome: TypeAlias = "RestReply | bytes | ConsoleError"


@dataclass(frozen=True, slots=True)
class Over:
    """A request that is over. `number` is None where only the reply tells: in a stream, whose
    replies have a transfer of their own."""

    number: int | None
    outcome: Outcome
    received: Transfer


class Exchanges(Protocol):
    """For one thread, beside `cancel`; the codec is that of the client it was made of."""

    def begin(self, number: int, call: Call, transfer: Transfer) -> None:
        """A request, under a number that no other under way has."""
        ...

    def wait(self) -> Iterator[Over]:
        """What is over, after some time perhaps nothing; raises ConsoleError once all is lost."""
        ...

    def cancel(self) -> None:
        """Let nobody wait; from any thread."""
        ...

    def cancel_late(self) -> None:
        """The same for what is over its deadline and would not notice; from any thread, while
        something is under way."""
        ...

    def close(self) -> None:
        """End what is under way, before the client."""
        ...


class ExchangeClient:
    """A client whose requests one thread makes and awaits; see `InferenceClient`."""

    def __init__(self, settings: RunSettings, profile: ModelProfile) -> None:
        self._streamed = settings.transport is Transport.GRPC_STREAM
        self._deadline_s = settings.reply_within_s
        self._client: GrpcInferenceClient | RestInferenceClient
        if settings.transport is Transport.REST:
            self._client = RestInferenceClient(settings, profile)
        else:
            self._client = GrpcInferenceClient(settings, profile)

    def open(self) -> Exchanges:
        """Connect; raises TargetUnreachable and the like."""
        self._client.connect()
        if isinstance(self._client, RestInferenceClient):
            return _RestExchanges(self._client.one_thread())
        calls = self._client.one_thread()
        if isinstance(calls, OneThreadStream):
            return _StreamExchanges(self._client, calls, self._deadline_s)
        return _UnaryExchanges(self._client, calls, self._deadline_s)

    @property
    def codec(self) -> Codec:
        """For the requests, once it is open."""
        return self._client.codec

    def close(self) -> None:
        """After the exchanges."""
        self._client.close()


class _RestExchanges:
    def __init__(self, calls: OneThreadRest) -> None:
        self._calls = calls
        self._transfers: dict[int, Transfer] = {}

    def begin(self, number: int, call: Call, transfer: Transfer) -> None:
        assert isinstance(call, RestCall)
        self._transfers[number] = transfer
        self._calls.begin(number, call, transfer)
        transfer.message_sent(call.message_bytes)

    def wait(self) -> Iterator[Over]:
        for number, outcome in self._calls.wait(_POLL_S):
            transfer = self._transfers[number]
            if isinstance(outcome, RestReply):
                transfer.message_received(len(outcome.body))
            yield Over(number, outcome, transfer)

    def cancel(self) -> None:
        """Nothing: waiting is in short steps."""

    def cancel_late(self) -> None:
        """Nothing: each call has its deadline."""

    def close(self) -> None:
        self._calls.close()


class _UnaryExchanges:
    def __init__(
        self, client: GrpcInferenceClient, calls: OneThreadCalls, deadline_s: float
    ) -> None:
        self._client, self._calls, self._deadline_s = client, calls, deadline_s
        self._transfers: dict[int, Transfer] = {}

    def begin(self, number: int, call: Call, transfer: Transfer) -> None:
        assert isinstance(call, GrpcCall)
        self._client.check_size(call.message)
        self._transfers[number] = transfer
        self._client.note_sent(call.message, transfer)
        self._calls.begin(number, call.message, self._deadline_s)

    def wait(self) -> Iterator[Over]:
        ended = self._calls.wait()
        transfer = self._transfers[ended.slot]
        if ended.error is None:
            self._client.note_received(ended.message, transfer)
            yield Over(ended.slot, ended.message, transfer)
        else:
            yield Over(ended.slot, self._client.explain(ended.error), transfer)

    def cancel(self) -> None:
        self._calls.cancel()

    def cancel_late(self) -> None:
        """Nothing: each call has its deadline."""

    def close(self) -> None:
        self._calls.close()


class _StreamExchanges:
    def __init__(
        self, client: GrpcInferenceClient, calls: OneThreadStream, deadline_s: float
    ) -> None:
        self._client, self._calls, self._deadline_s = client, calls, deadline_s
        self._error: ConsoleError | None = None
        self._moved_s = time.monotonic()
        self._silent = False

    def begin(self, number: int, call: Call, transfer: Transfer) -> None:  # noqa: ARG002
        assert isinstance(call, GrpcCall)
        self._client.check_size(call.message)
        self._client.note_sent(call.message, transfer)
        self._moved_s = time.monotonic()
        self._calls.send(call.message)

    def wait(self) -> Iterator[Over]:
        if self._error is not None:
            raise self._error
        ended = self._calls.wait()
        if ended.error is not None:
            explained = self._client.explain(ended.error)
            self._error = self._client.silent() if self._silent else explained
            raise self._error
        self._moved_s = time.monotonic()
        received = Transfer()
        self._client.note_received(ended.message, received)
        yield Over(None, ended.message, received)

    def cancel(self) -> None:
        self._calls.cancel()

    def cancel_late(self) -> None:
        if time.monotonic() - self._moved_s > self._deadline_s:
            self._silent = True
            self.cancel()

    def close(self) -> None:
        self._calls.close()
