"""A live stream through OpenCV's FFmpeg: RTSP, and HTTP streams that are not motion JPEG."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from backend.core.defaults import NETWORK_CAMERA_TIMEOUT_S
from backend.core.errors import SourceError, SourceFault
from backend.core.tensors import Array
from backend.sources.network.address import CameraAddress
from backend.sources.network.http_faults import lost_fault, timeout_fault
from backend.sources.pixels import check_frames, rgb
from backend.wire.media.opencv import cv2

_TIMEOUT_MS = round(NETWORK_CAMERA_TIMEOUT_S * 1000)
_GAVE_UP_AFTER_S = 2.5
_WAITED_S = 0.008
_MOST_BACKLOG = 200


class OpenCvStream:
    """An open RTSP or HTTP video stream."""

    def __init__(
        self,
        address: CameraAddress,
        why_not: Callable[[], SourceError],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect within about 3 s; if that fails, raise what `why_not` finds out."""
        self._address = address
        self._clock = clock
        self._capture = cv2.VideoCapture(
            address.url,
            cv2.CAP_FFMPEG,
            [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS,
                cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS,
                # Decoding with several threads holds back one frame for each of them.
                cv2.CAP_PROP_N_THREADS, 1,
            ],
        )  # fmt: skip
        if not self._capture.isOpened():
            self._capture.release()
            raise why_not()
        if self._capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:
            self._capture.release()
            raise SourceError(
                SourceFault.UNREADABLE,
                f"{address.shown} is a video file, not a camera.",
                hint="Download it and open the file.",
            )
        try:
            check_frames(self._capture, address.shown)
        except SourceError:
            self._capture.release()
            raise
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        # Streams without a rate are announced with their clock's ticks, such as 90000.
        self.rate = fps if 0 < fps <= 240 else 0.0
        self._grabbed = self._catch_up()

    def read(self) -> Callable[[], Array]:
        """The next picture; raises SourceError LOST at the end and SILENT after 3 s of nothing."""
        began = self._clock()
        done = self._grabbed or self._capture.grab()
        self._grabbed = False
        if self._clock() - began > _GAVE_UP_AFTER_S:
            # What comes after a time-out is the decoder's leftovers, not news.
            raise timeout_fault(self._address)
        pixels = self._capture.retrieve()[1] if done else None
        if pixels is None:
            raise lost_fault(self._address)
        return partial(rgb, pixels)

    def interrupt(self) -> None:
        """FFmpeg cannot be interrupted from outside; its own time-out ends a wait."""

    def close(self) -> None:
        """Close the connection."""
        self._capture.release()

    def _catch_up(self) -> bool:
        """Skip what piled up while FFmpeg studied the stream: until a picture has to be awaited."""
        for _ in range(_MOST_BACKLOG):
            began = self._clock()
            if not self._capture.grab():
                return False
            if self._clock() - began > _WAITED_S:
                break
        return True
