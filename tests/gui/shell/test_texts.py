"""No text escapes the catalogues, and the catalogues say what the sources say."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

from gui.widgets import language, language_choice
from gui.widgets.language import count, tr, use_language
from gui.widgets.language_choice import FOLDER, language_codes
from gui.widgets.po_file import Message, read_po
from tests.gui.source_texts import (
    ROOT,
    formatted_numbers,
    known_texts,
    modules,
    texts_script,
    untranslated,
)

_CATALOGUES = sorted(FOLDER.glob("*.po"))


@pytest.fixture
def restored() -> Iterator[None]:
    before, locale = language._in_use, QLocale()
    yield
    language._in_use = before
    QLocale.setDefault(locale)


def _messages(path: Path) -> list[Message]:
    return [message for message in read_po(path.read_text(encoding="utf-8")) if message.text]


def _in_modules(found: str) -> list[str]:
    look = {"untranslated": untranslated, "numbers": formatted_numbers}[found]
    return [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in modules()
        for line, text in look(path.read_text(encoding="utf-8"))
    ]


def test_no_text_is_shown_untranslated() -> None:
    assert not _in_modules("untranslated")


def test_no_number_is_shown_with_a_point_in_every_language() -> None:
    assert not _in_modules("numbers")


def test_every_text_is_a_literal() -> None:
    assert not texts_script().computed_texts()


@pytest.mark.parametrize(
    "line",
    [
        'QLabel("Name")',
        'label.setText("newest")',
        'label.setToolTip(f"{many} frames lost")',
        'menu.addAction("Copy")',
        'Command("run.toggle", "Start or stop", run, "Run")',
        'box.setSuffix(" frames")',
        "titles = ('Zeros', 'Ones')",
        'text = "Nothing found" if empty else ""',
        'self.tr("now")',
        'text = tr("{what} lost", what="frame" if one else "all of them")',
        'EmptyMessage("", "No sound yet")',
    ],
)
def test_the_search_finds_what_is_shown_untranslated(line: str) -> None:
    assert untranslated(line)


@pytest.mark.parametrize(
    "line",
    [
        '"""What a module is for."""',
        'label.setText(tr("newest"))',
        'titles = (marked("Zeros"), marked("Ones"))',
        'Command("run.toggle", tr("Start or stop"), run, "Run/more", ("Ctrl+R",), aliases="do it")',
        'raise ValueError("There is a page of that name already.")',
        'label.setProperty("role", "muted")',
        'label.setStyleSheet(f"color: {color}; font-size: 12px;")',
        'label.setText(f"{rate} ms")',
        'name: "Some Type" = thing',
        'if state == "Not there":\n    pass',
    ],
)
def test_the_search_lets_pass_what_is_not_for_people(line: str) -> None:
    assert not untranslated(line)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('text = f"{value:.2f}"', 1),
        ('label = "{:g}".format', 1),
        ('text = f"{total:,} B"', 1),
        ("from backend.core.errors import mebibytes", 1),
        ('text = f"{level:<8}{index:02d}"', 0),
    ],
)
def test_the_search_finds_numbers_that_python_writes(line: str, found: int) -> None:
    assert len(formatted_numbers(line)) == found


@pytest.mark.parametrize(
    "line", ['tr(f"{choice} theme")', 'tr("a" + b)', "tr(title())", 'count(2, "{n} reply", many)']
)
def test_computed_texts_are_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(line, encoding="utf-8")
    assert texts_script().computed_texts(tmp_path)


@pytest.mark.parametrize("path", _CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_has_every_text_translated_and_no_other(path: Path) -> None:
    messages = _messages(path)
    wanted = {(text.text, text.plural) for text in texts_script().source_texts()}
    had = {(message.text, message.plural) for message in messages}
    assert had == wanted, "type: make texts"
    assert len(messages) == len(had)
    assert not [message.text for message in messages if not message.translated]


@pytest.mark.parametrize("path", _CATALOGUES, ids=lambda path: path.stem)
def test_translations_have_the_placeholders_spaces_and_dots_of_their_texts(path: Path) -> None:
    wrong = [
        (message.text, form)
        for message in _messages(path)
        for form in message.forms
        if _shape(form) != _shape(message.plural or message.text)
    ]
    assert not wrong


def _shape(text: str) -> tuple[set[str], bool, str, str]:
    """What a translation must not change; an ampersand would make a letter a menu's key."""
    return (
        {name for _, name, _, _ in string.Formatter().parse(text) if name is not None} - {"n"},
        text.endswith("..."),
        text[: len(text) - len(text.lstrip())],
        text[len(text.rstrip()) :],
    )


