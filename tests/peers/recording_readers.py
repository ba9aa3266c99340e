"""Whether another implementation of the format finds in recordings what ours does.

``python -m tests.peers.recording_readers NODE_FOLDER FILE...``, where NODE_FOLDER is one in which
``npm install @mcap/core fzstd`` was run. Prints a line for each file and way of reading; exits with
1 if counts, times or bytes of pictures differ.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from mcap.records import Channel, Message

from backend.wire.recording.records import Unfinished, read_records

_SCRIPT = Path(__file__).with_name("mcap_core.mjs")


def ours(path: Path) -> dict[str, Any]:
    """Counts by topic, first and last moment, and a checksum of the pictures, as read here."""
    topics: dict[int, str] = {}
    counts: Counter[str] = Counter()
    times: list[int] = []
    pictures = hashlib.sha256()
    with path.open("rb") as file:
        try:
            for record in read_records(file):
                match record:
                    case Channel():
                        topics[record.id] = record.topic
                    case Message():
                        topic = topics[record.channel_id]
                        counts[topic] += 1
                        times.append(record.publish_time)
                        if topic.startswith("/pictures/"):
                            data = json.loads(record.data)["data"]
                            pictures.update(base64.b64decode(data))
        except Unfinished:
            pass
    return {
        "counts": dict(counts),
        "first": str(min(times)),
        "last": str(max(times)),
        "pictures": pictures.hexdigest(),
    }


def theirs(folder: Path, path: Path, way: str) -> dict[str, Any]:
    """The same, as the npm package reads it."""
    script = Path(shutil.copy(_SCRIPT, folder))
    done = subprocess.run(
        ["node", str(script), str(path), way], capture_output=True, text=True, check=True
    )
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def main(arguments: list[str]) -> int:
    """Compare every file both ways; an unfinished one has no index."""
    folder, *paths = map(Path, arguments)
    differ = 0
    for path in paths:
        expected = ours(path)
        for way in ("indexed", "stream"):
            try:
                found = theirs(folder, path, way)
            except subprocess.CalledProcessError as error:
                print(f"{path.name} {way}: refused: {error.stderr.strip().splitlines()[-1]}")
                continue
            same = found == expected
            differ += not same
            total = sum(expected["counts"].values())
            print(f"{path.name} {way}: {'same' if same else f'{found} for {expected}'}, {total}")
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
