"""Shared memory regions by themselves: what may be registered, read and written, and what not."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.core.errors import AlreadyExists, InvalidInput, NotFound, Overloaded, PayloadTooLarge
from backend.server.memory.regions import MAX_REGIONS, Region, SharedMemory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

CONTENT = bytes(range(100))


@pytest.fixture
def file() -> Iterator[Path]:
    path = Path("/dev/shm") / f"inferdeck-test-{uuid.uuid4().hex}"
    path.write_bytes(CONTENT)
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def memory() -> Iterator[SharedMemory]:
    memory = SharedMemory(1000)
    yield memory
    memory.unregister_all()


def region(file: Path, offset: int = 0, size: int = 100, name: str = "r") -> Region:
    return Region(name, f"/{file.name}", offset, size)


def test_a_region_is_read_and_written_where_it_lies(memory: SharedMemory, file: Path) -> None:
    memory.register(region(file, 10, 50))
    assert bytes(memory.read("r", 5, 20)) == CONTENT[15:35]
    memory.write("r", 48, b"ab")
    assert file.read_bytes() == CONTENT[:58] + b"ab" + CONTENT[60:]


@pytest.mark.parametrize(("offset", "size"), [(51, 0), (0, 51), (49, 2), (1 << 62, 1)])
def test_nothing_outside_of_a_region_is_touched(
    memory: SharedMemory, file: Path, offset: int, size: int
) -> None:
    memory.register(region(file, 10, 50))
    with pytest.raises(InvalidInput, match="Invalid offset"):
        memory.read("r", offset, size)
    with pytest.raises(InvalidInput, match="Invalid offset"):
        memory.write("r", offset, bytes(min(size, 60)) + b"." * (offset < 50))
    assert file.read_bytes() == CONTENT


def test_a_region_that_shrinks_is_an_error_until_it_is_large_again(
    memory: SharedMemory, file: Path
) -> None:
    memory.register(region(file))
    os.truncate(file, 10)
    for _ in range(2):
        with pytest.raises(InvalidInput, match="smaller now"):
            memory.read("r", 0, 100)
        with pytest.raises(InvalidInput, match="smaller now"):
            memory.write("r", 90, b"x")
    assert bytes(memory.read("r", 0, 10)) == CONTENT[:10]
    os.truncate(file, 100)
    assert bytes(memory.read("r", 0, 100)) == CONTENT[:10] + bytes(90)


def test_a_region_outlives_its_name(memory: SharedMemory, file: Path) -> None:
    memory.register(region(file))
    file.unlink()
    assert bytes(memory.read("r", 0, 100)) == CONTENT


def test_a_name_is_taken_until_it_is_unregistered(memory: SharedMemory, file: Path) -> None:
    memory.register(region(file))
    with pytest.raises(AlreadyExists, match="'r' already in manager"):
        memory.register(region(file, 1, 2))
    memory.unregister("r")
    memory.unregister("r")
    memory.register(region(file, 1, 2))
    assert memory.status() == memory.status("r") == (region(file, 1, 2),)


def test_an_unknown_region_is_not_found(memory: SharedMemory) -> None:
    for ask in (lambda: memory.read("x", 0, 1), lambda: memory.status("x")):
        with pytest.raises(NotFound, match=r"Unable to find .*'x'"):
            ask()


@pytest.mark.parametrize(
    "key", ["", "/", "/../shadow", "../x", "a/b", "/a/b", ".", "..", "a\0b", "x" * 256, "\ud800"]
)
def test_a_key_is_one_name(memory: SharedMemory, key: str) -> None:
    with pytest.raises(InvalidInput, match="Unable to open shared memory region"):
        memory.register(Region("r", key, 0, 1))


def test_a_link_is_not_followed(memory: SharedMemory, file: Path, tmp_path: Path) -> None:
    target = tmp_path / "secret"
    target.write_bytes(b"secret")
    file.unlink()
    file.symlink_to(target)
    with pytest.raises(InvalidInput, match="Unable to open"):
        memory.register(region(file, 0, 6))


def test_a_pipe_is_no_shared_memory(memory: SharedMemory, file: Path) -> None:
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(InvalidInput, match="is no shared memory"):
        memory.register(region(file))


@pytest.mark.parametrize(("offset", "size"), [(0, 101), (1, 100), (-1, 5), (0, 0), (0, -1)])
def test_a_region_lies_within_its_object(
    memory: SharedMemory, file: Path, offset: int, size: int
) -> None:
    with pytest.raises(InvalidInput, match="failed to register shared memory region 'r'"):
        memory.register(region(file, offset, size))


def test_one_access_is_bounded(memory: SharedMemory, file: Path) -> None:
    os.truncate(file, 5000)
    memory.register(region(file, 0, 5000))
    with pytest.raises(PayloadTooLarge):
        memory.read("r", 0, 1001)


def test_the_number_of_regions_is_bounded_and_no_file_stays_open(
    memory: SharedMemory, file: Path
) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(MAX_REGIONS):
        memory.register(region(file, name=str(number)))
    with pytest.raises(Overloaded):
        memory.register(region(file, name="more"))
    for wrong in ("/absent", f"/{file.name}"):
        with pytest.raises((InvalidInput, Overloaded)):
            memory.register(Region("wrong", wrong, 0, 10**6))
    memory.unregister_all()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
