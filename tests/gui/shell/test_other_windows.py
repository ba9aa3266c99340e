"""Two windows of one user: each knows of the other, and sees what it saves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.core.errors import PortInUse
from backend.core.files.presence import Presence
from backend.core.status import Notice
from backend.core.target import Target
from backend.targets.secrets import Secrets
from backend.targets.store import TargetStore
from gui.shell.other_windows import OtherWindows, holder_in
from gui.state.server_control import ServerControl, ServerState
from gui.targets.saved import SavedTargets
from gui.workspace.notices import FileNotices
from tests.gui.inline_tasks import InlineTasks
from tests.gui.shell_fakes import FakeServer

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Presence]:
    """The window that was there before."""
    presence = Presence(tmp_path)
    presence.announce((8000, 8001))
    yield presence
    presence.close()


@pytest.fixture
def control(qtbot: QtBot) -> ServerControl:
    """The server of the second window."""
    del qtbot
    return ServerControl(InlineTasks(), lambda rest, grpc: FakeServer())


@pytest.fixture
def second(tmp_path: Path, control: ServerControl) -> Iterator[OtherWindows]:
    others = OtherWindows(Presence(tmp_path), str(tmp_path), control, InlineTasks())
    yield others
    others.close()
    others.deleteLater()


def test_the_second_window_says_who_was_there(first: Presence, second: OtherWindows) -> None:
    notices: list[Notice] = []
    second.found.connect(notices.append)
    second.begin()
    assert notices[0].title == "Inferdeck is open in another window"
    assert "with its server on ports 8000, 8001." in notices[0].body
    assert len(first.others()) == 1


def test_a_window_that_is_alone_says_nothing(second: OtherWindows) -> None:
    second.found.connect(pytest.fail)
    second.begin()


def test_the_others_learn_the_ports_of_the_server(
    first: Presence, second: OtherWindows, control: ServerControl
) -> None:
    second.begin()
    control.start()
    server = control.server
    assert server is not None
    (seen,) = first.others()
    ends = (server.rest_url, server.grpc_address)
    assert seen.ports == tuple(sorted(int(end.rpartition(":")[2]) for end in ends))


def test_a_port_of_another_window_is_told_with_its_owner(first: Presence, tmp_path: Path) -> None:
    def taken(_rest: int, _grpc: int) -> FakeServer:
        raise PortInUse("127.0.0.1", 8001)

    control = ServerControl(
        InlineTasks(), taken, (8000, 8001), holder=holder_in(Presence(tmp_path))
    )
    failures: list[Exception] = []
    control.failed.connect(failures.append)
    control.start()
    assert control.state is ServerState.FAILED
    assert "server of another window of Inferdeck, process" in control.problem
    assert isinstance(failures[0], PortInUse)


def test_a_target_that_another_window_adds_appears_here(
    second: OtherWindows, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "targets.json"
    saved = SavedTargets(TargetStore(path, Secrets()), InlineTasks())
    second.begin()
    second.files_changed.connect(saved.look_again)
    with qtbot.waitSignal(saved.listed):
        TargetStore(path, Secrets()).add(Target("lab", grpc="127.0.0.1:1"))
    assert [target.name for target in saved.targets[1:]] == ["lab"]
    notices: list[Notice] = []
    saved.noticed.connect(notices.append)
    with qtbot.waitSignal(saved.noticed):
        path.write_bytes(b"\xff")
        (tmp_path / "touched").touch()  # writing in place does not change the folder
    assert "targets.json.broken-1" in notices[0].body
    assert [target.name for target in saved.targets[1:]] == ["lab"]
    saved.deleteLater()


def test_what_is_wrong_with_files_waits_for_a_window() -> None:
    shown: list[Notice] = []
    notices = FileNotices()
    notices.tell("early")
    notices.begin(shown.append)
    notices.tell("late")
    assert [notice.body for notice in shown] == ["early", "late"]
