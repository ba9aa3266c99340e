"""An ONNX Runtime session on the first execution provider that works, else on the CPU."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from backend.models.runtimes.onnx.placement import CPU, DIRECTML, Provider
from backend.models.runtimes.onnx.reasons import reason, why_not_loaded
from backend.models.servable import ModelLoadError

SILENT = 4
"""Only what ends the process is logged: every other error is raised, and told by us."""
_LONGEST_REASON = 500


class Engine:
    """One loaded file; `run` may be called from several threads at once.

    A provider that fails, at the start or while it computes what the CPU can compute, is left for
    the CPU, and `lacks` says so.
    """

    def __init__(
        self,
        path: Path,
        options: Callable[[], Any],
        wanted: Sequence[Provider],
        tell: Callable[[str], None],
    ) -> None:
        """Load the file; raises ModelLoadError with ONNX Runtime's reason.

        `tell` gets each of the `lacks` when it is known, from any thread.
        """
        self._path = path
        self._options = options
        self._tell = tell
        self._lacks: list[str] = []
        self._lock = threading.Lock()
        self._on_cpu: Any = None
        usable = [provider for provider in wanted if self._is_there(provider)]
        self.session = self._accelerated(usable) or self._plain()

    @property
    def providers(self) -> tuple[str, ...]:
        """The execution providers that compute now, the first first."""
        return tuple(self.session.get_providers())

    @property
    def lacks(self) -> tuple[str, ...]:
        """Why wanted providers do not compute."""
        return tuple(self._lacks)

    def run(self, method: str, outputs: list[str], feeds: dict[str, Any], options: Any) -> Any:
        """What that method of the session gives; raises what it raises on the CPU."""
        from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

        session = self.session
        try:
            return getattr(session, method)(outputs, feeds, options)
        except InvalidArgument:  # the request's fault
            raise
        except Exception as error:
            broken_off = options is not None and options.terminate
            if broken_off or tuple(session.get_providers()) == (CPU,):
                raise
            failed = error
        with self._lock:
            self._on_cpu = self._on_cpu or self._plain()
        answer = getattr(self._on_cpu, method)(outputs, feeds, options)
        with self._lock:  # the CPU can do it: it was the provider's fault
            if self.session is session:
                self._lack(session.get_providers()[0], f"it failed to compute: {reason(failed)}")
                self.session = self._on_cpu
        return answer

    def _is_there(self, provider: Provider) -> bool:
        import onnxruntime

        available = onnxruntime.get_available_providers()
        if provider.name in available:
            return True
        self._lack(provider.name, f"this ONNX Runtime has only {', '.join(available)}")
        return False

    def _accelerated(self, providers: Sequence[Provider]) -> Any:
        """On these, with the CPU for what they cannot; None if that does not start."""
        if not providers:
            return None
        options = self._options()
        if any(provider.name == DIRECTML for provider in providers):
            options.enable_mem_pattern = False  # it refuses to start with it
        try:
            session = self._session(options, providers)
        except Exception as error:  # noqa: BLE001 - its errors have no common class
            self._lack(providers[0].name, f"it failed to start: {reason(error)}")
            return self._accelerated(providers[1:])
        for provider in providers:
            if provider.name not in session.get_providers():
                self._lack(provider.name, "it did not start")
        return session

    def _plain(self) -> Any:
        try:
            return self._session(self._options(), ())
        except Exception as error:  # its errors have no common class
            raise ModelLoadError(
                f"ONNX Runtime cannot load {self._path.name}: {why_not_loaded(error)}"
            ) from error

    def _session(self, options: Any, providers: Sequence[Provider]) -> Any:
        import onnxruntime

        return onnxruntime.InferenceSession(
            str(self._path),
            options,
            providers=[*((each.name, dict(each.options)) for each in providers), CPU],
            enable_fallback=0,  # its own is silent to us, and prints
        )

    def _lack(self, provider: str, why: str) -> None:
        lack = f"{provider}: {why[:_LONGEST_REASON]}"
        self._lacks.append(lack)
        self._tell(lack)
