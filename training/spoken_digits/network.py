"""A small network of convolutions: a spectrogram in, the probability of each class out.

The map is not averaged in the end but weighted place by place, as in MobileFaceNets (S. Chen et
al., 2018), since it matters where in the window a word lies.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CLASSES = 11
MELS, FRAMES = 40, 51
PACES = (0.75, 1.0, 1.3)
"""How many times as fast a spectrogram is read."""


class DigitNetwork(nn.Module):
    """Spectrograms [n, 1, 40, 51] to logits [n, 11]."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm2d(1),
            _convolution(1, 32, 5, stride=2),
            _convolution(32, 48, 3, stride=2),
            _Residual(48),
            _convolution(48, 64, 3, stride=2),
            _Residual(64),
            nn.Conv2d(64, 128, (5, 7), groups=64, bias=False),
            nn.BatchNorm2d(128),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(128, CLASSES),
        )

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.layers(spectrograms)
        return logits


class Probabilities(nn.Module):
    """What is exported: a network that looks at every spectrogram at three paces.

    Some speak much slower or faster than anybody it has learnt from. Whether there is a digit is
    said by the spectrogram as it is; which one, by the best probability of each at any pace.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("paces", torch.stack([_at_pace(pace) for pace in PACES]))

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Spectrograms [n, 1, 40, 51] to probabilities [n, 11]."""
        at_each = [spectrogram @ self.paces[place] for place in range(len(PACES))]
        found = [torch.softmax(self.network(each), dim=1) for each in at_each]
        digits = torch.stack([each[:, :-1] for each in found]).amax(dim=0)
        nothing = found[PACES.index(1.0)][:, -1:]
        shares = digits / digits.sum(dim=1, keepdim=True)
        return torch.cat([shares * (1 - nothing), nothing], dim=1)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = _convolution(width, width, 3, stride=1)

    def forward(self, values: Tensor) -> Tensor:
        changed: Tensor = values + self.change(values)
        return changed


def _convolution(before: int, after: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


def _at_pace(pace: float) -> Tensor:
    """What a spectrogram is multiplied with to be read so fast, from its middle: [51, 51]."""
    middle = (FRAMES - 1) / 2
    places = ((torch.arange(FRAMES) - middle) * pace + middle).clamp(0, FRAMES - 1)
    away = (torch.arange(FRAMES)[:, None] - places[None]).abs()
    return (1 - away).clamp(min=0)