@pytest.mark.parametrize("path", _CATALOGUES, ids=lambda path: path.stem)
def test_no_text_gives_a_letter_to_two_menus(path: Path) -> None:
    texts = {form for message in _messages(path) for form in message.forms} | known_texts()
    assert not [text for text in texts if "&" in text]


@pytest.mark.parametrize("path", _CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_is_as_the_script_writes_it(path: Path) -> None:
    script, po = texts_script(), path.read_text(encoding="utf-8")
    assert script.po_text(read_po(po)) == po


def test_an_update_adds_and_drops_texts_and_keeps_translations_and_comments() -> None:
    script = texts_script()
    old = read_po(
        "# by hand\n"
        'msgid ""\nmsgstr "Language: xx\\nPlural-Forms: nplurals=3; plural=0;\\n"\n\n'
        "# note for translators\n#: gone.py\n#, fuzzy\n"
        'msgid "kept"\nmsgstr "behalten"\n\n'
        'msgid "unused"\nmsgstr "weg"\n\n#~ msgid "older"\n#~ msgstr "alt"\n'
    )
    texts = [
        script.SourceText("kept", "", ("gui/a.py",)),
        script.SourceText("{n} new", "{n} newer", ("gui/a.py", "gui/b.py")),
    ]
    header, kept, new = script.updated(old, texts, "xx")
    assert header.comments == ("# by hand",)
    assert kept.forms == ("behalten",)
    assert kept.comments == ("# note for translators", "#: gui/a.py", "#, fuzzy")
    assert not kept.translated
    assert new.forms == ("", "", "")
    assert new.comments == ("#: gui/a.py", "#: gui/b.py", "#, python-brace-format")


def test_a_po_file_of_another_tool_is_read() -> None:
    messages = read_po(
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n"X-Generator: other\\n"\n'
        '#: gui/a.py:12 gui/b.py:3\n#. said by the program\n#| msgid "before"\n'
        'msgid   "A \\"long\\" "\n"text\\n"\n"in lines"\n'
        'msgstr ""\n"Ein langer\\tText \\\\ "\n"in Zeilen"\n\n\n'
        'msgid "{n} x"\nmsgid_plural "{n} xs"\nmsgstr[0] "{n} y"\nmsgstr[1] "{n} ys"\n'
    )
    assert [message.text for message in messages] == ["", 'A "long" text\nin lines', "{n} x"]
    assert messages[1].forms == ("Ein langer\tText \\ in Zeilen",)
    assert (messages[2].plural, messages[2].forms) == ("{n} xs", ("{n} y", "{n} ys"))
    assert read_po(texts_script().po_text(messages)) == messages


def test_a_new_language_is_one_file(
    restored: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = texts_script()
    monkeypatch.setattr(language_choice, "FOLDER", tmp_path)
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    assert script.main(["sl"]) == 0
    path = tmp_path / "sl.po"
    assert "to translate" in capsys.readouterr().out
    assert language_codes() == ["en", "sl"]
    use_language("sl")
    assert tr("Target") == "Target"  # not translated yet

    forms = "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);"
    po = path.read_text(encoding="utf-8").replace("nplurals=2; plural=(n != 1);", forms)
    path.write_text(po, encoding="utf-8")
    assert script.main([]) == 0
    po = path.read_text(encoding="utf-8")
    po = po.replace('msgid "Target"\nmsgstr ""', 'msgid "Target"\nmsgstr "Cilj"')
    plural = 'msgid "{n} model"\nmsgid_plural "{n} models"\n'
    words = ("model", "modela", "modeli", "modelov")
    lines = "".join(f'msgstr[{place}] "{{n}} {word}"\n' for place, word in enumerate(words))
    empty = "".join(f'msgstr[{place}] ""\n' for place in range(4))
    assert plural + empty in po
    path.write_text(po.replace(plural + empty, plural + lines), encoding="utf-8")
    use_language("sl")
    assert tr("Target") == "Cilj"
    counted = [count(many, "{n} model", "{n} models") for many in (1, 2, 3, 5, 101)]
    assert counted == ["1 model", "2 modela", "3 modeli", "5 modelov", "101 model"]
    assert script.main([]) == 0
    assert '"Cilj"' in path.read_text(encoding="utf-8")
