"""Sources that make themselves: the test pattern, tones and noise."""

from backend.sources.generated.pattern import PATTERN, TestPattern
from backend.sources.generated.tone import TONES, Tone

KINDS = (PATTERN, *TONES)

__all__ = ["KINDS", "TestPattern", "Tone"]
