"""One picture from a file of any picture format that is read."""

from __future__ import annotations

from pathlib import Path

from backend.core.errors import InvalidInput, SourceError, SourceFault
from backend.core.files.regular import read_regular
from backend.core.tensors import Array
from backend.sources.files.kinds import file_error
from backend.wire.media.images import FILE_FORMATS, decode_image

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Largest picture file that is read into memory."""


def read_picture(path: Path) -> Array:
    """The pixels of a picture file as RGB uint8 [height, width, 3], upright.

    Raises SourceError if the file cannot be read, is damaged or is too large.
    """
    try:
        return decode_image(read_regular(path, MAX_FILE_BYTES), FILE_FORMATS)
    except OSError as error:
        raise file_error(path, error) from error
    except InvalidInput as error:
        raise SourceError(
            SourceFault.UNREADABLE,
            f"The picture {path.name} cannot be read: {error.message}",
            hint="Open it in another program to see whether it is whole.",
        ) from error
