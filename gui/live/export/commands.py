"""What can be taken out of the window."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gui.live.export.controller import ExportController
from gui.live.page import LivePage
from gui.widgets.language import tr, within_sentence
from gui.workspace.commands import Command


def export_commands(controller: ExportController, page: LivePage) -> Iterator[Command]:
    """Pictures, data and the report."""
    yield Command(
        "export.copy",
        tr("Copy the picture or plot"),
        controller.copy,
        "File/export",
        ("Ctrl+Shift+C",),
        aliases="export image png screenshot clipboard",
    )
    yield Command(
        "export.save",
        tr("Save the picture or plot..."),
        controller.save,
        "File/export",
        ("F12",),
        aliases="export image png screenshot clipboard",
    )
    yield Command(
        "export.copy_window", tr("Copy the window as a picture"), controller.copy_window,
        aliases="export image png screenshot clipboard",
    )  # fmt: skip
    yield Command(
        "export.save_window",
        tr("Save the window as a picture..."),
        controller.save_window,
        "File/export",
        aliases="export image png screenshot clipboard",
    )
    for name, title, view in (
        ("latency", tr("Latency"), page.latency),
        ("timeline", tr("Timeline"), page.timeline),
        ("throughput", tr("Throughput"), page.throughput),
    ):
        yield Command(
            f"export.data.{name}",
            tr("Save the data of {plot}...", plot=within_sentence(title)),
            partial(controller.save_data, view),
            aliases="export csv json lines jsonl numbers",
        )
    yield Command(
        "export.report",
        tr("Save a report of the recording..."),
        controller.save_report,
        "File/export",
        blocked=controller.why_no_report,
        aliases="export html page summary",
    )
