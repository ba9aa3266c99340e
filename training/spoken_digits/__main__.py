"""`python -m training.spoken_digits`: the whole way from recordings to the file that is shipped."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run the command; 2 for recordings or programs that are missing."""
    options = _options()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when numpy is imported
        os.environ.setdefault(name, str(options.threads))
    from backend.core.errors import UsageError
    from training.spoken_digits.course import Course, Paths

    paths = Paths(options.recordings, options.conversation, options.work, options.output)
    try:
        Course(paths, options.seed, options.threads).run()
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.spoken_digits",
        description="Train the network of the bundled model 'spoken_digits', measure it on "
        "speakers that it has not heard, and write it and its model card.",
    )
    parser.add_argument(
        "--recordings",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder 'recordings' of the Free Spoken Digit Dataset",
    )
    parser.add_argument(
        "--conversation",
        type=Path,
        required=True,
        metavar="FILE",
        help="sound file of people who talk, without digits; half of it is only tested with",
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=_ROOT / ".training" / "spoken_digits",
        metavar="DIR",
        help="where what takes long is kept: a run that was broken off goes on from there",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=_ROOT / "assets" / "models" / "spoken_digits.onnx",
        metavar="FILE",
        help="the network to write",
    )
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default 1)")
    parser.add_argument("--threads", type=int, default=1, help="processor cores (default 1)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
