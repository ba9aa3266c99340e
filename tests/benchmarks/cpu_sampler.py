"""Stacks of one thread, one for so much CPU time of it, taken without the interpreter's lock.

A timer of the system counts the thread's own CPU time and signals that very thread, whose handler
(`faulthandler`, in C) writes down what is on its stack. A sampler in a Python thread would wait for
the lock, and see the watched thread only where it lets go of it: never in the middle of its work.
Linux only.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import re
import signal
import threading
import time

_EVERY_S = 0.002
_SIGNAL = signal.SIGUSR2
_CALL = re.compile(r'File "(.*?)(?:\.py)?", line \d+ in (\S+)')
_THREAD_CPU_CLOCK, _TO_THAT_THREAD = 3, 4


class _Event(ctypes.Structure):
    """`struct sigevent`, of 64 bytes."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("thread", ctypes.c_int),
        ("rest", ctypes.c_byte * 44),
    )


class _Interval(ctypes.Structure):
    """`struct itimerspec`: seconds and nanoseconds, of the interval and to the first time."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("every", "every_ns", "first", "first_ns"))


class CpuSampler:
    """Samples the thread that makes it; `start` and `stop` may be called on any."""

    def __init__(self) -> None:
        self.cpu_s = self.process_s = self.wall_s = 0.0
        self.stacks: list[list[str]] = []
        """Innermost first, each call as /path/module.function."""
        self._file = os.memfd_create("stacks")
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        faulthandler.register(_SIGNAL, self._file, all_threads=False)
        self._library = ctypes.CDLL(None, use_errno=True)
        self._timer = ctypes.c_void_p()
        event = _Event(signal=_SIGNAL, notify=_TO_THAT_THREAD, thread=threading.get_native_id())
        self._call(
            "timer_create", _THREAD_CPU_CLOCK, ctypes.byref(event), ctypes.byref(self._timer)
        )

    def start(self) -> None:
        """Begin."""
        self._began = self._now()
        self._set_interval(int(_EVERY_S * 1e9))

    def stop(self) -> None:
        """End, and work out what was seen."""
        self._set_interval(0)
        spent = [now - then for now, then in zip(self._now(), self._began, strict=True)]
        self.wall_s, self.cpu_s, self.process_s = spent
        told = os.pread(self._file, os.fstat(self._file).st_size, 0).decode(errors="replace")
        self.stacks = [
            [f"{path}.{function}" for path, function in _CALL.findall(stack)]
            for stack in told.split("most recent call first):")[1:]
        ]

    def _now(self) -> tuple[float, float, float]:
        return time.monotonic(), time.clock_gettime(self._clock), time.process_time()

    def _set_interval(self, nanoseconds: int) -> None:
        interval = _Interval(0, nanoseconds, 0, nanoseconds)
        self._call("timer_settime", self._timer, 0, ctypes.byref(interval), None)

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._library, name)(*arguments):
            raise OSError(ctypes.get_errno(), f"{name} failed")
