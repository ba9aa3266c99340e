"""Finds and reads QR codes with OpenCV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array, Datatype, Tensor
from backend.models.bundled.detections import FoundObject, box_tensors
from backend.models.bundled.scaling import grey, shrunk
from backend.models.contract import BundledModel
from backend.models.inputs import picture
from backend.profiles.model_profile import ModelProfile
from backend.profiles.names import POINTS, TEXT
from backend.wire.media.opencv import cv2

_SIDE = 1600
_UPRIGHT, _QUIET = 400, 60  # pixels of a code set upright, and of the quiet zone around it
_READ, _UNREAD = 1.0, 0.5

_MOST_MISMATCH, _MOST_TURN = 4.0, 0.6
"""How unequal a code's three marks may be, in size and in direction (radians).

Perspective makes them so. OpenCV's own limits, 1.75 and 0.26, end where the far side of a code is
shorter than the near one by four tenths.
"""


@dataclass(frozen=True, slots=True)
class _Code:
    corners: Array  # float32 [4, 2], clockwise from the code's own top left
    text: bytes

    @property
    def found(self) -> FoundObject:
        x0, y0 = self.corners.min(axis=0)
        x1, y1 = self.corners.max(axis=0)
        box = (float(x0), float(y0), float(x1), float(y1))
        return FoundObject(box, 0, _READ if self.text else _UNREAD)


class QrCodes(BundledModel):
    """Finds codes at any angle and in perspective, and reads them where they are or set upright.

    The score is 1 for a code that was read, whose checksum then held, and 0.5 for one that was
    found but not read; its text is empty.
    """

    platform = "opencv_qr"

    def __init__(self, profile: ModelProfile) -> None:
        super().__init__(profile)
        limits = cv2.QRCodeDetectorAruco.Params()
        limits.maxModuleSizeMismatch = _MOST_MISMATCH
        limits.maxRotation = _MOST_TURN
        # It finds turned codes that OpenCV's other detector misses.
        self._finder = cv2.QRCodeDetectorAruco(limits)
        self._reader = cv2.QRCodeDetector()

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """The picture in grey."""
        return grey(picture(inputs))

    def infer(self, prepared: Array) -> list[_Code]:
        """Every code, in pixels of the picture."""
        light, scale = shrunk(prepared, _SIDE)
        try:
            some, places = self._finder.detectMulti(light)
        except cv2.error:  # it raises on some pictures without a code, instead of finding none
            return []
        if not some:
            return []
        return [
            _Code(corners * np.float32(scale), self._read(light, corners)) for corners in places
        ]

    def finish(self, raw: list[_Code]) -> tuple[Tensor, ...]:
        """The boxes, texts and corners, those that were read first."""
        ordered = sorted(raw, key=lambda code: (-code.found.score, code.found.box))
        corners = np.array([code.corners for code in ordered], np.float32).reshape(-1, 4, 2)
        return (
            *box_tensors([code.found for code in ordered]),
            Tensor.of_bytes(TEXT, *(code.text for code in ordered)),
            Tensor(POINTS, Datatype.FP32, corners),
        )

    def _read(self, light: Array, corners: Array) -> bytes:
        """The code's text, or nothing if it cannot be read."""
        try:
            text, _ = self._reader.decodeBytes(light, corners[np.newaxis])
            if not text:
                text, _, _ = self._reader.detectAndDecodeBytes(_upright(light, corners))
        except cv2.error:  # corners of something that is no code
            return b""
        return bytes(text)


def _upright(light: Array, corners: Array) -> Array:
    """The code as seen from above, with a quiet zone."""
    low, high = _QUIET, _UPRIGHT - _QUIET
    place = np.array([(low, low), (high, low), (high, high), (low, high)], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), place)
    return np.asarray(
        cv2.warpPerspective(
            light,
            turn,
            (_UPRIGHT, _UPRIGHT),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )
