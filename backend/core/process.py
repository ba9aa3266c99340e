"""What every process of ours does before anything else."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
from typing import NoReturn

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -2, -3, -8
_MIB = 1024 * 1024


def tune_process() -> None:
    """Keep freed pages, shorten the GIL's switch interval, leave a core to the window, stay silent.

    Must run before cv2, grpc and onnxruntime are imported: they read the environment only then.
    """
    sys.setswitchinterval(0.001)
    threads = max(1, (os.cpu_count() or 2) - 1)
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", str(threads))
    # Media Foundation's hardware transforms make cameras take many seconds to open on Windows.
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    # FFmpeg and gRPC write to stderr on every broken connection; we report those ourselves.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # ONNX Runtime reports what it does to its maker, and its import already leaves a device id and
    # a store of events below the home folder. Children inherit this.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    _keep_freed_pages()


def trim_memory() -> None:
    """Give freed pages back to the system (glibc only): at the end of a run or a huge message."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def wait_for_end_of_input() -> None:
    """Return when nobody can write to the standard input any more: its other end has gone."""
    # Not sys.stdin: its lock, held in a read, would make the interpreter's end fail.
    while os.read(0, 4096):
        pass


def exit_at_once(code: int) -> NoReturn:
    """End the process though threads are left that nothing can stop.

    The interpreter's own end would take down what such a thread still computes with, and crash.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed, or nobody reads it
            stream.flush()
    os._exit(code)


def _keep_freed_pages() -> None:
    """Stop glibc from returning every frame's buffer to the kernel and faulting it in again."""
    libc = _glibc()
    if libc is not None:
        libc.mallopt(_M_MMAP_THRESHOLD, 1024 * _MIB)
        libc.mallopt(_M_TRIM_THRESHOLD, 1024 * _MIB)
        libc.mallopt(_M_TOP_PAD, 64 * _MIB)
        # One arena: with one for each thread, what every thread ever held at its peak is kept, and
        # a run that opens connections again and again grows by hundreds of megabytes.
        libc.mallopt(_M_ARENA_MAX, 1)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return None
    return libc if hasattr(libc, "malloc_trim") else None
