"""A REST call that failed as one of our errors, by what lies at its root."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from backend.clients.faults import words as faults
from backend.core.errors import TargetError
from backend.core.wording import Wording


def explain(error: Exception, at: str, deadline_s: float | None) -> TargetError:
    """What a failed call to `at` means, whatever requests and urllib3 have wrapped it in."""
    if timed_out_connecting(error):
        return faults.no_answer(at)
    if timed_out(error):
        return faults.deadline(at, deadline_s)
    causes = tuple(_causes(error))
    for cause in reversed(causes):
        if (explained := _explained_cause(cause, at)) is not None:
            return explained
    return faults.lost(at, str(causes[-1]))


def timed_out_connecting(error: BaseException) -> bool:
    """Whether there was no connection in time."""
    return any(
        # urllib3 counts a refused connection among those that were too slow.
        isinstance(one, ConnectTimeoutError) and not isinstance(one, NewConnectionError)
        for one in _causes(error)
    )


def timed_out(error: BaseException) -> bool:
    """Whether a time limit ended it."""
    late = any(isinstance(one, TimeoutError | ReadTimeoutError) for one in _causes(error))
    return late or timed_out_connecting(error)


def _explained_cause(cause: BaseException, at: str) -> TargetError | None:
    match cause:
        case socket.gaierror() | UnicodeError():
            return faults.unknown_host(at)
        case ConnectionRefusedError():
            return faults.refused(at, grpc=False)
        case http.client.IncompleteRead():
            partial: bytes | int = cause.partial  # urllib3 has their count
            size = partial if isinstance(partial, int) else len(partial)
            return faults.lost(at, f"The reply ended after {size:,} bytes.")
        case ConnectionError():
            return faults.lost(at, Wording("It was closed before the reply was complete."))
        case http.client.BadStatusLine() | http.client.LineTooLong():
            return faults.other_protocol(at, grpc=False)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, the root last."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
