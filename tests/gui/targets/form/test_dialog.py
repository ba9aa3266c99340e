"""The form of a target, with a real server to probe."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from backend.clients.probe.probing import probe
from backend.core.errors import UsageError
from backend.core.target import Credentials, Dialect, Target, Tls
from backend.server.lifecycle.embedded import EmbeddedServer
from gui.state.tasks import ThreadTasks
from gui.targets.form import Probing, TargetForm
from gui.targets.form.probe_card import ProbeCard
from gui.widgets.theme import DARK
from tests.embedded import server, target
from tests.gui.inline_tasks import InlineTasks

__all__ = ["server", "target"]


def form_for(
    window: QWidget, at: Target, tasks: ThreadTasks | InlineTasks, taken: tuple[str, ...] = ()
) -> TargetForm:
    return TargetForm(window, at, taken, Probing(probe, tasks), DARK)


def _state(form: TargetForm) -> str:
    return form.card.state


def test_a_form_shows_what_is_there_and_mends_it(
    window: QWidget, tasks: ThreadTasks, server: EmbeddedServer, qtbot: QtBot
) -> None:
    form = form_for(window, Target(""), tasks)
    form.show()
    assert _state(form) == "nothing"
    rest, grpc = server.rest_url.rpartition(":")[2], server.grpc_address.rpartition(":")[2]
    QTest.keyClicks(form.addresses.rest, f"127.0.0.1:{grpc},{rest}")
    QTest.keyClick(form.addresses.rest, Qt.Key.Key_Return)
    assert form.addresses.grpc.text() == f"127.0.0.1:{rest}"
    assert _state(form) == "asking"
    qtbot.waitUntil(lambda: form.card.state == "nobody")
    fix = next(b for b in form.card.findChildren(QPushButton) if "Swap" in b.text())
    fix.click()
    qtbot.waitUntil(lambda: form.card.state == "found")
    found = form.target
    assert (found.rest, found.grpc) == (server.rest_url, server.grpc_address)
    assert found.name == f"127.0.0.1-{rest}"
    form.addresses.grpc.setText("127.0.0.1:1")
    form.addresses.grpc.textEdited.emit("")
    form.probe_button.click()
    qtbot.waitUntil(lambda: form.card.state == "partly")
    form.reject()


def test_a_form_keeps_everything_it_was_given(window: QWidget, tasks: ThreadTasks) -> None:
    given = Target(
        "Lab",
        "https://127.0.0.1:9",
        "127.0.0.1:9",
        Dialect.TRITON,
        "#d5433b",
        Tls(ca_file="/ca.pem", certificate_file="/c.pem", key_file="/k.pem", server_name="lab"),
        Credentials("${TOKEN}", (("X-Key", "${secret:" + "0" * 32 + "}"),)),
        message_limit=8 << 20,
        deadline_s=2.5,
        connect_timeout_s=1.5,
    )
    form = form_for(window, given, tasks)
    assert form.target == given
    assert "secret" not in form.sign_in.headers.headers[0][1]
    form.security.tls.setCurrentIndex(form.security.tls.findData("unverified"))
    assert form.target.tls == replace(Tls(), verify=False, **_files(given))
    form.security.tls.setCurrentIndex(form.security.tls.findData("off"))
    plain = form.target
    assert (plain.tls, plain.rest) == (None, "http://127.0.0.1:9")
    form.reject()


def _files(target: Target) -> dict[str, str]:
    assert target.tls is not None
    names = ("ca_file", "certificate_file", "key_file", "server_name")
    return {name: getattr(target.tls, name) for name in names}


@pytest.mark.parametrize(
    ("rest", "name", "said"),
    [("", "x", "no address"), ("ftp://x", "x", "REST address"), ("h:1", "Lab", "named 'Lab'")],
)
def test_a_form_says_what_is_wrong_and_stays(
    window: QWidget, tasks: ThreadTasks, rest: str, name: str, said: str
) -> None:
    form = form_for(window, Target(""), tasks, ("Lab",))
    form.addresses.rest.setText(rest)
    form.addresses.name.setText(name)
    form.save_button.click()
    assert said in form.wrong.text()
    assert form.save_button.isEnabled()
    form.reject()


def test_a_probe_is_shown_whatever_came_of_it(
    qtbot: QtBot, server: EmbeddedServer, target: Target
) -> None:
    del server
    card = ProbeCard(DARK)
    qtbot.addWidget(card)
    card.show_report(probe(target))
    assert card.state == "found"
    card.show_error(UsageError("A variable is missing.", "Set it."))
    assert card.state == "error"
