"""PySide6's import hook reads the source of every module that is imported after it; ours need not.

It looks for the word PySide6, to know which modules may switch to snake_case names
(`from __feature__ import snake_case`). Nothing here does, and the reading takes about half of what
an import costs, with every source kept in memory.
"""

from __future__ import annotations

import sys
from types import ModuleType

_HOOK, _LOOKS = "shibokensupport.feature", "_mod_uses_pyside"


def skip_source_scan() -> bool:
    """Let imports be; call it once PySide6 is imported. False where the hook is not as known."""
    hook = sys.modules.get(_HOOK)
    if not callable(getattr(hook, _LOOKS, None)):
        return False
    setattr(hook, _LOOKS, _no_features)
    return True


def _no_features(_module: ModuleType) -> bool:
    return False
