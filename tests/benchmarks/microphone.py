"""What of the sound is lost while the window's thread is blocked; run it by hand:

    python -m tests.benchmarks.microphone [BLOCKS]

BLOCKS of 32 ms are recorded in a private PulseAudio; needs pulseaudio, paplay, pactl, espeak-ng.
Both figures should be 0: the seconds that the blocks' own times have and their sound has not, and
how often the device overflowed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.real_sources import pulse_microphone, speak


def main(blocks: str) -> None:
    """Record speech and print what is missing of it."""
    with TemporaryDirectory() as folder, pulse_microphone(Path(folder)) as room:
        words = speak(
            "one two three four five six seven eight nine ten", Path(folder) / "words.wav"
        )
        room.play(words)
        done = subprocess.run(
            [sys.executable, "-m", "tests.gui.devices.microphone_probe", blocks, room.name],
            env={**room.environment, "QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"missing: {found['missing_s']:.3f} s, overflows: {found['overflows']}")


if __name__ == "__main__":
    main(*sys.argv[1:] or ("300",))
