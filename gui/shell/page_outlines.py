"""The pages after the live one, as the window knows them before they are made."""

from __future__ import annotations

from gui.shell.later_page import CommandOutline, PageOutline
from gui.widgets.language import tr


def inspect_outline() -> PageOutline:
    """Any endpoint by hand."""
    call, find, target, reply = (f"Inspect/{part}" for part in ("call", "find", "target", "reply"))
    return PageOutline(
        "inspect",
        tr("Inspect"),
        "layers",
        (
            CommandOutline(
                "inspect.send",
                tr("Send request"),
                call,
                ("Ctrl+Return", "F5"),
                "call start stream",
            ),
            CommandOutline("inspect.finish", tr("Finish stream"), call, aliases="half-close"),
            CommandOutline("inspect.cancel", tr("Cancel call"), call),
            CommandOutline("inspect.find", tr("Find method..."), find, ("Ctrl+F",), "search"),
            CommandOutline("inspect.history", tr("History of requests"), find, ("Ctrl+Shift+H",)),
            CommandOutline(
                "inspect.reload",
                tr("Ask the target again"),
                target,
                aliases="refresh reflection methods",
            ),
            CommandOutline(
                "inspect.schema",
                tr("Add a .proto or protoset..."),
                target,
                aliases="schema reflection descriptor",
            ),
            CommandOutline(
                "inspect.code",
                tr("Copy as code..."),
                reply,
                ("Ctrl+Shift+G",),
                "curl grpcurl python tritonclient requests",
            ),
            CommandOutline("inspect.save", tr("Save the reply..."), reply),
        ),
    )


def compare_outline() -> PageOutline:
    """Which way to a model is best."""
    exports = tuple(
        CommandOutline(
            f"compare.export.{form}",
            tr("Export as {form}...", form=form.upper()),
            "Compare/export",
        )
        for form in ("csv", "md", "png")
    )
    return PageOutline(
        "compare",
        tr("Compare"),
        "compare",
        (
            CommandOutline("compare.measure", tr("Measure every way"), "Compare/run"),
            CommandOutline("compare.open", tr("Open a result..."), "Compare/file"),
            CommandOutline("compare.against", tr("Compare with..."), "Compare/file"),
            CommandOutline("compare.save", tr("Save the result..."), "Compare/file"),
            *exports,
        ),
    )


def gallery_outline() -> PageOutline:
    """Well-known models."""
    every, model, place = (f"Gallery/{part}" for part in ("all", "model", "from"))
    return PageOutline(
        "gallery",
        tr("Gallery"),
        "gallery",
        (
            CommandOutline(
                "gallery.demo",
                tr("Get the demo models"),
                every,
                aliases="download install gallery",
            ),
            CommandOutline("gallery.find", tr("Find a model"), every, aliases="search filter"),
            CommandOutline("gallery.get", tr("Get the chosen model"), model),
            CommandOutline("gallery.cancel", tr("Cancel its download"), model),
            CommandOutline("gallery.use", tr("Use the chosen model"), model),
            CommandOutline("gallery.measure", tr("Measure its speed here"), model),
            CommandOutline("gallery.remove", tr("Remove the chosen model"), model),
            CommandOutline("gallery.mirror", tr("Mirror..."), place),
            CommandOutline("gallery.folder", tr("Install from folder..."), place),
        ),
    )
