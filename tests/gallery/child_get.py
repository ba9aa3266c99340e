"""Fetches the made-up model in a process of its own: ``child_get ROOT MIRROR [HOW]``.

HOW is ``quota``, with no room for the whole file on the disk, or ``die``, in the moment in which
the model would be installed. Prints the state or the fault.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from backend.gallery import DownloadError
from tests.gallery.conftest import content, entry, from_github, gallery_of, wanted


def main() -> None:
    root, mirror, how = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    gallery = gallery_of(root, mirror, entry(wanted(content(), from_github())), attempts=1)
    if how == ["quota"]:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    if how == ["die"]:
        Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    try:
        print(gallery.get("tiny").state.value)
    except DownloadError as error:
        print(error.fault.value)


if __name__ == "__main__":
    main()
