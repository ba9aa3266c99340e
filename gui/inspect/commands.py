"""The inspect page's commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gui.inspect.acts import CallPhase
from gui.inspect.call_controller import CallController
from gui.inspect.reply import ReplyController
from gui.inspect.request import RequestController, RequestPane
from gui.widgets.language import marked, tr
from gui.workspace.commands import Command


def inspect_commands(
    calls: CallController,
    requests: RequestController,
    replies: ReplyController,
    *,
    find_method: Callable[[], None],
    show_history: Callable[[], None],
    reload: Callable[[], None],
    add_schema: Callable[[], None],
    show_saved: Callable[[], None],
    save: Callable[[], None],
    save_as: Callable[[], None],
) -> Iterator[Command]:
    """Every command of the page."""
    menu = marked("Inspect")
    yield from _call_commands(menu, calls, requests.pane)
    yield Command(
        "inspect.find",
        tr("Find method..."),
        find_method,
        f"{menu}/find",
        ("Ctrl+F",),
        aliases="search",
    )
    yield Command(
        "inspect.history",
        tr("History of requests"),
        show_history,
        f"{menu}/find",
        ("Ctrl+Shift+H",),
    )
    yield from _saved_commands(menu, show_saved, save, save_as)
    yield Command(
        "inspect.reload",
        tr("Ask the target again"),
        reload,
        f"{menu}/target",
        aliases="refresh reflection methods",
    )
    yield Command(
        "inspect.schema",
        tr("Add a .proto or protoset..."),
        add_schema,
        f"{menu}/target",
        aliases="schema reflection descriptor",
    )
    yield from _reply_commands(menu, requests, replies)


def _saved_commands(
    menu: str,
    show_saved: Callable[[], None],
    save: Callable[[], None],
    save_as: Callable[[], None],
) -> Iterator[Command]:
    yield Command(
        "inspect.saved",
        tr("Saved requests"),
        show_saved,
        f"{menu}/find",
        aliases="collection bruno folder",
    )
    yield Command(
        "inspect.save_request",
        tr("Save request"),
        save,
        f"{menu}/call",
        ("Ctrl+S",),
        aliases="collection",
    )
    yield Command(
        "inspect.save_request_as",
        tr("Save request as..."),
        save_as,
        f"{menu}/call",
        aliases="collection copy",
    )


def _call_commands(menu: str, calls: CallController, pane: RequestPane) -> Iterator[Command]:
    def why_not_act() -> str:
        if pane.method is None:
            return tr("No method is chosen.")
        busy = calls.phase in (CallPhase.BUSY, CallPhase.FINISHED)
        return tr("A call is under way; cancel it first.") if busy else ""

    def why_not_cancel() -> str:
        return tr("No call is under way.") if calls.phase is CallPhase.IDLE else ""

    def why_not_finish() -> str:
        return "" if calls.phase is CallPhase.OPEN else tr("No stream is open.")

    yield Command(
        "inspect.send",
        tr("Send request"),
        pane.acts.act,
        f"{menu}/call",
        ("Ctrl+Return", "F5"),
        blocked=why_not_act,
        aliases="call start stream",
    )
    yield Command(
        "inspect.finish",
        tr("Finish stream"),
        calls.finish,
        f"{menu}/call",
        blocked=why_not_finish,
        aliases="half-close",
    )
    yield Command(
        "inspect.cancel",
        tr("Cancel call"),
        calls.cancel,
        f"{menu}/call",
        blocked=why_not_cancel,
    )


def _reply_commands(
    menu: str, requests: RequestController, replies: ReplyController
) -> Iterator[Command]:
    def why_not_code() -> str:
        ready = requests.pane.draft() is not None
        return "" if ready else tr("No request is ready to be sent.")

    def why_not_save() -> str:
        return "" if replies.shown is not None else tr("There is no reply yet.")

    yield Command(
        "inspect.code",
        tr("Copy as code..."),
        requests.copy_as_code,
        f"{menu}/reply",
        ("Ctrl+Shift+G",),
        blocked=why_not_code,
        aliases="curl grpcurl python tritonclient requests",
    )
    yield Command(
        "inspect.save",
        tr("Save the reply..."),
        replies.save_reply,
        f"{menu}/reply",
        blocked=why_not_save,
    )
