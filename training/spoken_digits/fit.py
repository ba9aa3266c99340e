"""Fits the network: AdamW with one cycle of learning rate, and a running mean of the weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from training.spoken_digits.features import MADE, Scenes
from training.spoken_digits.network import FRAMES, MELS, DigitNetwork

_MEAN_DECAY = 0.995


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how strongly to fit: steps, scenes in each, and the highest learning rate.

    `recorded` is the part of the scenes that hold recordings.
    """

    steps: int
    batch: int = 128
    rate: float = 3e-3
    weight_decay: float = 0.02
    recorded: float = 0.5


def fitted(
    scenes: Scenes,
    schedule: Schedule,
    seed: int,
    start: nn.Module | None = None,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """A network fitted to the scenes, from `start` or from nothing; ready to be evaluated."""
    torch.manual_seed(seed)
    network = DigitNetwork() if start is None else copy.deepcopy(start)
    network.train()
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(
        network.parameters(), schedule.rate, weight_decay=schedule.weight_decay
    )
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.rate, total_steps=schedule.steps, pct_start=0.2
    )
    drawn = _Draw(scenes, schedule, seed)
    total = 0.0
    for step in range(1, schedule.steps + 1):
        spectrograms, classes = _mixed(*drawn.batch())
        loss = -(classes * torch.log_softmax(network(spectrograms), dim=1)).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        cycle.step()
        _take_mean(mean, network, min(_MEAN_DECAY, step / (step + 10)))
        total += float(loss.detach())
        if step % 200 == 0:
            report(f"  step {step} of {schedule.steps}, mean loss {total / 200:.3f}")
            total = 0.0
    return mean.eval()


class _Draw:
    """Random scenes, each one varied."""

    def __init__(self, scenes: Scenes, schedule: Schedule, seed: int) -> None:
        self._scenes = scenes
        self._schedule = schedule
        self._rng = np.random.default_rng(seed)
        made = scenes.speakers == MADE
        self._groups = [
            group for group in (np.flatnonzero(~made), np.flatnonzero(made)) if len(group)
        ]

    def batch(self) -> tuple[Tensor, Tensor]:
        """Spectrograms float [n, 1, mels, frames] and classes float [n, 11]."""
        size = self._schedule.batch
        first = round(size * self._schedule.recorded) if len(self._groups) > 1 else size
        sizes = (first, size - first)
        chosen = np.concatenate(
            [self._rng.choice(group, n) for group, n in zip(self._groups, sizes, strict=False)]
        )
        spectrograms = torch.from_numpy(self._scenes.spectrograms[chosen].astype(np.float32))
        classes = torch.from_numpy(self._scenes.classes[chosen].astype(np.float32))
        return _varied(spectrograms)[:, None], classes


def _varied(spectrograms: Tensor) -> Tensor:
    """From another throat, into another microphone, and partly hidden.

    The last is SpecAugment (D. S. Park et al., Interspeech 2019).
    """
    count = len(spectrograms)
    stretch = 1 + (torch.rand(count, 1) - 0.5) * 0.12
    moved = _resampled(spectrograms, stretch, (torch.rand(count, 1) - 0.5) * 4)
    knots = torch.randn(count, 1, 6) * 0.15
    colour = nn.functional.interpolate(knots, MELS, mode="linear", align_corners=True)
    floor = moved.amin(dim=(1, 2), keepdim=True)
    changed = torch.maximum(moved + colour.transpose(1, 2), floor)
    changed = changed + torch.randn_like(changed) * 0.05 * torch.rand(count, 1, 1)
    hidden = _stripes(count, MELS, 7)[:, :, None] | _stripes(count, FRAMES, 7)[:, None, :]
    hidden |= _stripes(count, MELS, 5)[:, :, None]
    middle = changed.mean(dim=(1, 2), keepdim=True)
    return torch.where(hidden, middle, changed)


def _resampled(values: Tensor, step: Tensor, shift: Tensor) -> Tensor:
    """[n, rows, columns], the rows read at `step` [n, 1] from the middle, moved by `shift`."""
    count, length, width = values.shape
    middle = length / 2
    rows = torch.arange(length)[None].float() - middle
    places = (rows * step + middle + shift).clamp(0, length - 1)
    below = places.floor().clamp(max=length - 2).long()
    part = (places - below)[:, :, None]
    index = below[:, :, None].expand(count, length, width)
    low, high = values.gather(1, index), values.gather(1, index + 1)
    return low * (1 - part) + high * part


def _stripes(count: int, length: int, widest: int) -> Tensor:
    """Which places are hidden: a stripe of 0 to `widest` in each row, bool [count, length]."""
    width = torch.randint(0, widest + 1, (count, 1))
    start = torch.randint(0, length, (count, 1))
    places = torch.arange(length)[None]
    return (places >= start) & (places < start + width)


def _mixed(spectrograms: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Some of them mixed with another (H. Zhang et al., "mixup", ICLR 2018)."""
    count = len(spectrograms)
    share = torch.distributions.Beta(0.3, 0.3).sample((count,))
    share = torch.where(torch.rand(count) < 0.3, share, torch.ones(count))
    other = torch.randperm(count)
    wide = share[:, None, None, None]
    mixed = spectrograms * wide + spectrograms[other] * (1 - wide)
    return mixed, classes * share[:, None] + classes[other] * (1 - share[:, None])


def _take_mean(mean: nn.Module, network: nn.Module, decay: float) -> None:
    with torch.no_grad():
        current = network.state_dict()
        for name, value in mean.state_dict().items():
            if value.is_floating_point():
                value.mul_(decay).add_(current[name], alpha=1 - decay)
            else:
                value.copy_(current[name])
