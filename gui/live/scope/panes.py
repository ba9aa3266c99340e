"""The views with cursors, each as what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gui.live.page import LivePage
from gui.live.sound_panel import SoundPanel
from gui.views.plots import (
    MarksOver,
    ProbabilityTimeline,
    ReadoutLine,
    Sampled,
    StripPlot,
    ThroughputView,
)
from gui.views.sound import SHOWN_S, ScrollingSound
from gui.widgets.language import number, tr


@dataclass(frozen=True, slots=True, eq=False)
class Pane:
    """A view: `plots` take cursors, `marks` lie over them; `shown_s` is what is shown, in seconds
    before its end; `sampled` reads its lines at a moment. Without a readout another has it."""

    view: ProbabilityTimeline | ThroughputView | ScrollingSound
    plots: Sequence[StripPlot | ScrollingSound]
    marks: tuple[MarksOver, ...]
    shown_s: Callable[[], tuple[float, float]]
    readout: ReadoutLine | None = None
    sampled: Callable[[float], list[Sampled]] = lambda _at_s: []

    @property
    def step_s(self) -> float:
        """The time that one point of the screen shows."""
        first, last = self.shown_s()
        return (last - first) / max(1.0, self.plots[0].plotted().width())

    def pointed_at_s(self) -> float | None:
        """The moment under the pointer, None while it is elsewhere."""
        x = self.view.mapFromGlobal(self.view.cursor().pos()).x()
        area = self.plots[0].plotted()
        if not self.view.underMouse() or not area.left() <= x <= area.right():
            return None
        return self.plots[0].moment_at(x)

    def moment_at_share(self, share: float) -> float:
        """The moment at that part of the width."""
        area = self.plots[0].plotted()
        return self.plots[0].moment_at(area.left() + share * area.width())


def panes_of(page: LivePage) -> tuple[Pane, ...]:
    """Timeline, throughput and the two pictures of sound, the first of which has a trigger."""
    timeline, throughput, sound = page.timeline, page.throughput, page.sound
    waveform, spectrogram = sound.waveform, sound.spectrogram
    rates, sounds = throughput.plots, (-SHOWN_S, 0.0)
    return (
        Pane(
            timeline,
            timeline.plots,
            (timeline.marks,),
            lambda: timeline.plots[0].shown_s,
            timeline.readout,
            timeline.sampled,
        ),
        Pane(
            throughput,
            rates,
            throughput.marks,
            lambda: rates[0].shown_s,
            throughput.readout,
            throughput.sampled,
        ),
        Pane(
            waveform,
            (waveform,),
            sound.marks[:1],
            lambda: sounds,
            sound.readout,
            lambda at_s: sampled_level(sound, at_s),
        ),
        Pane(spectrogram, (spectrogram,), sound.marks[1:], lambda: sounds),
    )


def sampled_level(sound: SoundPanel, at_s: float) -> list[Sampled]:
    """The peak of the sound at a moment."""
    waveform = sound.waveform
    if not waveform.rate:
        return []
    color = waveform.roles.color("accent")
    return [Sampled(tr("Peak"), color, waveform.level_at(at_s), decibel_text)]


def decibel_text(value: float) -> str:
    """A level with its unit."""
    return f"{number(value, 1)} dBFS".replace("-", "−")
