"""A screen, a region of one, or a window as a source of pictures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.core.samples import Frame, MediaKind
from backend.core.status import SourceInfo
from backend.core.tensors import Array
from backend.sources.kind import SourceGroup, SourceKind, SourceOptions
from backend.sources.pixels import rgb_from_bgrx
from gui.devices.screen_input import Capture, Region, ScreenInput, screen_part

_RATE = 30.0
_LOOK_S = 0.004
_WAIT_S = 0.1
_EARLY = 0.9
"""Part of a frame's time after which the next one counts; screens give them at 60 Hz."""
_FIRST_WITHIN_S = 5.0
_STILL_S = 0.5
"""Systems that report changes only are given the last picture again after so long."""


class ScreenSource:
    """What `begin` captures, at 30 pictures a second at most, cut to a region if there is one.

    A picture that stays as it is comes again twice a second. The system may ask the user which
    screen or window it is to be: what it gives then is taken.
    """

    def __init__(
        self,
        name: str,
        begin: Callable[[], Capture],
        region: Region | None = None,
        *,
        first_within_s: float = _FIRST_WITHIN_S,
    ) -> None:
        self._name = name
        self._begin = begin
        self._region = region
        self._first_within_s = first_within_s
        self._capture: Capture | None = None
        self._last: Frame | None = None
        self._given_at = 0.0
        self._pending: Frame | None = None
        self._seq = 0
        self._info = SourceInfo(MediaKind.IMAGE, name, live=True)

    @property
    def info(self) -> SourceInfo:
        """Its name and, once open, its size."""
        return self._info

    def open(self, stop: threading.Event) -> SourceInfo:
        """Begin, and wait for the first picture; raises SourceError if none comes."""
        self.close()
        self._capture = self._begin()
        self._seq = 0
        until = time.monotonic() + self._first_within_s
        while not stop.is_set():
            frame = self._take(self._capture)
            if frame is not None:
                self._pending = frame
                self._info = replace(self._info, width=frame.width, height=frame.height, rate=_RATE)
                break
            if time.monotonic() > until:
                raise SourceError(
                    SourceFault.SILENT,
                    f"{self._name} has given no picture for {self._first_within_s:.0f} s.",
                    hint="A window must not be minimised; the system may have a question open.",
                )
            stop.wait(_LOOK_S)
        return self._info

    def read(self, stop: threading.Event) -> Frame | None:
        """The next picture in its time; None if there is none within a tenth of a second."""
        capture = self._capture
        if capture is None:
            raise SourceError(SourceFault.LOST, f"{self._name} is not open.")
        until = time.monotonic() + _WAIT_S
        while not stop.is_set() and time.monotonic() < until:
            frame, self._pending = self._pending, None
            if time.monotonic() - self._given_at > _EARLY / _RATE:
                frame = frame or self._take(capture) or self._again()
            if frame is not None:
                self._given_at = time.monotonic()
                self._last = frame
                return frame
            stop.wait(_LOOK_S)
        return None

    def close(self) -> None:
        """Stop capturing."""
        self._last = self._pending = None
        if self._capture is not None:
            self._capture.close()
            self._capture = None

    def _take(self, capture: Capture) -> Frame | None:
        bgrx = capture.newest()
        if bgrx is None:
            if capture.failure:
                raise SourceError(
                    SourceFault.LOST,
                    f"{self._name} cannot be captured: {capture.failure}",
                    hint="It is taken up again when it is back.",
                )
            return None
        part = bgrx if self._region is None else self._region.cut(bgrx, self._name)
        return self._frame(rgb_from_bgrx(part))

    def _again(self) -> Frame | None:
        last = self._last
        if last is None or time.monotonic() - self._given_at < _STILL_S:
            return None
        return self._frame(last.pixels)

    def _frame(self, pixels: Array) -> Frame:
        frame = Frame(self._seq, time.monotonic_ns(), pixels)
        self._seq += 1
        return frame


def _without_window(_argument: str, _options: SourceOptions) -> NoReturn:
    raise UsageError("The screen is captured by the window only, once it is there.")


def _title(argument: str) -> str:
    part = screen_part(argument)
    if part.region is None:
        return part.screen
    return f"{part.region.width} × {part.region.height} + {part.region.x} + {part.region.y}"


_GROUP = SourceGroup("Screens", "No screen found", "The test pattern and files work without one.")

SCREEN = SourceKind(
    scheme="screen",
    title="Whole screen",
    icon="screen",
    make=_without_window,
    arguments=("NAME", "WxH+X+Y", "NAME@WxH+X+Y"),
    group=_GROUP,
    device=True,
    which=lambda argument: screen_part(argument).screen,
    title_of=_title,
)
"""How a screen or a region of one is written; it cannot be made, see `screen_kinds`."""

WINDOW = SourceKind(
    scheme="window",
    title="Window",
    icon="screen",
    make=_without_window,
    arguments=("TITLE",),
    group=_GROUP,
    device=True,
)
"""How a window of another program is written; it cannot be made, see `screen_kinds`."""


def screen_kinds(screens: ScreenInput) -> tuple[SourceKind, SourceKind]:
    """Screens and windows that can be captured, through `screens`."""

    def screen(argument: str, _options: SourceOptions) -> ScreenSource:
        part = screen_part(argument)
        name = _title(argument) or SCREEN.title
        return ScreenSource(name, lambda: screens.capture_screen(part.screen), part.region)

    def window(title: str, _options: SourceOptions) -> ScreenSource:
        if not title:
            raise UsageError("Which window is not said.", "Write window:TITLE.")
        return ScreenSource(title, lambda: screens.capture_window(title))

    return replace(SCREEN, make=screen), replace(WINDOW, make=window)
