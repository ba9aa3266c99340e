"""The steps of training, each of which leaves a file, so that a run can go on where it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from training.spoken_digits import corpus, report
from training.spoken_digits.export import export
from training.spoken_digits.features import MADE, Amounts, Scenes, scenes
from training.spoken_digits.fit import Schedule, fitted
from training.spoken_digits.measure import (
    confusion,
    false_alarms_per_minute,
    heard_in_stream,
)
from training.spoken_digits.network import DigitNetwork, Probabilities

_FIRST = Schedule(steps=600)
_THEN = Schedule(steps=450, rate=2e-3)


@dataclass(frozen=True, slots=True)
class Paths:
    """What is read, where what takes long is kept, and what is written."""

    recordings: Path
    conversation: Path
    work: Path
    output: Path


class Course:
    """Learns from made voices first, then also from recordings.

    The second half is done once without each of the speakers, who is then tested with, and once
    with all of them, which is what ships.
    """

    def __init__(self, paths: Paths, seed: int, threads: int) -> None:
        self._paths = paths
        self._seed = seed
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(mode=True)

    def run(self) -> None:
        """All of it, with a line on every step."""
        paths = self._paths
        recorded = corpus.recordings(paths.recordings)
        talk, unheard_talk = corpus.conversation(paths.conversation)
        print("making scenes", flush=True)
        made = scenes(paths.work, recorded, talk, Amounts(), self._seed)
        print(f"{len(made.speakers)} scenes", flush=True)
        first = self._network("made", lambda: fitted(_made_only(made), _FIRST, self._seed))
        results = []
        for speaker in sorted({word.speaker for word in recorded}):
            fit = self._then(f"without-{speaker}", made.without(speaker), first)
            network = Probabilities(fit).eval()
            own = [word for word in recorded if word.speaker == speaker]
            results.append(
                report.SpeakerResult(
                    speaker,
                    confusion(network, own),
                    heard_in_stream(network, own, self._seed),
                    false_alarms_per_minute(network, unheard_talk),
                )
            )
            print(f"{speaker}: {results[-1].accuracy:.1%}, {results[-1].stream}", flush=True)
        fit = self._then("all", made, first)
        final = Probabilities(fit).eval()
        difference = export(final, paths.output)
        outcome = report.Outcome(
            tuple(results), false_alarms_per_minute(final, unheard_talk), difference
        )
        report.write(outcome, paths.output.stat().st_size, _parameters(fit))

    def _then(self, name: str, made: Scenes, first: nn.Module) -> nn.Module:
        return self._network(name, lambda: fitted(made, _THEN, self._seed, start=first))

    def _network(self, name: str, fit: Callable[[], nn.Module]) -> nn.Module:
        """The one that was kept under this name, or a new one, which is then kept."""
        path = self._paths.work / f"{name}.pt"
        print(f"fitting '{name}'", flush=True)
        if not path.is_file():
            torch.save(fit().state_dict(), path)
        network = DigitNetwork()
        network.load_state_dict(torch.load(path, weights_only=True))
        return network.eval()


def _made_only(made: Scenes) -> Scenes:
    kept = made.speakers == MADE
    return Scenes(made.spectrograms[kept], made.classes[kept], made.speakers[kept])


def _parameters(network: nn.Module) -> int:
    return sum(value.numel() for value in network.parameters())
