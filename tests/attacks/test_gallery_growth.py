"""What servers and wheels may send for a model costs what its size says."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from backend.core.errors import ConsoleError
from backend.gallery import Cancellation
from backend.gallery.entry import WheelSource
from backend.gallery.partial import PartialFile
from backend.gallery.progress import Reporter, ignore
from backend.gallery.wheels import take_from_wheel
from tests.attacks.growth import assert_linear
from tests.gallery.conftest import content, entry, from_github, gallery_of, path_of, wanted
from tests.gallery.file_server import FileServer, Request

MEMBER = "m.onnx"


def test_a_file_that_comes_in_pieces_of_a_byte(tmp_path: Path) -> None:
    """Chunks of one byte each, sent together: the most work that a byte can make."""

    def tiny_chunks(request: Request, data: bytes) -> None:
        request.start(200, None, {"Transfer-Encoding": "chunked"})
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in data)
        request.send(chunks + b"0\r\n\r\n")

    server = FileServer()
    server.always = tiny_chunks
    numbers = iter(range(1000))

    def call_with(size: int) -> Callable[[], object]:
        data = content(size)
        server.contents[path_of("model.onnx")] = data
        one = entry(wanted(data, from_github()))
        return lambda: gallery_of(tmp_path / str(next(numbers)), server.url, one).get("tiny")

    try:
        assert_linear(call_with, 10_000, seconds=30, peak_bytes_per_byte=40)
    finally:
        server.close()


def test_a_wheel_of_countless_files(tmp_path: Path) -> None:
    source = WheelSource(package="w", version="1", path=MEMBER, wheel_size=1)
    data = content(1000)

    def call_with(count: int) -> Callable[[], object]:
        path = tmp_path / f"w-1-{count}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(MEMBER, data)
            for index in range(count):
                archive.writestr(f"{index}", b"")
        return lambda: take(path, source, data, tmp_path)

    assert_linear(call_with, 2000, seconds=10, peak_bytes_per_byte=4000)


def test_a_wheel_whose_file_swells_costs_what_the_catalogue_says(tmp_path: Path) -> None:
    """The header lies: the file unpacks to a thousand times what it says."""
    source = WheelSource(package="w", version="1", path=MEMBER, wheel_size=1)
    data = bytes(1000)

    def call_with(size: int) -> Callable[[], object]:
        path = tmp_path / f"w-1-{size}.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MEMBER, bytes(size))
            true = archive.getinfo(MEMBER).file_size.to_bytes(4, "little")
        path.write_bytes(path.read_bytes().replace(true, len(data).to_bytes(4, "little")))
        return lambda: take(path, source, data, tmp_path)

    assert_linear(call_with, 16 << 20, seconds=5, peak_bytes_per_byte=0)


def take(path: Path, source: WheelSource, data: bytes, folder: Path) -> None:
    reporter = Reporter("tiny", len(data), ignore)
    with PartialFile(folder / "model.onnx") as partial, suppress(ConsoleError):
        take_from_wheel(path, source, wanted(data, source), partial, reporter, Cancellation())
