"""Small files that claim much, and files of every kind to damage; all written here."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from backend.core.tensors import Array
from backend.wire.media.opencv import cv2

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIDE = 48


def drawing(height: int = _SIDE, width: int = _SIDE + 1, channels: int = 3) -> Array:
    """A picture without symmetry, so that a turn or a swap of colours shows."""
    rows, columns = np.mgrid[0:height, 0:width]
    planes = (columns * 5, rows * 4, columns + rows, rows * 2 + 40)[:channels]
    return np.ascontiguousarray(np.stack(planes, axis=2).astype(np.uint8))


def written(suffix: str, pixels: Array, *options: int) -> bytes:
    """The file that OpenCV writes."""
    done, data = cv2.imencode(suffix, pixels, list(options))
    assert done
    return bytes(data)


def png_chunk(name: bytes, data: bytes = b"", *, claimed: int | None = None) -> bytes:
    """A chunk, whose length may be another than that of its data."""
    length = len(data) if claimed is None else claimed
    return struct.pack(">I", length) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int, height: int, *, depth: int = 8, colour: int = 2) -> bytes:
    """Signature and first chunk of a PNG."""
    return PNG_SIGNATURE + png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    )


def png_pixels(width: int, height: int, channels: int = 3) -> bytes:
    """All pixels black, packed as small as deflate can."""
    return zlib.compress(bytes(height * (1 + width * channels)), 9)


def black_png(width: int, height: int, *between: bytes) -> bytes:
    """A whole PNG with chunks of our own after its header."""
    body = png_chunk(b"IDAT", png_pixels(width, height)) + png_chunk(b"IEND")
    return png_header(width, height) + b"".join(between) + body


def animated_png(side: int) -> bytes:
    """Two frames with transparency."""

    def frame(number: int) -> bytes:
        fields = struct.pack(">IIIIIHHBB", number, side, side, 0, 0, 1, 10, 0, 0)
        return png_chunk(b"fcTL", fields)

    pixels = png_pixels(side, side, 4)
    return (
        png_header(side, side, colour=6)
        + png_chunk(b"acTL", struct.pack(">II", 2, 0))
        + frame(0)
        + png_chunk(b"IDAT", pixels)
        + frame(1)
        + png_chunk(b"fdAT", struct.pack(">I", 2) + pixels)
        + png_chunk(b"IEND")
    )


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose header says another size."""
    data = bytearray(written(".jpg", drawing()))
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, height, width)
    return bytes(data)


def jpeg_of_scans(scans: int) -> bytes:
    """A progressive JPEG that goes over the picture once more, and once more."""
    data = written(".jpg", drawing(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * scans + data[-2:]


def turned_jpeg(orientation: int) -> bytes:
    """A JPEG whose metadata says how it is to be turned."""
    entry = struct.pack("<HHII", 0x112, 3, 1, orientation)
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + bytes(4)
    data = written(".jpg", drawing())
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def webp_canvas(side: int) -> bytes:
    """An animated WebP of a few bytes whose canvas is of any size."""
    animation = cv2.Animation()
    animation.frames = [drawing(channels=4), drawing(channels=4)[::-1].copy()]
    animation.durations = [100, 100]
    done, data = cv2.imencodeanimation(".webp", animation)
    assert done
    file = bytearray(bytes(data))
    assert file[12:16] == b"VP8X"
    if side:
        file[24:30] = 2 * struct.pack("<I", side - 1)[:3]
    return bytes(file)


def tiff(tags: dict[int, int], body: bytes = bytes(800), *, order: str = "<") -> bytes:
    """A TIFF of one directory, every tag one number."""
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, v) for tag, v in tags.items())
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IH", 8, len(tags)) + entries + bytes(4) + body


def tiled_tiff(side: int, tile: int) -> bytes:
    """One tile, larger than its picture if need be."""
    return tiff({256: side, 257: side, 258: 8, 259: 5, 262: 1, 277: 1,
                 322: tile, 323: tile, 324: 300, 325: 500})  # fmt: skip


def bmp(width: int, height: int, *, packing: int = 0, body: bytes = b"") -> bytes:
    """A BMP of 24 bits a pixel, or of 8 bits and 256 colours if it is packed."""
    depth, colours = (8, bytes(range(256)) * 4) if packing else (24, b"")
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, packing, 0, 0, 0, 0, 0)
    starts = struct.pack("<IHHI", 0, 0, 0, 54 + len(colours))
    return b"BM" + starts + header + colours + body


