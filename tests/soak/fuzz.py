"""Damaged inputs, by the million, to everything that reads foreign bytes.

Run by `make soak`, or by hand: `python -m tests.soak.fuzz [INPUTS] [SEED]`. Each decoder gets good
messages with a few bytes cut, changed, doubled or put in. Exits 1 if anything comes out but a value
or the error that the decoder names, if one input takes more than a second of processor time, or if
resident memory grows by more than 64 MB.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from backend.core.process import trim_memory, tune_process

tune_process()

import psutil  # noqa: E402 - after the process is tuned

from tests.soak.decoders import DECODERS, Decoder  # noqa: E402

_SLOWEST_S = 1.0
_ALLOWED_MB = 64.0
_REPORTED = 5
_WORDS = (b"NaN", b"\x00", b"\xff\xff\xff\xff", b'"', b"{", b"[", b"\\", b"\r\n", b"-1", b"1e999")


@dataclass
class Tally:
    """What became of one decoder's inputs."""

    inputs: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    wrong: int = 0


def main(inputs: int, seed: int) -> int:
    """Run and report; see the module's text for the exit code."""
    pick = random.Random(seed)
    tallies = {decoder.name: Tally() for decoder in DECODERS}
    _feed_all(inputs // 20, pick, tallies)
    warm_mb = _memory_mb()
    started = time.monotonic()
    _feed_all(inputs - inputs // 20, pick, tallies)
    seconds, grown_mb = time.monotonic() - started, _memory_mb() - warm_mb
    for name, tally in tallies.items():
        print(
            f"{name:24} {tally.inputs:8} inputs  {tally.refused:8} refused  "
            f"slowest {tally.slowest_s * 1000:7.1f} ms  {tally.wrong} wrong"
        )
    slowest = max(tally.slowest_s for tally in tallies.values())
    wrong = sum(tally.wrong for tally in tallies.values())
    total = sum(tally.inputs for tally in tallies.values())
    print(f"{total} inputs in {seconds:.0f} s, {grown_mb:+.1f} MB, {wrong} wrong")
    good = not wrong and slowest <= _SLOWEST_S and grown_mb <= _ALLOWED_MB
    print("good" if good else "NOT GOOD")
    return 0 if good else 1


def _feed_all(inputs: int, pick: random.Random, tallies: dict[str, Tally]) -> None:
    """Share the inputs out by weight: what decodes a file of media takes a hundred times longer."""
    whole = sum(decoder.weight for decoder in DECODERS)
    for decoder in DECODERS:
        for _ in range(int(inputs * decoder.weight / whole) + 1):
            _feed(decoder, damaged(pick.choice(decoder.samples), pick), tallies[decoder.name])


def _feed(decoder: Decoder, data: bytes, tally: Tally) -> None:
    started = time.thread_time()
    try:
        decoder.read(data)
    except decoder.refusals:
        tally.refused += 1
    except Exception:
        tally.wrong += 1
        if tally.wrong <= _REPORTED:
            print(f"{decoder.name} {data[:400].hex()}", file=sys.stderr)
            traceback.print_exc()
    tally.inputs += 1
    tally.slowest_s = max(tally.slowest_s, time.thread_time() - started)


def damaged(whole: bytes, pick: random.Random) -> bytes:
    """A good message with one to three faults."""
    data = bytearray(whole)
    faults: tuple[Callable[[bytearray, random.Random], None], ...] = (
        _cut, _change, _change, _flip, _insert, _double, _remove,
    )  # fmt: skip
    for _ in range(pick.choice((1, 1, 1, 2, 3))):
        pick.choice(faults)(data, pick)
    return bytes(data)


def _at(data: bytearray, pick: random.Random) -> int:
    return pick.randint(0, max(len(data) - 1, 0))


def _cut(data: bytearray, pick: random.Random) -> None:
    del data[_at(data, pick) :]


def _change(data: bytearray, pick: random.Random) -> None:
    if data:
        data[_at(data, pick)] = pick.randint(0, 255)


def _flip(data: bytearray, pick: random.Random) -> None:
    if data:
        data[_at(data, pick)] ^= 1 << pick.randint(0, 7)


def _insert(data: bytearray, pick: random.Random) -> None:
    at = _at(data, pick)
    data[at:at] = pick.choice(_WORDS)


def _double(data: bytearray, pick: random.Random) -> None:
    start = _at(data, pick)
    piece = data[start : start + pick.randint(1, 32)]
    data[start:start] = piece * pick.randint(1, 8)


def _remove(data: bytearray, pick: random.Random) -> None:
    at = _at(data, pick)
    del data[at : at + pick.randint(1, 8)]


def _memory_mb() -> float:
    trim_memory()
    return float(psutil.Process().memory_info().rss / 1e6)


if __name__ == "__main__":
    sys.exit(
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
            int(sys.argv[2]) if len(sys.argv) > 2 else 1,
        )
    )
