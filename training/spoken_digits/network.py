"""A small network of convolutions: a spectrogram in, the probability of each class out.

The map is not averaged in the end but weighted place by place, as in MobileFaceNets (S. Chen et
al., 2018), since it matters where in the window a word lies.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CLASSES = 11
MELS, FRAMES = 40, 51


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
    """What is exported: the network with its logits made probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Probabilities [n, 11]."""
        return torch.softmax(self.network(spectrogram), dim=1)


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
