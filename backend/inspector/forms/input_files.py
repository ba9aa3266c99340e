"""An input's elements from a file: .npy, .npz, a picture, a WAV or FLAC file, JSON, or plain bytes.

What a file is says its content; only JSON is known by its name.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from backend.core.errors import InvalidInput, mebibytes
from backend.core.files.regular import check_regular
from backend.core.samples import AudioWindow, Frame
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.inspector.forms.input_media import file_tensor, picture_tensor, sound_tensor
from backend.inspector.forms.input_values import fitting_shape, json_tensor, shaped
from backend.profiles.inputs.numbers import as_datatype
from backend.profiles.model_profile import AudioFormat
from backend.wire.elements import TensorRef, count_elements, object_array
from backend.wire.media.images import BodyKind, body_kind, decode_image
from backend.wire.media.sound import decode_sound

MAX_FILE_BYTES = 2 << 30

_NPY = b"\x93NUMPY"
_ZIP = b"PK\x03\x04"
_FLAC = b"fLaC"
_PICTURES = (BodyKind.JPEG, BodyKind.PNG)


def read_input_file(path: str, spec: TensorSpec, place: TensorRef) -> Tensor:
    """The input in a file; raises InvalidInput naming the file, what was expected and what it is.

    A BYTES input takes any file but .npy, .npz and .json as one element, byte for byte.
    """
    with _readable(path, place) as file:
        return _tensor(file, spec, place)


def read_picture(path: str, place: TensorRef) -> Frame:
    """The picture in a file, as a source would give it; raises InvalidInput."""
    with _readable(path, place) as file:
        data = file.read_bytes()
        if body_kind(data[:12]) not in _PICTURES:
            raise InvalidInput(f"'{file.name}' for {place} is no picture; JPEG and PNG files are.")
        return Frame(0, 0, decode_image(data), name=file.name)


def read_sound(path: str, place: TensorRef, wanted: AudioFormat | None) -> AudioWindow:
    """The newest window of the sound in a file, as a source would give it; raises InvalidInput.

    Without a wanted format it is all of the sound at its own rate; shorter sound begins with
    silence.
    """
    with _readable(path, place) as file:
        try:
            samples, rate = decode_sound(file.read_bytes())
        except InvalidInput as error:
            raise InvalidInput(f"'{file.name}' for {place}: {error.message}", error.hint) from error
    if wanted is not None:
        samples = samples if rate == wanted.rate else soxr.resample(samples, rate, wanted.rate)
        samples, rate = samples[-wanted.window :], wanted.rate
        samples = np.pad(samples, (wanted.window - len(samples), 0)).astype(np.float32)
    return AudioWindow(0, 0, samples, rate, name=Path(path).name)


@contextmanager
def _readable(path: str, place: TensorRef) -> Iterator[Path]:
    """The file, if it is one that may be read; what goes wrong with it becomes InvalidInput."""
    if not path:
        raise InvalidInput(f"{place} is to be a file, and none is chosen.")
    file = Path(path).expanduser()
    try:
        check_regular(file)
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InvalidInput(
                f"'{file}' is {mebibytes(size)}; at most {mebibytes(MAX_FILE_BYTES)} are read."
            )
        yield file
    except (OSError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InvalidInput(f"'{file}' for {place} cannot be read: {reason}.") from error


def _tensor(file: Path, spec: TensorSpec, place: TensorRef) -> Tensor:
    with file.open("rb") as stream:
        head = stream.read(12)
    if head.startswith(_NPY):
        return _of_array(_npy(file, place), spec, place, f"'{file.name}'")
    if head.startswith(_ZIP) and file.suffix.lower() == ".npz":
        return _of_array(_npz(file, spec, place), spec, place, f"'{file.name}'")
    data = file.read_bytes()
    if file.suffix.lower() == ".json":
        return json_tensor(data, spec, place)
    if spec.datatype is Datatype.BYTES:
        return file_tensor(data, spec, place)
    if body_kind(head) in _PICTURES:
        return picture_tensor(decode_image(data), spec, place)
    if body_kind(head) is BodyKind.WAV or head.startswith(_FLAC):
        return sound_tensor(*decode_sound(data), spec, place)
    return _plain(data, spec, place, file.name)


def _npy(file: Path, place: TensorRef) -> Array:
    try:
        # Mapped first: a header may claim more than there is, and mapping checks that.
        return np.array(np.load(file, mmap_mode="r", allow_pickle=False))
    except ValueError as error:
        if "object" in str(error).lower() or "pickle" in str(error).lower():
            raise InvalidInput(
                f"'{file}' for {place} holds Python objects, which are not read.",
                hint="Save texts as an array of strings: array.astype('S').",
            ) from None
        raise InvalidInput(f"'{file}' for {place} is not a whole .npy file: {error}.") from error


def _npz(file: Path, spec: TensorSpec, place: TensorRef) -> Array:
    with zipfile.ZipFile(file) as archive:
        claimed = sum(entry.file_size for entry in archive.infolist())
        if claimed > MAX_FILE_BYTES:
            raise InvalidInput(f"'{file}' unpacks to {mebibytes(claimed)}, which is too much.")
    try:
        with np.load(file, allow_pickle=False) as arrays:
            names: list[str] = arrays.files
            if spec.name in names:
                return np.asarray(arrays[spec.name])
            if len(names) == 1:
                return np.asarray(arrays[names[0]])
    except ValueError as error:
        raise InvalidInput(f"'{file}' for {place} cannot be read: {error}.") from error
    raise InvalidInput(
        f"'{file}' has no array named '{spec.name}' for {place}; it has {', '.join(names[:8])}."
    )


def _of_array(values: Array, spec: TensorSpec, place: TensorRef, what: str) -> Tensor:
    if spec.datatype is Datatype.BYTES:
        if values.dtype.kind not in "SU":
            raise InvalidInput(
                f"{place} takes BYTES, {what} holds {values.dtype}.",
                hint="Save texts with .astype('S') or .astype('U').",
            )
        shape = fitting_shape(values.shape, values.size, spec, place, what)
        items = [_as_bytes(item) for item in values.reshape(-1).tolist()]
        return Tensor(spec.name, spec.datatype, object_array(items, shape))
    if spec.datatype is Datatype.BF16 and values.dtype.kind == "f":
        values = as_datatype(values, Datatype.BF16)
    return shaped(values, spec, place, what)


def _plain(data: bytes, spec: TensorSpec, place: TensorRef, name: str) -> Tensor:
    """Elements as they are on the wire."""
    itemsize = spec.datatype.numpy.itemsize
    least = count_elements(tuple(max(size, 0) for size in spec.shape), place)
    if len(data) % itemsize:
        raise InvalidInput(
            f"{place} takes {spec.datatype} {list(spec.shape)}; '{name}' is no file of a known "
            f"kind, and its {len(data)} bytes are not a multiple of {itemsize}.",
            hint=f"Expected {least * itemsize} bytes, little-endian."
            if -1 not in spec.shape
            else "",
        )
    values = np.frombuffer(data, spec.datatype.numpy)
    return shaped(values, spec, place, f"'{name}'")


def _as_bytes(item: Any) -> bytes:
    return item if isinstance(item, bytes) else str(item).encode()
