"""The program that a Python model's process runs.

Started as a script, so that nothing of ours but what it needs is imported, and with the model's own
view of the world: our packages are hidden again before the model is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def prepare() -> Callable[[], None]:
    """Make the utilities that models import known; what serves a model."""
    root = _find_ours()
    from backend.core.process import tune_process

    tune_process()
    from backend.models.runtimes.python_child import triton_python_backend_utils
    from backend.models.runtimes.python_child.host import serve

    sys.path.remove(root)
    # A model may have a module `backend` of its own.
    for name in [name for name in sys.modules if name.partition(".")[0] == "backend"]:
        del sys.modules[name]
    for name in ("triton_python_backend_utils", "c_python_backend_utils"):
        sys.modules[name] = triton_python_backend_utils
    return serve


def _find_ours() -> str:
    """Let our packages be found; the folder they are in."""
    root = str(Path(__file__).resolve().parents[4])
    sys.path.insert(0, root)
    return root


def _be_guarded() -> None:
    """Go on in a process that another one watches over."""
    root = _find_ours()
    from backend.models.runtimes.python_child.guard import guard

    sys.path.remove(root)
    guard()


if __name__ == "__main__":
    if sys.platform == "linux":  # first of all, while there is one thread and little in memory
        _be_guarded()
    prepare()()
elif __name__ == "__mp_main__":
    # A process that the model spawned imports the model, which imports the utilities.
    prepare()
