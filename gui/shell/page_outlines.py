"""The pages after the live one, as the window knows them before they are made."""

from __future__ import annotations

from collections.abc import Iterator

from gui.shell.later_page import PageOutline
from gui.widgets.language import marked, tr
from gui.workspace.commands import Command


def _later() -> None:
    """What `LaterPage` replaces."""


def inspect_outline() -> PageOutline:
    """Any endpoint by hand."""
    menu = marked("Inspect")
    return PageOutline(
        "inspect",
        tr("Inspect"),
        "layers",
        (
            Command(
                "inspect.send",
                tr("Send request"),
                _later,
                f"{menu}/call",
                ("Ctrl+Return", "F5"),
                aliases="call start stream",
            ),
            Command(
                "inspect.finish", tr("Finish stream"), _later, f"{menu}/call", aliases="half-close"
            ),
            Command("inspect.cancel", tr("Cancel call"), _later, f"{menu}/call"),
            *_request_commands(menu),
            Command(
                "inspect.reload",
                tr("Ask the target again"),
                _later,
                f"{menu}/target",
                aliases="refresh reflection methods",
            ),
            Command(
                "inspect.schema",
                tr("Add a .proto or protoset..."),
                _later,
                f"{menu}/target",
                aliases="schema reflection descriptor",
            ),
            *_reply_commands(menu),
        ),
    )


def _request_commands(menu: str) -> Iterator[Command]:
    yield Command(
        "inspect.find",
        tr("Find method..."),
        _later,
        f"{menu}/find",
        ("Ctrl+F",),
        aliases="search",
    )
    yield Command(
        "inspect.history",
        tr("History of requests"),
        _later,
        f"{menu}/find",
        ("Ctrl+Shift+H",),
    )
    yield Command(
        "inspect.saved",
        tr("Saved requests"),
        _later,
        f"{menu}/find",
        aliases="collection bruno folder",
    )
    yield Command(
        "inspect.save_request",
        tr("Save request"),
        _later,
        f"{menu}/call",
        ("Ctrl+S",),
        aliases="collection",
    )
    yield Command(
        "inspect.save_request_as",
        tr("Save request as..."),
        _later,
        f"{menu}/call",
        aliases="collection copy",
    )


def _reply_commands(menu: str) -> Iterator[Command]:
    yield Command(
        "inspect.code",
        tr("Copy as code..."),
        _later,
        f"{menu}/reply",
        ("Ctrl+Shift+G",),
        aliases="curl grpcurl python tritonclient requests",
    )
    yield Command("inspect.save", tr("Save the reply..."), _later, f"{menu}/reply")


def compare_outline() -> PageOutline:
    """Which way to a model is best."""
    menu = marked("Compare")
    exports = tuple(
        Command(f"compare.export.{form}", title, _later, f"{menu}/export")
        for form, title in (
            ("csv", tr("Export as CSV...")),
            ("md", tr("Export as Markdown...")),
            ("png", tr("Export as PNG...")),
        )
    )
    return PageOutline(
        "compare",
        tr("Compare"),
        "compare",
        (
            Command("compare.measure", tr("Measure every way"), _later, f"{menu}/run"),
            Command("compare.open", tr("Open a result..."), _later, f"{menu}/file"),
            Command("compare.against", tr("Compare with..."), _later, f"{menu}/file"),
            Command("compare.save", tr("Save the result..."), _later, f"{menu}/file"),
            Command("compare.copy", tr("Copy as Markdown"), _later, f"{menu}/file"),
            *exports,
        ),
    )


def gallery_outline() -> PageOutline:
    """Well-known models."""
    menu = marked("Gallery")
    return PageOutline(
        "gallery",
        tr("Gallery"),
        "gallery",
        (
            Command(
                "gallery.demo",
                tr("Get the demo models"),
                _later,
                f"{menu}/all",
                aliases="download install gallery",
            ),
            Command(
                "gallery.find", tr("Find a model"), _later, f"{menu}/all", aliases="search filter"
            ),
            Command("gallery.get", tr("Get the chosen model"), _later, f"{menu}/model"),
            Command("gallery.cancel", tr("Cancel its download"), _later, f"{menu}/model"),
            Command("gallery.use", tr("Use the chosen model"), _later, f"{menu}/model"),
            Command("gallery.measure", tr("Measure its speed here"), _later, f"{menu}/model"),
            Command("gallery.remove", tr("Remove the chosen model"), _later, f"{menu}/model"),
            Command("gallery.mirror", tr("Mirror..."), _later, f"{menu}/from"),
            Command("gallery.folder", tr("Install from folder..."), _later, f"{menu}/from"),
        ),
    )
