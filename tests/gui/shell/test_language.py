"""Every text of the shell can be translated; words of the protocols stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from backend.clients.faults import words
from backend.core.errors import UsageError
from backend.core.ledger import Counts
from backend.core.status import Notice
from backend.session.run import TableLanguage, summarise
from gui.live.playback.bar import place_text
from gui.shell import app
from gui.widgets import language, language_choice
from gui.widgets.language import (
    best_language,
    byte_size,
    count,
    grouped,
    language_name,
    number,
    percent,
    sentence_start,
    significant,
    spoken,
    tr,
    use_language,
    within_sentence,
)
from gui.widgets.language_choice import SYSTEM, language_codes
from gui.workspace.commands import native_keys
from gui.workspace.notices import FileNotices
from gui.workspace.notifier import error_notice
from tests.gui.shell_stage import Stage

# The offscreen platform says so about every window with a smallest size.

_WORDS = "REST gRPC json binary typed raw jpeg png gzip Open Inference ● – 85 ↑ ↓ 0 50 100 %"
_SAME_EVERYWHERE = frozenset((*_WORDS.split(), "1×"))


class Marking(NullTranslations):
    """Puts every text that is asked for between guillemets."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{super().ngettext(msgid1, msgid2, n)}»"


@pytest.fixture
def marking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_in_use", Marking())


@pytest.fixture
def restored(qapp: object) -> Iterator[None]:
    """Language and number format as they were, whatever a test chooses."""
    before, locale = language._in_use, QLocale()
    yield
    use_language("en")
    language._in_use = before
    QLocale.setDefault(locale)


def test_every_label_and_button_of_the_window_is_translated(marking: None, stage: Stage) -> None:
    stage.server_control.start()
    plain = {
        text
        for widget in stage.window.findChildren(QWidget)
        if isinstance(widget, QLabel | QAbstractButton)
        for text in (widget.text(),)
        if "«" not in text and not set(text.split()) <= _SAME_EVERYWHERE and "127.0.0.1" not in text
    }
    assert not plain


def test_every_command_is_translated(marking: None, stage: Stage) -> None:
    plain = {command.title for command in stage.window.commands if "«" not in command.title}
    assert plain == {"REST", "gRPC"}


def test_every_menu_is_translated(marking: None, stage: Stage) -> None:
    titles = [action.text().replace("&", "") for action in stage.window.menuBar().actions()]
    assert titles
    assert all("«" in title for title in titles)


def test_numbers_are_written_as_the_country_writes_them(restored: None) -> None:
    QLocale.setDefault(QLocale(QLocale.Language.German))
    assert place_text(7.26) == "0:07,3"
    assert (number(1234.5, 1), percent(0.125)) == ("1234,5", "12,5 %")
    assert (significant(0.25), significant(1e-7), significant(1234567, 4)) == (
        "0,25",
        "1e-07",
        "1,235e+06",
    )
    assert (grouped(1234567), byte_size(943718)) == ("1.234.567", "921,6 KiB")


def test_what_is_counted_has_a_form_for_one_and_a_form_for_many(restored: None) -> None:
    assert (count(1, "{n} frame", "{n} frames"), count(2, "{n} frame", "{n} frames")) == (
        "1 frame",
        "2 frames",
    )
    use_language("de")
    assert (count(1, "{n} frame", "{n} frames"), count(2, "{n} frame", "{n} frames")) == (
        "1 Bild",
        "2 Bilder",
    )


def test_german_texts_go_with_german_numbers_and_qt_speaks_it_too(restored: None) -> None:
    use_language("de")
    assert (tr("Target"), number(0.5, 1)) == ("Ziel", "0,5")
    assert tr("Target: {name}", name="Labor") == "Ziel: Labor"
    assert native_keys("Ctrl+O") == "Strg+O"
    use_language("en")
    assert (tr("Target"), number(0.5, 1)) == ("Target", "0.5")
    assert native_keys("Ctrl+O") == "Ctrl+O"


def test_what_the_backend_says_of_a_fault_is_german_too(restored: None) -> None:
    use_language("de")
    notice = error_notice(words.wrong_port("lab:8001", grpc=False))
    assert notice.title == "lab:8001 ist der Port für gRPC, nicht für HTTP."
    assert notice.body == "Die beiden Adressen tauschen."
    late = spoken(str(words.deadline("lab:8000", 2.5)))
    assert late.startswith("Keine Antwort von lab:8000 in 2,5 s. Vielleicht rechnet")
    assert spoken("as a server says it") == "as a server says it"


