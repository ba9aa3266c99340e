"""Names of the points that MediaPipe's models of faces and hands find, in the models' order.

Right and left are the person's own.
"""

from __future__ import annotations

BLAZEFACE_POINTS = (
    "right eye", "left eye", "nose tip", "mouth centre", "right ear tragion", "left ear tragion",
)  # fmt: skip

PALM_POINTS = (
    "wrist", "index finger base", "middle finger base", "ring finger base", "little finger base",
    "thumb root", "thumb base",
)  # fmt: skip

FINGERS = ("index", "middle", "ring", "little")
FINGER_PARTS = ("base", "knuckle", "joint", "tip")

HAND_POINTS = (
    "wrist",
    "thumb root", "thumb base", "thumb joint", "thumb tip",
    *(f"{finger} finger {part}" for finger in FINGERS for part in FINGER_PARTS),
)  # fmt: skip
"""The 21 points of a hand, from the wrist to the tip of the little finger."""
