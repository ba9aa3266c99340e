"""What the library of the format reads in a recording, whole and unfinished."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from mcap.exceptions import EndOfFile
from mcap.reader import NonSeekingReader, make_reader

from backend.wire.recording.channels import CHANNELS
from tests.wire.recording.recorded import answered, frame, record


@pytest.mark.parametrize("jpeg", [False, True])
def test_counts_times_and_bytes_are_the_same(tmp_path: Path, jpeg: bool) -> None:
    path = record(tmp_path / "a.mcap", answered(7, jpeg=jpeg))
    topic = "/pictures/encoded" if jpeg else "/pictures/raw"
    counts: Counter[str] = Counter()
    with path.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        summary = reader.get_summary()
        for _, channel, message in reader.iter_messages():
            counts[channel.topic] += 1
            if channel.topic == topic:
                original = frame(message.sequence, jpeg=jpeg)
                expected = original.file.data if original.file else original.pixels.tobytes()
                value = json.loads(message.data)
                assert base64.b64decode(value["data"]) == expected
                at_ns = value["timestamp"]["sec"] * 10**9 + value["timestamp"]["nsec"]
                assert at_ns == message.publish_time
                assert at_ns == original.captured_ns + 1_700_000_000_000_000_000
    assert counts[topic] == counts["/predictions"] == counts["/annotations"] == 7
    assert counts["/samples"] == counts["/timelines"] == 7
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == counts.total()


def test_an_unfinished_one_is_read_from_its_beginning(tmp_path: Path) -> None:
    data = record(tmp_path / "a.mcap", answered(30)).read_bytes()
    half = io.BytesIO(data[: len(data) // 2])
    seen = 0
    with suppress(EndOfFile, struct.error):
        for _ in NonSeekingReader(half).iter_messages(log_time_order=False):
            seen += 1
    assert seen > 30


def test_every_message_is_what_its_schema_says(tmp_path: Path) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    path = record(tmp_path / "a.mcap", [*answered(2), *answered(2, jpeg=True)])
    with path.open("rb") as stream:
        for schema, channel, message in make_reader(stream).iter_messages():
            assert schema is not None
            assert (schema.encoding, channel.message_encoding) == ("jsonschema", "json")
            validator(json.loads(schema.data)).validate(json.loads(message.data))


def test_schemas_have_no_references(tmp_path: Path) -> None:
    for kind in CHANNELS:
        text = kind.schema_text().decode()
        assert "$ref" not in text
        assert json.loads(text)["title"] == kind.schema
