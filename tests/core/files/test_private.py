"""Files of the program's own: replaced at once, set aside under a number, private, never waited
for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from backend.core.errors import UsageError
from backend.core.files.json import json_bytes, json_object
from backend.core.files.private import (
    FileBusy,
    FileUnusable,
    load_file,
    locked,
    make_private,
    read_file,
    set_aside,
    write_file,
)

_ROOT = Path(__file__).resolve().parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="files have other rights elsewhere")
as_user = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere"
)


def object_of(data: bytes) -> dict[str, object]:
    return json_object(data, "x.json")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@posix
def test_what_is_written_is_its_owners_only_and_so_are_new_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.json"
    write_file(path, b"1")
    path.chmod(0o644)
    write_file(path, b"2")
    assert path.read_bytes() == b"2"
    assert [mode(place) for place in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]


@posix
def test_what_is_there_with_wider_rights_loses_them(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    inner = folder / "layouts"
    inner.mkdir(parents=True, mode=0o755)
    for path in (folder / "settings.json", inner / "x.json", tmp_path / "outside"):
        path.write_text("x")
        path.chmod(0o644)
    (folder / "link").symlink_to(tmp_path / "outside")
    make_private(folder)
    assert mode(folder) == mode(inner) == 0o700
    assert mode(folder / "settings.json") == mode(inner / "x.json") == 0o600
    assert mode(tmp_path / "outside") == 0o644


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write_file(tmp_path / "link.json", b"new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"new"


def in_the_way(kind: str, path: Path) -> None:
    if kind == "folder":
        path.mkdir()
        (path / "inner").write_text("kept")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            before = Path.cwd()
            os.chdir(path.parent)  # its own path may be too long for a socket
            try:
                listener.bind(path.name)
            finally:
                os.chdir(before)
    elif kind == "loop":
        path.symlink_to(path)
    else:
        path.write_bytes({"large": b" " * 200, "deep": b"[" * 90, "bytes": b"\xff\xfe{"}[kind])


@posix
@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "loop", "large", "deep", "bytes"])
def test_what_cannot_be_used_is_set_aside_under_a_number_of_its_own(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "x.json"
    for number in (1, 2):
        in_the_way(kind, path)
        loaded = load_file(path, 100, object_of)
        assert loaded.value is None
        assert loaded.replaceable
        assert f"x.json.broken-{number}" in loaded.problem
        assert not os.path.lexists(path)
        assert os.path.lexists(tmp_path / f"x.json.broken-{number}")
    write_file(path, b"{}")
    assert load_file(path, 100, object_of).value == {}
    if kind == "folder":
        assert (tmp_path / "x.json.broken-2" / "inner").read_text() == "kept"


def test_a_file_that_cannot_be_set_aside_is_not_to_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"?")

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    loaded = load_file(path, 100, object_of)
    assert (loaded.value, loaded.replaceable) == (None, False)
    assert "Permission denied" in loaded.problem
    assert [file.name for file in tmp_path.glob("x.json*")] == ["x.json"]


@as_user
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"?")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileUnusable, match="Permission denied"):
            write_file(tmp_path / "x.json", b"{}")
        loaded = load_file(tmp_path / "x.json", 100, object_of)
        assert not loaded.replaceable
    finally:
        tmp_path.chmod(0o700)
    assert (tmp_path / "x.json").read_bytes() == b"?"


@posix
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_file(path, b"old")
    full = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from backend.core.files.private import FileUnusable, write_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_file(Path(sys.argv[1]), b'x' * 5000)\n"
        "except FileUnusable as error:\n"
        "    sys.exit(7)\n"
    )
    run = subprocess.run([sys.executable, "-c", full, path], cwd=_ROOT, check=False)
    assert run.returncode == 7
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["x.json"]


def test_what_a_killed_process_left_half_written_is_removed_later(tmp_path: Path) -> None:
    left, fresh = tmp_path / ".x.json.abc.new", tmp_path / ".x.json.def.new"
    for path in (left, fresh):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))
    write_file(tmp_path / "x.json", b"{}")
    assert sorted(file.name for file in tmp_path.iterdir()) == [fresh.name, "x.json"]


def test_an_absent_file_is_none_and_a_wrong_path_is_said(tmp_path: Path) -> None:
    assert read_file(tmp_path / "nowhere" / "x", 1) is None
    (tmp_path / "file").write_text("")
    assert read_file(tmp_path / "file" / "x", 1) is None
    with pytest.raises(FileUnusable, match="cannot be written"):
        write_file(tmp_path / "file" / "x", b"")
    with pytest.raises(FileUnusable, match="cannot be written"), locked(tmp_path / "file"):
        pass


def test_one_has_the_lock_at_a_time_threads_included(tmp_path: Path) -> None:
    count = tmp_path / "count"
    count.write_text("0")

    def work() -> None:
        for _ in range(20):
            with locked(tmp_path):
                count.write_text(str(int(count.read_text()) + 1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.read_text() == "80"


def test_a_process_that_dies_with_the_lock_lets_go_of_it(tmp_path: Path) -> None:
    holding = (
        "import sys\n"
        "from pathlib import Path\n"
        "from backend.core.files.private import locked\n"
        "with locked(Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, tmp_path],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"held"
        with pytest.raises(FileBusy, match="Another window"), locked(tmp_path, wait_s=0.05):
            pass
        child.kill()
    with locked(tmp_path):
        pass


_WRITE = """
import sys
from pathlib import Path
from backend.core.files.private import write_file

print("ready", flush=True)
sys.stdin.readline()
for number in range(150):
    write_file(Path(sys.argv[1]), sys.argv[2].encode() * (1000 + number))
"""


def test_nobody_reads_half_a_file_while_two_programs_write_it(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_file(path, b"a")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITE, path, sign],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for sign in "ab"
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    reads = 0
    while any(writer.poll() is None for writer in writers):
        data = read_file(path, 1 << 20)
        assert data is not None
        assert len(set(data)) == 1
        assert len(data) == 1 or 1000 <= len(data) < 1150
        reads += 1
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert reads
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"\xff{}", "not UTF-8: byte 0"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b"[]", "does not hold an object"),
        (b"", "not JSON"),
        (b'{"a": 1', "not JSON"),
    ],
)
def test_json_that_is_none_is_said_in_words(data: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        json_object(data, "x.json")


def test_a_file_name_that_is_not_utf_8_comes_back_from_json() -> None:
    name = os.fsdecode(b"/pictures/\xff.png")
    assert json_object(json_bytes({"source": name}), "x.json") == {"source": name}


def test_what_was_set_aside_is_never_replaced(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        (tmp_path / "x").write_text(text)
        set_aside(tmp_path / "x")
    assert [(tmp_path / f"x.broken-{n}").read_text() for n in (1, 2, 3)] == ["one", "two", "three"]