def test_what_a_run_came_to_is_german_too(restored: None) -> None:
    use_language("de")
    counts = Counts(captured=9, sent=9, answered=8)
    totals = summarise(counts, None, state="stopped", seconds=4.0, error="")
    lines = totals.as_table(TableLanguage(spoken, number, grouped)).splitlines()
    assert lines[0].split() == ["Zustand", "gestoppt"]
    assert "beantwortet" in lines[4]
    assert lines[4].endswith("8  (2,0/s)")
    assert totals.as_table().splitlines()[4].endswith("8  (2.0/s)")


def test_a_title_within_a_sentence_is_small_in_english_only(restored: None) -> None:
    assert within_sentence("Top classes") == "top classes"
    use_language("de")
    assert within_sentence("Top-Klassen") == "Top-Klassen"
    assert sentence_start("gespeichertes Profil") == "Gespeichertes Profil"


def test_a_sentence_leaves_the_name_of_a_file_as_it_is() -> None:
    assert sentence_start("the model needs operator 'X'.") == "The model needs operator 'X'."
    assert sentence_start("nothing.") == "Nothing."
    for text in ("big.onnx keeps weights apart.", "yolox_nano is there.", ""):
        assert sentence_start(text) == text


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (["de-Latn-AT", "de-AT", "de"], "de"),
        (["pt-BR", "pt", "de"], "pt_BR"),
        (["fr-FR", "fr"], "en"),
        (["en-GB", "en", "de"], "en"),
        (["C"], "en"),
        ([], "en"),
    ],
)
def test_the_desktops_first_language_that_is_there_is_used(wanted: list[str], chosen: str) -> None:
    assert best_language(wanted, ["de", "en", "pt_BR"]) == chosen


def test_a_language_that_is_gone_counts_as_the_desktops(
    restored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QLocale, "uiLanguages", lambda _self: ["de-DE"])
    for choice in ("tlh", SYSTEM):
        use_language("en")
        use_language(choice)
        assert tr("Target") == "Ziel"


@pytest.mark.parametrize(
    ("desktop", "shown"), [("de-CH", "1'234"), ("de-DE", "1.234"), ("en-GB", "1.234")]
)
def test_numbers_are_of_the_country_that_the_desktop_names_for_the_language(
    restored: None, monkeypatch: pytest.MonkeyPatch, desktop: str, shown: str
) -> None:
    monkeypatch.setattr(QLocale, "uiLanguages", lambda _self: [desktop])
    use_language("de")
    assert grouped(1234).replace("\u2019", "'") == shown


def test_the_languages_call_themselves_by_their_own_names() -> None:
    assert language_codes() == ["de", "en"]
    assert [language_name(code) for code in language_codes()] == ["Deutsch", "English"]


@pytest.mark.parametrize(
    ("catalogue", "said"),
    [
        ("msgid 'x'\n", "line 1"),
        ('msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=import;\\n"\n', "invalid token"),
        ('msgid ""\nmsgstr "Plural-Forms: three\\n"\n', "de.po"),
        ('msgid "a"\n', "msgstr"),
        ("\udcff", "utf-8"),
    ],
)
def test_a_catalogue_that_cannot_be_read_leaves_the_window_in_english(
    restored: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    catalogue: str,
    said: str,
) -> None:
    (tmp_path / "de.po").write_bytes(catalogue.encode(errors="surrogateescape"))
    monkeypatch.setattr(language_choice, "FOLDER", tmp_path)
    use_language("en")
    with pytest.raises(UsageError, match=said):
        use_language("de")
    assert (tr("Target"), number(0.5, 1)) == ("Target", "0.5")
    notices, shown = FileNotices(), list[Notice]()
    app._use_language("de", notices)
    notices.begin(shown.append)
    assert "de.po" in shown[0].body


def test_a_slip_in_a_translation_shows_the_source_text(
    restored: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = 'msgid "Target: {name}"\nmsgstr "Ziel: {nmae}"\n'
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (tmp_path / "de.po").write_text(header + entry, encoding="utf-8")
    monkeypatch.setattr(language_choice, "FOLDER", tmp_path)
    use_language("de")
    assert tr("Target: {name}", name="Labor") == "Target: Labor"
