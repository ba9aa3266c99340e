"""Run by the Python of an environment with ``rerun-sdk[catalog]``: what Rerun has imported.

``python rerun_reading.py FILE.rrd TOPIC...`` prints counts by topic, first and last publish time in
nanoseconds, and a checksum of the pictures, as JSON. It imports nothing of this project.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys

import rerun  # type: ignore[import-not-found, unused-ignore]


def main(path: str, topics: list[str]) -> None:
    counts, times, pictures = {}, [], []
    with rerun.server.Server(datasets={"recording": [path]}) as server:
        dataset = server.client().get_dataset("recording")
        for topic in topics:
            view = dataset.filter_contents([topic]).reader(index="message_publish_time")
            table = view.to_arrow_table()
            data = table[f"{topic}:McapMessage:data"].to_pylist()
            at = table["message_publish_time"].cast("int64").to_pylist()
            counts[topic] = sum(len(each) for each in data if each)
            times += at
            if topic.startswith("/pictures/"):
                for moment, messages in zip(at, data, strict=True):
                    pictures += [(moment, bytes(message)) for message in messages or ()]
    digest = hashlib.sha256()
    for _, message in sorted(pictures):
        digest.update(base64.b64decode(json.loads(message)["data"]))
    found = {"counts": counts, "first": str(min(times)), "last": str(max(times))}
    print(json.dumps({**found, "pictures": digest.hexdigest()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
