"""Bring the catalogues in ``assets/languages`` up to date with the texts of ``gui``, the wordings
of ``backend``, and what the kinds of sources, the serialisations, the verdicts of measurements and
the gallery's models say.

``make texts`` updates every catalogue: texts that are new come in untranslated, those that nobody
uses go, translations and translators' comments stay. ``make texts LANGUAGE=fr`` begins one.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
if str(_REPOSITORY) not in sys.path:
    sys.path.insert(0, str(_REPOSITORY))

from backend.compare.bench import PHRASES  # noqa: E402 - the checkout is no installed package
from backend.core.choices import Serialization  # noqa: E402
from backend.gallery import read_catalogue  # noqa: E402
from backend.sources.registry import KINDS, SourceRegistry  # noqa: E402
from gui.devices import MICROPHONE, SCREEN, WINDOW  # noqa: E402
from gui.widgets.language_choice import FOLDER  # noqa: E402
from gui.widgets.po_file import Message, read_po  # noqa: E402

_GUI, _BACKEND = _REPOSITORY / "gui", _REPOSITORY / "backend"
_TEXT_CALLS = {"tr": 1, "marked": 1, "count": 2, "Wording": 1, "unfilled": 1}
"""What `gui.widgets.language` and `backend.core.wording` have for texts, and how many literals of
the source language each takes."""
_IN_BACKEND = {"Wording", "unfilled"}
"""Other functions there may be called as those of the window are."""
_SOURCES, _CHOICES = "backend/sources/registry.py", "backend/core/choices.py"
_VERDICT = "backend/compare/bench/phrases.py"
"""Named as the places of the texts of `SourceRegistry.texts`, `Serialization.tip` and `PHRASES`."""
_GALLERY = "assets/gallery/{name}/entry.toml"
_COMPUTED = (ast.JoinedStr, ast.BinOp, ast.Call, ast.IfExp, ast.BoolOp)
_PLACEHOLDER = re.compile(r"\{\w*\}")
_PLURAL_FORMS = re.compile(r"nplurals\s*=\s*(\d)")
_HEADER = """\
Project-Id-Version: inferdeck
Language: {code}
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
Plural-Forms: nplurals=2; plural=(n != 1);
"""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text as the sources have it, with its form for many if it counts something."""

    text: str
    plural: str
    places: tuple[str, ...]
    """The files it stands in, from the repository's root."""


def main(codes: list[str]) -> int:
    """Write the catalogues of these languages, or of all there are; 1 if a text is computed."""
    wrong = computed_texts()
    if wrong:
        print("Texts must be literals, marked where they are constants:", *wrong, sep="\n")
        return 1
    texts = source_texts()
    for path in [FOLDER / f"{code}.po" for code in codes] or sorted(FOLDER.glob("*.po")):
        old = read_po(path.read_text(encoding="utf-8")) if path.exists() else []
        new = updated(old, texts, path.stem)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(po_text(new), encoding="utf-8")
        missing = sum(not message.translated for message in new)
        print(f"{path.name}: {len(texts)} texts, {missing} to translate")
    return 0


def source_texts() -> list[SourceText]:
    """Every text there is to translate, sorted; raises ValueError for one with two plurals."""
    places: dict[tuple[str, str], set[str]] = {}
    for path, call in _text_calls(_GUI, _BACKEND):
        literals = _literals(call)
        if len(literals) == _TEXT_CALLS[_name(call)] and literals[0]:
            key = (literals[0], "".join(literals[1:]))
            places.setdefault(key, set()).add(path.relative_to(_REPOSITORY).as_posix())
    for text in SourceRegistry((*KINDS, SCREEN, WINDOW, MICROPHONE)).texts():
        places.setdefault((text, ""), set()).add(_SOURCES)
    for serialization in Serialization:
        places.setdefault((serialization.tip, ""), set()).add(_CHOICES)
    for phrase in PHRASES:
        places.setdefault((str(phrase), ""), set()).add(_VERDICT)
    for entry in read_catalogue().values():
        places.setdefault((entry.summary, ""), set()).add(_GALLERY.format(name=entry.name))
    ambiguous = {text for text, _ in places if sum(text == other for other, _ in places) > 1}
    if ambiguous:
        raise ValueError(f"used with and without a plural, or with two: {sorted(ambiguous)}")
    return [SourceText(*key, tuple(sorted(places[key]))) for key in sorted(places)]


def computed_texts(*folders: Path) -> list[str]:
    """Where a text is put together before it is translated, so that no catalogue can have it."""
    return [
        f"{path}:{call.lineno}: {ast.unparse(call)}"
        for path, call in _text_calls(*folders or (_GUI, _BACKEND))
        if len(_literals(call)) < _TEXT_CALLS[_name(call)]
        and (
            _name(call) not in ("tr", "Wording")
            or not call.args
            or any(isinstance(call.args[0], k) for k in _COMPUTED)
        )
    ]


def updated(old: Iterable[Message], texts: Iterable[SourceText], code: str) -> list[Message]:
    """A catalogue with exactly these texts, its header first, with the translations it had."""
    known = {(message.text, message.plural): message for message in old}
    header = known.get(("", "")) or Message("", "", (_HEADER.format(code=code),))
    found = _PLURAL_FORMS.search("".join(header.forms))
    plural_forms = int(found[1]) if found else 2
    messages = [header]
    for text in texts:
        before = known.get((text.text, text.plural))
        empty = ("",) * (plural_forms if text.plural else 1)
        forms = ((before.forms if before is not None else ()) + empty)[: len(empty)]
        messages.append(Message(text.text, text.plural, forms, _comments(text, before)))
    return messages


def po_text(messages: Iterable[Message]) -> str:
    """A PO file, one line for each string, a line more for each line of a longer one."""
    return "\n".join("\n".join(_lines(message)) + "\n" for message in messages)


def _text_calls(*folders: Path) -> Iterator[tuple[Path, ast.Call]]:
    for folder in folders:
        names = _IN_BACKEND if folder == _BACKEND else set(_TEXT_CALLS)
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node) in names:
                    yield path, node


def _name(call: ast.Call) -> str:
    """What is called, if it is a function by its bare name; methods are others' business."""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _literals(call: ast.Call) -> list[str]:
    first = 1 if _name(call) == "count" else 0
    wanted = call.args[first : first + _TEXT_CALLS[_name(call)]]
    return [a.value for a in wanted if isinstance(a, ast.Constant) and isinstance(a.value, str)]


def _comments(text: SourceText, before: Message | None) -> tuple[str, ...]:
    old = before.comments if before is not None else ()
    kept = [line for line in old if line == "#" or line.startswith("# ")]
    flags = ["fuzzy"] if any(line.startswith("#,") and "fuzzy" in line for line in old) else []
    if _PLACEHOLDER.search(text.text):
        flags.append("python-brace-format")
    places = [f"#: {place}" for place in text.places]
    return (*kept, *places, *([f"#, {', '.join(flags)}"] if flags else []))


def _lines(message: Message) -> Iterator[str]:
    yield from message.comments
    yield from _string("msgid", message.text)
    if message.plural:
        yield from _string("msgid_plural", message.plural)
        for number, form in enumerate(message.forms):
            yield from _string(f"msgstr[{number}]", form)
    else:
        yield from _string("msgstr", message.forms[0])


def _string(keyword: str, text: str) -> Iterator[str]:
    lines = re.split(r"(?<=\n)(?=.)", text, flags=re.DOTALL)
    if len(lines) > 1:
        yield f'{keyword} ""'
        keyword = ""
    for line in lines:
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        yield f'{keyword} "{escaped}"'.lstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