ORDINARY: dict[str, bytes] = {
    "jpeg": written(".jpg", drawing()),
    "jpeg_grey": written(".jpg", drawing(channels=1)),
    "jpeg_progressive": written(".jpg", drawing(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "jpeg_restarts": written(".jpg", drawing(), cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
    "jpeg_and_more": written(".jpg", drawing()) + written(".jpg", drawing(8, 8)),
    "png": written(".png", drawing()),
    "png_alpha": written(".png", drawing(channels=4)),
    "png_16_bits": written(".png", drawing().astype(np.uint16) * 257),
    "png_two_colours": written(".png", drawing(channels=1), cv2.IMWRITE_PNG_BILEVEL, 1),
    "png_animated": animated_png(40),
    "png_metadata": black_png(9, 9, png_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"text"))),
    "webp": written(".webp", drawing(), cv2.IMWRITE_WEBP_QUALITY, 70),
    "webp_lossless": written(".webp", drawing(), cv2.IMWRITE_WEBP_QUALITY, 101),
    "webp_alpha": written(".webp", drawing(channels=4), cv2.IMWRITE_WEBP_QUALITY, 70),
    "webp_animated": webp_canvas(0),
    "bmp": written(".bmp", drawing()),
    "bmp_grey": written(".bmp", drawing(channels=1)),
    "bmp_top_down": bmp(4, -3, body=bytes(range(36))),
    "bmp_packed": bmp(4, 1, packing=1, body=b"\x04\0\0\x01"),
    "tiff": written(".tiff", drawing()),
    "tiff_16_bits": written(".tiff", drawing().astype(np.uint16) * 257),
    "tiff_plain": written(".tiff", drawing(), cv2.IMWRITE_TIFF_COMPRESSION, 1),
    "tiff_deflate": written(".tiff", drawing(), cv2.IMWRITE_TIFF_COMPRESSION, 8),
    "tiff_big_endian": tiff({256: 20, 257: 40, 258: 8, 259: 1, 262: 1, 273: 150, 277: 1,
                             278: 40, 279: 800}, bytes(range(256)) * 4, order=">"),
    **{f"jpeg_turned_{n}": turned_jpeg(n) for n in range(1, 9)},
}  # fmt: skip
"""A file of every accepted format, in the variants that people have."""

_UNPACKED = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(7_900_000), 9))

BOMBS: dict[str, tuple[bytes, str]] = {
    "png_chunk_2_gib": (png_header(1, 1) + struct.pack(">I", 0x7FFF_FFFF) + b"IDAT", "claims"),
    "png_chunk_4_gib": (png_header(1, 1) + struct.pack(">I", 0xFFFF_FFF0) + b"tEXt", "claims"),
    "png_late_chunk": (
        black_png(8, 8, png_chunk(b"eXIf", b"x" * 700, claimed=0x7FFF_0000)),
        "claims",
    ),
    "png_size": (png_header(60_000, 60_000) + bytes(99), "3,600.0 megapixels"),
    "png_high": (png_header(1, 1 << 21) + bytes(99), "1 x 2097152 pixels"),
    "png_no_pixels": (png_header(8000, 8000) + png_chunk(b"IEND"), "cannot be in 0 bytes"),
    "png_packed_texts": (black_png(8, 8, *[_UNPACKED] * 70), "packed texts"),
    "png_chunks": (black_png(8, 8, png_chunk(b"prVt") * 250_000), "250,000 chunks"),
    "jpeg_size": (jpeg_claiming(65_000, 65_000), "4,225.0 megapixels"),
    "jpeg_no_pixels": (jpeg_claiming(8000, 8000), "cannot be in"),
    "jpeg_scans": (jpeg_of_scans(2000), "more than 100 scans"),
    "jpeg_segment": (b"\xff\xd8\xff\xe1\xff\xff" + bytes(50), "claims 65,535 bytes"),
    "jpeg_segments": (b"\xff\xd8" + b"\xff\xe0\0\x02" * 250_000, "250,000 segments"),
    "jpeg_two_headers": (
        ORDINARY["jpeg"][:-2] + ORDINARY["jpeg"][ORDINARY["jpeg"].index(b"\xff\xc0") :],
        "two headers",
    ),
    "jpeg_lossless": (ORDINARY["jpeg"].replace(b"\xff\xc0", b"\xff\xc3"), "lossless"),
    "webp_canvas": (webp_canvas(16_384), "268.4 megapixels"),
    "webp_canvas_24_bits": (webp_canvas(1 << 24), "281,474,976.7 megapixels"),
    "webp_chunk": (ORDINARY["webp"][:16] + b"\xff" * 4 + ORDINARY["webp"][20:], "claims"),
    "webp_file": (ORDINARY["webp"][:4] + b"\xff" * 4 + ORDINARY["webp"][8:], "claims"),
    "bmp_no_pixels": (bmp(8000, 8000), "take 192,000,054 bytes"),
    "bmp_size": (bmp(2_000_000_000, -2_000_000_000), "megapixels"),
    "bmp_packed_size": (bmp(30_000, 30_000, packing=1), "900.0 megapixels"),
    "tiff_size": (tiff({256: 60_000, 257: 60_000}), "3,600.0 megapixels"),
    "tiff_tile": (tiled_tiff(64, 16_384), "tiles of 268,435,456 pixels"),
    "tiff_samples": (tiff({256: 8000, 257: 8000, 258: 8, 277: 60_000}), "60000 samples"),
    "tiff_bits": (tiff({256: 8000, 257: 8000, 258: 64}), "64 bits"),
    "tiff_packing": (tiff({256: 80, 257: 80, 259: 50_001}), "method 50001"),
    "tiff_twice": (
        tiff({256: 8, 257: 8, 258: 8, 259: 1}).replace(b"\x02\x01\x04\0", b"\0\x01\x04\0"),
        "tag 256 stands there twice",
    ),
    "tiff_strips": (
        tiff({256: 1, 257: 1 << 20, 273: 0}).replace(
            b"\x11\x01\x04\0\x01\0\0\0", b"\x11\x01\x04\0\0\0\0\x40"
        ),
        "claims 4,294,967,296 bytes",
    ),
    "tiff_directory": (b"II*\0" + struct.pack("<I", 0x7FFF_FFFF) + bytes(50), "does not fit"),
}  # fmt: skip
"""What is refused, and a word of the reason."""
