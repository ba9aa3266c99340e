"""Class names that a TensorFlow Lite file carries: a zip file behind the model holds them.

TensorFlow Lite Metadata packs the files that belong to a model so, class names as a text with one
on each line (https://ai.google.dev/edge/litert/conversion/tensorflow/metadata).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

MOST_PACKED = 1 << 20
"""Of the end of the file that is looked at for it; an archive that begins before has no names."""
MOST_BYTES = 4 << 20
"""Of the text."""
_MOST_CLASSES = 100_000
_SIGNATURE = b"PK\x05\x06"
_CALLED_LIKE_NAMES = re.compile(r"(.*\.names|.*(label|classes)[^/]*\.txt)", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError)
"""What zipfile raises for archives that are damaged, locked or packed in another way."""


def labels_in(content: bytes) -> tuple[str, ...]:
    """The names by class index; () if there are none, or several lists of them."""
    tail = content[-MOST_PACKED:]
    if _SIGNATURE not in tail:
        return ()
    try:
        with zipfile.ZipFile(io.BytesIO(tail)) as archive:
            found = [
                one for one in archive.infolist() if _CALLED_LIKE_NAMES.fullmatch(one.filename)
            ]
            if len(found) != 1:
                return ()
            with archive.open(found[0]) as file:
                data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES or data.count(b"\n") > _MOST_CLASSES:
            return ()
        text = data.decode("utf-8-sig")
    except (*_BROKEN, ValueError):
        return ()
    names = tuple(line.strip() for line in text.rstrip().splitlines())
    return names if 1 < len(names) <= _MOST_CLASSES else ()
