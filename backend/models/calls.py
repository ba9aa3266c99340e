"""How a model asks other models of the server that serves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from backend.core.errors import NotReady
from backend.core.inference import InferRequest
from backend.models.servable import ModelResponse

Respond: TypeAlias = Callable[[ModelResponse | None, bool], None]
"""``respond(response or None for flags only, final)``; may take a while, and does not raise."""


class Answering(Protocol):
    """Answers what models ask each other."""

    def ask(self, request: InferRequest, respond: Respond, *, decoupled: bool) -> None:
        """Begin to answer and return; an error is an answer. From any thread.

        Without `decoupled` there is exactly one answer, else any number up to a final one.
        """
        ...


class ModelCalls:
    """The way from the models of a registry to the server that runs them, while one does."""

    def __init__(self) -> None:
        self._answering: Answering | None = None

    def answer_with(self, answering: Answering | None) -> None:
        """From now on this one answers, or nobody."""
        self._answering = answering

    def ask(self, request: InferRequest, respond: Respond, *, decoupled: bool) -> None:
        """What `Answering.ask` does; raises NotReady if no server runs."""
        answering = self._answering
        if answering is None:
            raise NotReady(f"model '{request.model}' cannot be asked: the server is not running")
        answering.ask(request, respond, decoupled=decoupled)
