"""Pictures and sound in the messages of simple serving."""

from __future__ import annotations

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array
from backend.wire.elements import Buffer
from backend.wire.generated import modelserving_pb2 as pb
from backend.wire.media.sound import decode_sound, pcm_float32, pcm_int16
from backend.wire.picture_headers import MAX_SIDE
from backend.wire.serving.items import PictureFile, Pixels, Sound

PIXEL_FORMATS = ("rgb", "bgr", "gray")
"""Names of the pixel formats, in the order of the enumeration in the messages."""


def pixels_of(data: Buffer, height: int, width: int, pixel_format: str = "rgb") -> Pixels:
    """Pixels row by row as a picture: RGB a view, BGR turned round, grey repeated.

    Raises InvalidInput if the format is unknown or the size is not what it calls for.
    """
    if pixel_format not in PIXEL_FORMATS:
        raise InvalidInput(
            f"Unknown pixel format '{pixel_format}'.", hint=f"Use {', '.join(PIXEL_FORMATS)}."
        )
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
        raise InvalidInput(
            f"Raw pixels need height and width from 1 to {MAX_SIDE}, got {height} x {width}."
        )
    channels = 1 if pixel_format == "gray" else 3
    expected = height * width * channels
    if len(data) != expected:
        raise InvalidInput(
            f"{height} x {width} {pixel_format} pixels are {expected} bytes, got {len(data)}."
        )
    pixels: Array = np.frombuffer(data, np.uint8).reshape(height, width, channels)
    if pixel_format == "bgr":
        pixels = np.ascontiguousarray(pixels[:, :, ::-1])
    elif pixel_format == "gray":
        pixels = np.repeat(pixels, 3, axis=2)
    return Pixels(pixels)


def fill_image(message: pb.Image, picture: Pixels | PictureFile) -> None:
    """Put a picture into a message."""
    if isinstance(picture, PictureFile):
        message.encoding = pb.Image.ENCODING_FILE
        message.data = picture.data
        return
    message.SetInParent()
    message.height, message.width, _ = picture.pixels.shape
    message.data = picture.pixels.tobytes()


def image_of(message: pb.Image) -> Pixels | PictureFile:
    """The picture in a message; raises InvalidInput."""
    if message.encoding == pb.Image.ENCODING_FILE:
        return PictureFile(message.data)
    if message.encoding != pb.Image.ENCODING_RAW:
        raise InvalidInput(f"Unknown image encoding {message.encoding}; use 0 (raw) or 1 (file).")
    if message.format >= len(PIXEL_FORMATS) or message.format < 0:
        raise InvalidInput(f"Unknown pixel format {message.format}; use 0 to 2.")
    return pixels_of(message.data, message.height, message.width, PIXEL_FORMATS[message.format])


def fill_audio(message: pb.Audio, sound: Sound) -> None:
    """Put sound into a message: 32-bit floats of one channel."""
    message.rate = sound.rate or 0
    message.channels = 1
    message.pcm = sound.samples.astype("<f4", copy=False).tobytes()


def audio_of(message: pb.Audio) -> Sound:
    """The sound in a message; raises InvalidInput."""
    rate = message.rate or None
    match message.format:
        case pb.Audio.SAMPLE_FORMAT_FLOAT32:
            return Sound(pcm_float32(message.pcm, message.channels), rate)
        case pb.Audio.SAMPLE_FORMAT_INT16:
            return Sound(pcm_int16(message.pcm, message.channels), rate)
        case pb.Audio.SAMPLE_FORMAT_FILE:
            return Sound(*decode_sound(message.pcm))
        case unknown:
            raise InvalidInput(f"Unknown sample format {unknown}; use 0 to 2.")
