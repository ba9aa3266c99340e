"""Make a checkout ready: ``python3 .ci/setup run`` or ``python3 .ci/setup test``.

It needs nothing but Python's standard library. Whatever is there already is left as it is, so
that a second call costs a fraction of a second.
"""

from __future__ import annotations

import sys
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.append(str(_REPOSITORY))

import environment  # noqa: E402 - after the place of what the system's part reads
import system  # noqa: E402

_OLDEST = (3, 11)


def main(purpose: str) -> int:
    """Prepare the machine and the virtual environment; 0 if all that is needed is there."""
    if sys.version_info < _OLDEST:
        print(f"Inferdeck needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        return 1
    try:
        system.prepare(for_tests=purpose == "test")
        environment.prepare(_REPOSITORY, for_tests=purpose == "test")
    except (system.NotReady, environment.NotReady) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("run", "test"):
        print("usage: python3 .ci/setup run|test", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
