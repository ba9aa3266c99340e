"""Sources that make themselves: the test pattern, tones and noise."""

from backend.sources.generated.pattern import TestPattern
from backend.sources.generated.tone import Tone

__all__ = ["TestPattern", "Tone"]
