"""Message catalogues in gettext's PO format, which translators' tools read and write.

Format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html. The standard library
reads only its compiled form (MO), so that is made in memory: no binary lies in the repository and
the rules of plural forms stay gettext's own.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from gettext import GNUTranslations

_STRING = re.compile(r'(?:(msgid_plural|msgid|msgstr(?:\[\d\])?)\s+)?"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_MO_MAGIC = 0x950412DE


@dataclass(frozen=True, slots=True)
class Message:
    """One entry: a source text and its translation, one form of it for each grammatical number.

    The entry with the text '' is the catalogue's header. `comments` are the lines before it, a
    translator's as well as `#:` references and `#,` flags.
    """

    text: str
    plural: str = ""
    forms: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def translated(self) -> bool:
        """Whether every form is there and none is marked as a guess."""
        fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in self.comments)
        return bool(self.forms) and all(self.forms) and not fuzzy


def read_po(po: str) -> list[Message]:
    """The entries of a PO file; raises ValueError that names the line that is none of its form."""
    messages = []
    for comments, strings in _blocks(po):
        forms = tuple(text for key, text in strings.items() if key.startswith("msgstr"))
        if "msgid" not in strings or not forms:
            raise ValueError(f"an entry needs msgid and msgstr, got {', '.join(strings)}")
        text, plural = strings["msgid"], strings.get("msgid_plural", "")
        messages.append(Message(text, plural, forms, comments))
    return messages


def translations(messages: Iterable[Message]) -> GNUTranslations:
    """What gettext makes of the translated entries.

    Raises ValueError or LookupError for a header that gettext does not understand.
    """
    entries = sorted(
        (
            "\0".join(filter(None, (message.text, message.plural))).encode(),
            "\0".join(message.forms).encode(),
        )
        for message in messages
        if message.translated
    )
    return GNUTranslations(io.BytesIO(_mo(entries)))


def _blocks(po: str) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """For each entry its comments and its strings by keyword."""
    comments: list[str] = []
    strings: dict[str, str] = {}
    keyword = ""
    for number, line in enumerate(map(str.strip, po.split("\n")), 1):
        if not line or line.startswith("#~"):
            continue
        found = _STRING.fullmatch(line)
        starts_entry = line.startswith("#") or (found and found[1] == "msgid")
        if starts_entry and strings:
            yield tuple(comments), strings
            comments, strings = [], {}
        if line.startswith("#"):
            comments.append(line)
            continue
        keyword = (found and found[1]) or keyword
        if found is None or not keyword:
            raise ValueError(f"line {number}: a keyword and a quoted text expected, got {line}")
        strings[keyword] = strings.get(keyword, "") + _unescaped(found[2])
    if strings:
        yield tuple(comments), strings


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def _mo(entries: list[tuple[bytes, bytes]]) -> bytes:
    """A MO file: a head of seven numbers, the tables of lengths and places, then the texts."""
    head = struct.calcsize("7I")
    texts_at = head + 16 * len(entries)
    tables: list[bytes] = []
    texts = bytearray()
    for column in (0, 1):
        for entry in entries:
            text = entry[column]
            tables.append(struct.pack("2I", len(text), texts_at + len(texts)))
            texts += text + b"\0"
    numbers = (_MO_MAGIC, 0, len(entries), head, head + 8 * len(entries), 0, texts_at)
    return struct.pack("7I", *numbers) + b"".join(tables) + bytes(texts)
