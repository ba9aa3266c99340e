"""The process between the server and a Python model: it sees to it that nothing outlives the model.

Linux only. A process that a model starts may leave its group and session, and its parent may be
gone; here it still comes back to the guard (PR_SET_CHILD_SUBREAPER), which ends it. Elsewhere the
server ends the model's process group, or what Windows knows as its tree.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import time
from pathlib import Path
from typing import NoReturn

_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36
_OURS = frozenset({signal.SIGTERM, signal.SIGCHLD})
_PATIENCE_S = 4.0
"""How long the model may go on when the server is gone; a little over what it takes itself."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.002, 0.5
_LONGEST_END_S = 10.0
"""A process that waits for a disk or a driver cannot be ended before that answers."""


def guard() -> None:
    """Go on in a new process, watched over by this one, which never returns from here.

    Must be called while the process has one thread. The guard ends the model, and everything that
    it has started, on SIGTERM, some time after the server has gone (standard input is closed), and
    when the model has ended; then it ends as the model has.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
    _process_control(_SET_CHILD_SUBREAPER, 1)
    own = os.getpid()
    model = os.fork()
    if model:
        _watch(model)
    _process_control(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != own:
        os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)


def _process_control(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _watch(model: int) -> NoReturn:
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])  # the model's, not ours
    os.close(1)  # the server sees the end of the conversation when the model closes it
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    end_requested = False

    def note(_number: int, _frame: object) -> None:
        nonlocal end_requested
        end_requested = True

    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
    status = _reap(model)
    server = _Server(woken)
    while status is None and not end_requested and not server.gone_for(_PATIENCE_S):
        status = _reap(model)
    _end_as(_end_all(model, status))


class _Server:
    """Waits for signals, and for the server's end of standard input to be closed."""

    def __init__(self, woken: int) -> None:
        self._woken = woken
        self._gone_since: float | None = None
        self._poll = select.poll()
        self._poll.register(woken, select.POLLIN)
        self._poll.register(0, 0)  # only its end: what is written there is for the model

    def gone_for(self, seconds: float) -> bool:
        """Wait for something to happen; True if the server has been gone for so long."""
        left_s = None
        if self._gone_since is not None:
            left_s = max(0.0, self._gone_since + seconds - time.monotonic())
        for descriptor, _ in self._poll.poll(None if left_s is None else left_s * 1000):
            if descriptor == self._woken:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            else:
                self._gone_since = time.monotonic()
                self._poll.unregister(0)
        since = self._gone_since
        return since is not None and time.monotonic() - since >= seconds


def _reap(model: int) -> int | None:
    """Take note of every child that has ended; how the model has, if it is among them."""
    status = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, ended = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if pid == model:
                status = ended
    return status


def _end_all(model: int, status: int | None) -> int:
    """End the model and every process that comes from it; how the model ended."""
    pause_s, until = _FIRST_PAUSE_S, time.monotonic() + _LONGEST_END_S
    while True:
        left = _descendants()
        if not left or time.monotonic() > until:
            return signal.SIGKILL if status is None else status
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        ended = _reap(model)
        status = status if ended is None else ended


def _descendants() -> list[int]:
    """Every process that comes from this one, zombies included: they are still to be reaped."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name, in brackets, may hold anything.
                rest = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
                children.setdefault(int(rest[1]), []).append(int(entry.name))
    found: list[int] = []
    new = children.get(os.getpid(), [])
    while new:
        found += new
        new = [child for pid in new for child in children.get(pid, [])]
    return found


def _end_as(status: int) -> NoReturn:
    """End in the way that the model did, so that the server sees it."""
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        time.sleep(1)  # it takes effect at once
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
