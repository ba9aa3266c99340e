"""No file that LiteRT crashes on reaches the server's own process."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.models.loads import GIVEN_UP, Loads
from backend.models.runtimes.litert import trial
from backend.models.runtimes.litert.trial import Trials
from backend.models.servable import ModelLoadError
from tests.models.tflite_folders import crashing, doubled, load, write


def test_a_file_that_crashes_is_refused_with_how_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "crashes.py"
    program.write_text("import os, sys; sys.stdin.buffer.read(); os.abort()")
    monkeypatch.setattr(trial, "_PROGRAM", program)
    with pytest.raises(ModelLoadError, match=r"LiteRT crashes on the file \((SIGABRT|exit code)"):
        load(write(tmp_path / "m", doubled([1, 3])))


def test_a_file_that_the_library_crashes_on_does_no_harm(tmp_path: Path) -> None:
    """What it reads beyond its memory decides whether it crashes or notices."""
    with pytest.raises(ModelLoadError, match=r"LiteRT c(rashes on|annot load) the file"):
        load(write(tmp_path / "m", crashing()))


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\0\0\0\0TFL3" + bytes(64), b"x" * 4096])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ModelLoadError, match=r"is empty|not a valid Flatbuffer"):
        load(write(tmp_path / "m", data))


def test_a_file_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = Trials()
    first = trials.of("m", doubled([-1, 3]), 1)
    assert (first.inputs, first.outputs) == (((-1, 3),), ((-1, 3),))
    monkeypatch.setattr(Trials, "_run", lambda *_: pytest.fail("tried again"))
    assert trials.of("other", doubled([-1, 3]), 1) == first


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(ModelLoadError, match=r"did not compute the file once within 0\.001 s"):
        Trials(longest_s=0.001).of("m", doubled([1, 3]), 1)


class _Impatient(Loads):
    """Gives every load up as soon as its child runs."""

    @contextmanager
    def ended_by(self, name: str, end: Callable[[], None]) -> Iterator[None]:
        with super().ended_by(name, end):
            self.give_up(name)
            yield


def test_a_load_that_is_given_up_ends_its_trial() -> None:
    loads = _Impatient()
    trials = Trials(loads)
    with loads.running("m"), pytest.raises(ModelLoadError, match=GIVEN_UP):
        trials.of("m", doubled([1, 3]), 1)


@pytest.mark.slow
def test_files_with_changed_bytes_are_served_or_refused(tmp_path: Path) -> None:
    """Whatever is changed, this process lives."""
    chance = random.Random(3)
    whole = doubled([-1, 4])
    for number in range(12):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 2, 4])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            load(write(tmp_path / f"m{number}", bytes(data))).make_instance(0)
        except ModelLoadError as error:
            assert str(error)  # noqa: PT017 - not all are refused
