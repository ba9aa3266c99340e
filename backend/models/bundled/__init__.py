"""The models that ship with Inferdeck, each without a download."""

from backend.models.bundled.faces import Faces
from backend.models.bundled.identity import Identity
from backend.models.bundled.pitch import PitchFinder
from backend.models.bundled.qr_codes import QrCodes
from backend.models.bundled.servable import ModelServable
from backend.models.bundled.shapes import Shapes
from backend.models.bundled.spoken_digits import SpokenDigits
from backend.models.bundled.voice_activity import VoiceActivity

__all__ = [
    "Faces",
    "Identity",
    "ModelServable",
    "PitchFinder",
    "QrCodes",
    "Shapes",
    "SpokenDigits",
    "VoiceActivity",
]
