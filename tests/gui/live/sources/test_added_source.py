"""A kind of source that is added: one class and one line, and it is offered everywhere."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QWidgetAction
from pytestqt.qtbot import QtBot

from backend.cli.stream.options import STREAM
from backend.core.errors import UsageError
from backend.core.options import Option, OptionGroup
from backend.core.samples import Captured, MediaKind
from backend.core.status import SourceInfo
from backend.sources.kind import SourceGroup, SourceKind, one_of
from backend.sources.registry import KINDS, SourceRegistry
from gui.devices import MICROPHONE
from gui.live.notices.log import RunLog
from gui.live.sources.menu import SourceMenu
from gui.shell.window_options import SWITCHES
from gui.state.settings import Settings, from_json, to_json
from gui.state.source_offers import offer_of, recent_offers, standing_offers
from gui.state.switches import Switches
from gui.widgets import language
from gui.widgets.icons import ASSETS
from gui.widgets.language_choice import language_file
from gui.widgets.picker import Picker
from gui.widgets.po_file import read_po, translations
from gui.widgets.theme import DARK
from tests.gui.shell_fakes import FakeDevices

SPEC = "telescope:north?pin=4711"


class Telescope:
    """The new source."""

    def __init__(self, argument: str) -> None:
        self.info = SourceInfo(MediaKind.IMAGE, argument.partition("?")[0], live=True)

    def open(self, stop: threading.Event) -> SourceInfo:
        return self.info

    def read(self, stop: threading.Event) -> Captured | None:
        return None

    def close(self) -> None:
        return None


TELESCOPE = SourceKind(
    scheme="telescope",
    title="Default telescope",
    icon="camera",
    make=lambda argument, _options: Telescope(argument),
    arguments=("PLACE?pin=PIN",),
    tip="The sky as it is now",
    group=SourceGroup("Telescopes"),
    demo_model="shapes",
    redact=lambda argument: argument.partition("?")[0],
)
SOURCES = SourceRegistry((*KINDS, MICROPHONE, TELESCOPE))


@pytest.fixture
def added_texts() -> frozenset[str]:
    return frozenset(SOURCES.texts())


@pytest.fixture
def menu(qapp: object) -> SourceMenu:
    return SourceMenu(SOURCES, FakeDevices(), lambda: (SPEC,), lambda _spec: None, ())


def test_it_is_made_by_its_scheme() -> None:
    assert isinstance(SOURCES.make(SPEC, loop=False), Telescope)
    assert SOURCES.make(SPEC, loop=False).info.name == "north"
    assert SOURCES.kind_of("telescope") is TELESCOPE
    assert SOURCES.kind_of("telescopes").scheme == "path"


def test_the_menu_offers_it_under_its_heading(menu: SourceMenu, qtbot: QtBot) -> None:
    picker = Picker("Source", 208, DARK)
    qtbot.addWidget(picker)
    menu.fill(picker)
    texts = [_text_of(action) for action in picker.choices.actions()]
    at = texts.index("Telescopes")
    assert texts[at + 1] == "Default telescope"
    assert texts.index("Microphones") < at < texts.index("Recent")


def test_everything_that_is_to_be_translated_is_listed() -> None:
    texts = {"Telescopes", "Default telescope", "The sky as it is now", "No microphone found"}
    assert texts < set(SOURCES.texts())


def test_what_a_kind_says_is_translated_and_names_are_not(
    menu: SourceMenu, monkeypatch: pytest.MonkeyPatch
) -> None:
    german = read_po(language_file("de").read_text(encoding="utf-8"))
    monkeypatch.setattr(language, "_in_use", translations(german))
    offers = (*standing_offers(SOURCES), offer_of(MICROPHONE), offer_of(MICROPHONE, "Tone"))
    titles = {offer.spec: (offer.title, offer.tip) for offer in offers}
    assert titles["noise"] == ("Rauschen", "Alle Frequenzen zugleich")
    assert titles["microphone"] == ("Standardmikrofon", "")
    assert titles["microphone:Tone"] == ("Tone", "")
    assert menu.title("webcam") == "Standardkamera"
    assert [o.title for o in recent_offers(SOURCES, ("Noise", "clips/Tone"))] == ["Noise", "Tone"]


def test_help_says_what_the_kinds_say() -> None:
    assert _source_option(*STREAM).help == SourceRegistry(KINDS).syntax
    of_window = _source_option(SWITCHES).help
    assert one_of(MICROPHONE.forms) in of_window  # the one kind that `stream` does not have
    examples = re.search(r"lists: (.*), an address, the path of a file", of_window)
    assert examples is not None
    assert {kind.scheme for kind in KINDS} >= set(examples[1].split(", "))


def test_help_and_errors_name_it() -> None:
    assert "telescope or telescope:PLACE?pin=PIN" in SOURCES.syntax
    with pytest.raises(UsageError, match=r"telescope or telescope:PLACE\?pin=PIN"):
        SOURCES.make("telescop", loop=False)


def test_its_secrets_are_neither_shown_nor_logged_nor_saved(menu: SourceMenu) -> None:
    lines: list[str] = []
    log = RunLog(lines.append, menu.title)
    log.began(replace(Switches(), source=SPEC))
    shown = [*lines, menu.title(SPEC), SOURCES.redacted(SPEC)]
    shown += [text for offer in menu.offers()[-1:] for text in (offer.title, offer.tip)]
    settings = Settings(switches=Switches(source=SPEC), recent=(SPEC,))
    saved = to_json(settings, SOURCES)
    assert not [text for text in (*shown, saved) if "4711" in text]
    assert from_json(saved.encode()).switches.source == "telescope:north"


def test_every_kind_has_an_icon_that_is_there() -> None:
    missing = [k.icon for k in SOURCES.kinds if not (ASSETS / "icons" / f"{k.icon}.svg").is_file()]
    assert not missing


def _text_of(action: QAction) -> str:
    heading = action.defaultWidget() if isinstance(action, QWidgetAction) else None
    return heading.text() if isinstance(heading, QLabel) else action.text()


def _source_option(*groups: OptionGroup) -> Option:
    return next(o for group in groups for o in group.options if o.flag == "--source")
