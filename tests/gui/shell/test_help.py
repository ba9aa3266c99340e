"""Documents, what the program is made of, and what a report says."""

from __future__ import annotations

from email.message import Message
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage, QTextDocument
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.release import PROGRAM, VERSION
from backend.core.target import Target
from gui.shell.help.about import AboutDialog
from gui.shell.help.documents import DocumentsDialog, read_documents, slug
from gui.shell.help.made_of import Package, licence_of, packages
from tests.gui.shell_stage import Stage

# The offscreen platform says so about every window with a smallest size.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(
        "# The thing\n\nRead [more](docs/more.md#part-two), the [web](https://example.org/) "
        "or the [licence](LICENSE).\n\n![wide](wide.png)\n",
        encoding="utf-8",
    )
    filler = "\n\n".join(f"Line {number}." for number in range(300))
    (tmp_path / "docs" / "more.md").write_text(
        f"# More `of` it\n\n{filler}\n\n## Part two\n\n{filler}\n", encoding="utf-8"
    )
    (tmp_path / "LICENSE").write_text("Do as you like.", encoding="utf-8")
    image = QImage(3000, 30, QImage.Format.Format_RGB32)
    image.fill(0)
    image.save(str(tmp_path / "wide.png"))
    return tmp_path


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def dialog(window: QWidget, folder: Path) -> DocumentsDialog:
    made = DocumentsDialog(window, read_documents(folder))
    made.show()
    return made


def test_documents_are_listed_by_their_headings(folder: Path) -> None:
    assert [document.title for document in read_documents(folder)] == ["The thing", "More of it"]
    own = [document.path.name for document in read_documents(PROGRAM.parent)]
    assert own[0] == "README.md"
    assert own[-1] == "CHANGELOG.md"
    assert "live.md" in own


def test_a_link_leads_to_the_place_in_another_document(dialog: DocumentsDialog) -> None:
    dialog.view.anchorClicked.emit(QUrl("docs/more.md#part-two"))
    assert dialog.list.currentItem().text() == "More of it"
    top = dialog.view.cursorForPosition(dialog.view.viewport().rect().topLeft()).block().text()
    assert dialog.view.textCursor().block().text() == "Part two"
    assert top != "More of it", "it is scrolled to"
    dialog.view.anchorClicked.emit(QUrl("../README.md"))
    assert dialog.list.currentItem().text() == "The thing"


def test_other_links_are_opened_by_the_system(
    dialog: DocumentsDialog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    for link in ("https://example.org/", "LICENSE", "nowhere.txt"):
        dialog.view.anchorClicked.emit(QUrl(link))
    assert opened == ["https://example.org/", QUrl.fromLocalFile(f"{folder}/LICENSE").toString()]


def test_a_picture_is_no_wider_than_the_view(dialog: DocumentsDialog) -> None:
    kind = QTextDocument.ResourceType.ImageResource.value
    image = dialog.view.loadResource(kind, QUrl("wide.png"))
    assert isinstance(image, QImage)
    assert 0 < image.width() < dialog.view.viewport().width()


def test_anchors_are_those_of_the_documents() -> None:
    assert slug("What was tried, and what was not") == "what-was-tried-and-what-was-not"
    assert slug("Where do I add ...") == "where-do-i-add-"


@pytest.mark.parametrize(
    ("headers", "licence"),
    [
        ([("License-Expression", "BSD-3-Clause"), ("License", "see file")], "BSD-3-Clause"),
        ([("Classifier", "License :: OSI Approved :: MIT License")], "MIT License"),
        ([("License", "Apache 2.0\nand a long text")], "Apache 2.0"),
        ([("Classifier", "Topic :: Other")], ""),
    ],
)
def test_a_licence_is_said_in_a_few_words(headers: list[tuple[str, str]], licence: str) -> None:
    metadata = Message()
    for name, value in headers:
        metadata[name] = value
    assert licence_of(metadata) == licence  # type: ignore[arg-type]


def test_the_packages_of_the_lock_are_known_with_their_licences() -> None:
    found = {package.name.lower(): package for package in packages()}
    assert found["numpy"].version
    assert "BSD" in found["numpy"].licence
    assert "pywin32" not in found


def test_the_dialog_shows_versions(window: QWidget) -> None:
    dialog = AboutDialog(window, (Package("numpy", "2.0", "BSD"),))
    row = dialog.table.topLevelItem(0)
    assert row is not None
    assert [row.text(column) for column in range(3)] == ["numpy", "2.0", "BSD"]


def test_diagnostics_hold_versions_and_nothing_private(stage: Stage) -> None:
    stage.live.sources.choose("rtsp://me:s3cret@front-door.example/a")
    secret = Target("garage", "http://10.1.2.3:8000", "10.1.2.3:8001")
    stage.live.switches.use(stage.live.switches.current.aimed_at(secret))
    stage.window.commands.run("help.diagnostics")
    text = QGuiApplication.clipboard().text()
    assert f"Inferdeck: {VERSION}" in text
    assert "Qt: " in text
    assert "Source: address" in text
    assert ": -" not in text
    for private in ("s3cret", "front-door", "garage", "10.1.2.3", str(Path.home())):
        assert private not in text
    assert any(n.title == "Diagnostics copied" for n in stage.window.toasts.shown)


def test_the_help_menu_has_it_all(stage: Stage) -> None:
    wanted = {"app.shortcuts", "help.documents", "help.about", "help.diagnostics"}
    menu = {command.id for command in stage.window.commands if command.menu.startswith("Help")}
    assert wanted <= menu
    assert stage.window.commands["help.documents"].keys == ("F1",)
