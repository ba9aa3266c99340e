"""What can be done with live runs: their sources, switches, picture and panels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from gui.live.bar import Bar
from gui.live.picture import MASK_MODES, PreviewPane
from gui.live.sources import SourceController
from gui.live.start import StartControl
from gui.state.run_control import RunControl
from gui.views.preview import Layer, MaskMode
from gui.widgets.language import marked, tr, within_sentence
from gui.widgets.segmented import Segmented
from gui.workspace.commands import Command
from gui.workspace.docks import DockArea

_SHOW_LAYER = {
    Layer.BOXES: marked("Show boxes"),
    Layer.LABELS: marked("Show labels"),
    Layer.SCORES: marked("Show scores"),
    Layer.POINTS: marked("Show points"),
    Layer.MASKS: marked("Show masks"),
    Layer.TRAILS: marked("Show trails"),
    Layer.COUNTS: marked("Show counts and legend"),
}


def picture_commands(pane: PreviewPane) -> Iterator[Command]:
    """How the picture is shown, and what is drawn over it."""
    yield Command(
        "view.locked",
        tr("Show results on their own frames"),
        pane.toggle_locked,
        "View",
        ("Ctrl+Shift+F",),
        checked=lambda: pane.locked,
        aliases="locked live",
    )
    yield Command(
        "view.mirror",
        tr("Mirror"),
        pane.toggle_mirror,
        "View",
        ("Ctrl+Shift+M",),
        checked=lambda: pane.memory.mirror,
    )
    yield Command("view.rotate", tr("Rotate by 90°"), pane.rotate, "View", ("Ctrl+Shift+E",))
    for layer in Layer:
        yield Command(
            f"view.layer.{layer}",
            tr(_SHOW_LAYER[layer]),
            partial(pane.toggle_layer, layer),
            "View/layers",
            checked=partial(pane.shows, layer),
            aliases="overlay layer",
        )
    for mode in MaskMode:
        yield Command(
            f"view.masks.{mode}",
            tr("Masks: {effect}", effect=within_sentence(tr(MASK_MODES[mode]))),
            partial(pane.use_masks, mode),
            "View/masks",
            checked=partial(pane.masks_are, mode),
            aliases="overlay cut-out background segmentation",
        )


def panel_commands(docks: DockArea) -> Iterator[Command]:
    """One for each panel, then where they all are."""
    for name, title in docks.panel_titles():
        yield Command(
            f"panel.{name}",
            tr("Show {panel}", panel=within_sentence(title)),
            partial(docks.open_dock, name),
            "Panels",
            aliases="panel dock",
        )
    yield Command(
        "panels.lock",
        tr("Lock panels"),
        docks.toggle_locked_docks,
        "Panels/layout",
        checked=lambda: docks.locked,
    )
    yield Command("panels.reset", tr("Reset panels"), docks.reset, "Panels/layout")


def source_commands(sources: SourceController, bar: Bar) -> Iterator[Command]:
    """Ways to a source, and the bar's menus."""
    yield Command(
        "source.open_file",
        tr("Open file..."),
        sources.open_file,
        "File",
        ("Ctrl+O",),
        aliases="video",
    )
    yield Command(
        "source.open_folder", tr("Open folder..."), sources.open_folder, "File", ("Ctrl+Shift+O",)
    )
    yield Command(
        "source.open_address",
        tr("Open address..."),
        sources.open_address,
        "File",
        ("Ctrl+Shift+L",),
        aliases="url network camera rtsp http",
    )
    yield Command(
        "source.paste",
        tr("Paste picture or file"),
        sources.paste,
        "File",
        ("Ctrl+V",),
        aliases="clipboard source stream",
    )
    yield Command(
        "source.region",
        tr("Region of the screen..."),
        sources.choose_region,
        "File",
        aliases="capture part rectangle source",
    )
    yield Command(
        "source.mode",
        tr("Camera mode..."),
        sources.choose_mode,
        "File",
        blocked=sources.why_no_mode,
        aliases="resolution fps rate format webcam mjpeg",
    )
    yield Command(
        "source.choose",
        tr("Choose source..."),
        bar.source.showMenu,
        "File/choose",
        ("Ctrl+Shift+S",),
        aliases="camera microphone webcam tone pattern",
    )
    yield Command(
        "target.choose", tr("Choose target..."), bar.target.showMenu, "File/choose", ("Ctrl+T",)
    )
    yield Command(
        "model.choose", tr("Choose model..."), bar.model.showMenu, "File/choose", ("Ctrl+M",)
    )


def run_commands(
    run: RunControl,
    start: StartControl,
    sources: SourceController,
    reset_counters: Callable[[], None],
) -> Iterator[Command]:
    """What can be done to a run."""

    def why_not_now() -> str:
        return "" if run.session is not None else tr("Nothing is streaming.")

    yield Command(
        "run.toggle",
        tr("Start or stop"),
        start.toggle,
        "Run",
        ("Space",),
        aliases="stream play",
    )
    yield Command(
        "run.retry",
        tr("Try again now"),
        run.retry_now,
        "Run",
        ("Ctrl+R",),
        blocked=why_not_now,
        aliases="reconnect",
    )
    yield Command(
        "run.reset_counters",
        tr("Reset counters"),
        reset_counters,
        "Run",
        blocked=why_not_now,
        aliases="drops latency zero",
    )
    yield Command(
        "run.loop",
        tr("Play files again and again"),
        sources.toggle_loop,
        "Run",
        checked=lambda: sources.loops,
        aliases="loop repeat once",
    )


def switch_commands(bar: Bar) -> Iterator[Command]:
    """The switches for the wire, and each value of each of them."""
    yield Command(
        "switch.open",
        tr("On the wire..."),
        bar.open_wire,
        "Run",
        ("Ctrl+Shift+W",),
        aliases="api transport serialisation image compression in flight switches",
    )
    for name, segmented in (
        ("api", bar.api),
        ("transport", bar.transport),
        ("serialisation", bar.serialization),
        ("image", bar.image),
        ("compression", bar.compression),
    ):
        for value in segmented.values:
            yield Command(
                f"switch.{name}.{value}",
                f"{segmented.accessibleName()}: {segmented.button(value).text()}",
                partial(segmented.choose, value),
                blocked=partial(segmented.blocked, value),
                checked=partial(_is_chosen, segmented, value),
            )


def _is_chosen(segmented: Segmented, value: str) -> bool:
    return segmented.value == value
