"""The inspect page's commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gui.inspect.acts import Acts, CallPhase
from gui.widgets.language import tr
from gui.workspace.commands import Command

if TYPE_CHECKING:
    from gui.inspect.page import InspectPage


def inspect_commands(page: InspectPage) -> Iterator[Command]:
    """Every command of the page."""
    acts: Acts = page.request.acts

    def why_not_act() -> str:
        if page.request.method is None:
            return tr("No method is chosen.")
        busy = page.desk.phase in (CallPhase.BUSY, CallPhase.FINISHED)
        return tr("A call is under way; cancel it first.") if busy else ""

    def why_not_cancel() -> str:
        return tr("No call is under way.") if page.desk.phase is CallPhase.IDLE else ""

    def why_not_finish() -> str:
        return "" if page.desk.phase is CallPhase.OPEN else tr("No stream is open.")

    def why_not_code() -> str:
        if page.request.draft() is None:
            return tr("No request is ready to be sent.")
        return ""

    def why_not_save() -> str:
        return "" if page.shown is not None else tr("There is no reply yet.")

    menu = tr("Inspect")
    yield Command(
        "inspect.send",
        tr("Send request"),
        acts.act,
        f"{menu}/call",
        ("Ctrl+Return", "F5"),
        blocked=why_not_act,
        aliases="call start stream",
    )
    yield Command(
        "inspect.finish",
        tr("Finish stream"),
        page.desk.finish,
        f"{menu}/call",
        blocked=why_not_finish,
        aliases="half-close",
    )
    yield Command(
        "inspect.cancel",
        tr("Cancel call"),
        page.desk.cancel,
        f"{menu}/call",
        blocked=why_not_cancel,
    )
    yield Command(
        "inspect.find",
        tr("Find method..."),
        page.find_method,
        f"{menu}/find",
        ("Ctrl+F",),
        aliases="search",
    )
    yield Command(
        "inspect.history",
        tr("History of requests"),
        page.show_history,
        f"{menu}/find",
        ("Ctrl+Shift+H",),
    )
    yield Command(
        "inspect.reload",
        tr("Ask the target again"),
        page.reload,
        f"{menu}/target",
        aliases="refresh reflection methods",
    )
    yield Command(
        "inspect.schema",
        tr("Add a .proto or protoset..."),
        page.add_proto,
        f"{menu}/target",
        aliases="schema reflection descriptor",
    )
    yield Command(
        "inspect.code",
        tr("Copy as code..."),
        page.copy_as_code,
        f"{menu}/reply",
        ("Ctrl+Shift+G",),
        blocked=why_not_code,
        aliases="curl grpcurl python tritonclient requests",
    )
    yield Command(
        "inspect.save",
        tr("Save the reply..."),
        page.save_reply,
        f"{menu}/reply",
        blocked=why_not_save,
    )
