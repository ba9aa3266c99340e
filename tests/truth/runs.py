"""Runs over a few frames, whose readings are then compared with somebody else's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.core.choices import RunSettings
from backend.core.flow import Policy
from backend.core.samples import Captured, Frame
from backend.core.status import RunState
from backend.profiles.bundled import profile_for
from backend.profiles.model_profile import ModelProfile
from backend.session.run.live import Session
from backend.sources.source import Source
from tests.balance import is_balanced
from tests.session.list_source import ListSource
from tests.truth.outcomes import Outcomes
from tests.waiting import wait_for

RUN_S = 60.0


def frames(count: int, *, width: int = 320, height: int = 240) -> list[Captured]:
    """Pictures that compress to about half, each like the others."""
    pixels = np.random.default_rng(5).integers(0, 16, (height, width, 3), np.uint8)
    return [Frame(seq, 0, pixels) for seq in range(count)]


def named(model: str) -> ModelProfile:
    """The profile of `identity` under another name."""
    return replace(profile_for("identity"), model=model)


def session_of(settings: RunSettings, source: Source, outcomes: Outcomes) -> Session:
    """A run of `settings.model` that tells its outcomes; not started yet."""
    session = Session(settings, source, profiles=lambda wanted: named(wanted.model))
    session.subscribe(outcomes, Policy.EVERY, "outcomes")
    return session


def run_through(settings: RunSettings, items: list[Captured]) -> tuple[Session, Outcomes]:
    """A run over all of the items, to its end."""
    outcomes = Outcomes()
    session = session_of(settings, ListSource(items), outcomes)
    session.start()
    assert session.join(RUN_S)
    assert session.status().state is RunState.FINISHED
    check_books(session, outcomes)
    return session, outcomes


def run_until(session: Session, outcomes: Outcomes, enough: dict[str, int]) -> None:
    """Run until so many samples had each outcome, then stop."""
    session.start()
    try:
        wait_for(lambda: all(outcomes.counted()[name] >= number for name, number in enough.items()))
    finally:
        session.request_stop()
        assert session.join(RUN_S)
    check_books(session, outcomes)


def check_books(session: Session, outcomes: Outcomes) -> None:
    """What readers were told of every sample is what the ledger counted."""
    counts = session.status().counts
    assert is_balanced(counts)
    told = outcomes.counted()
    assert told.pop("answered", 0) == counts.answered
    assert told.pop("failed", 0) == counts.failed
    assert dict(told) == {str(place): number for place, number in counts.dropped.items()}
    assert sorted(outcomes.of) == list(range(counts.captured))
