"""Make a checkout ready: ``python3 .ci/setup run``, ``test``, or ``cluster`` for tests with Ray.

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
_PURPOSES = ("run", "test", "cluster")
_UNOBTAINABLE = 3


def main(purpose: str) -> int:
    """Prepare the machine and the virtual environment; 0 if all that is needed is there.

    3 says that packages cannot be had for this machine, 1 that something else is wrong.
    """
    if sys.version_info < _OLDEST:
        print(f"Inferdeck needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        return 1
    try:
        system.prepare(for_tests=purpose != "run")
        environment.prepare(_REPOSITORY, for_tests=purpose != "run")
        if purpose == "cluster":
            environment.prepare_cluster(_REPOSITORY)
    except (system.NotReady, environment.NotReady) as error:
        print(error, file=sys.stderr)
        return _UNOBTAINABLE if isinstance(error, environment.Unobtainable) else 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in _PURPOSES:
        print(f"usage: python3 .ci/setup {'|'.join(_PURPOSES)}", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
