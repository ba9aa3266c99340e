"""When somebody speaks in the test data's minute of conversation, as silero-vad hears it.

Its published ONNX model was run over conversation_60s.wav, 512 samples at a time with the 64
before them. A span is where the probability is above 0.5, joined over gaps under 0.1 s; spans
under 0.1 s are left out. They are another detector's opinion, not a person's.
"""

from __future__ import annotations

SPEECH_SPANS_S: tuple[tuple[float, float], ...] = (
    (0.03, 2.02),
    (2.69, 4.64),
    (4.99, 6.85),
    (9.34, 13.28),
    (13.57, 15.07),
    (15.36, 15.84),
    (16.32, 17.89),
    (18.4, 19.58),
    (20.35, 28.54),
    (28.7, 32.54),
    (32.74, 35.55),
    (35.78, 37.6),
    (37.98, 38.91),
    (39.9, 43.26),
    (43.65, 44.61),
    (45.06, 46.75),
    (48.86, 49.95),
    (51.1, 53.44),
    (53.57, 54.21),
    (54.5, 57.38),
    (57.54, 59.55),
)
"""Start and end of each stretch of speech, in seconds."""


def speech_s(start_s: float, end_s: float) -> float:
    """Seconds of speech between two times."""
    return sum(max(0.0, min(end, end_s) - max(start, start_s)) for start, end in SPEECH_SPANS_S)
