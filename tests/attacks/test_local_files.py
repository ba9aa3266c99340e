"""The program's own files, damaged in every way: nothing is lost, nothing hangs, all is said."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import ConsoleError, InvalidInput, UsageError
from backend.core.files.json import json_object
from backend.inspector.calls.exchange import Exchange, MethodKind, Request, Status, TimingPart
from backend.inspector.history.exchange_record import to_record
from backend.inspector.history.export import FORMAT, export_exchanges, import_into, read_exchanges
from backend.inspector.history.file import HistoryUnavailable
from backend.inspector.history.store import History
from backend.targets.secrets import Secrets
from backend.targets.store import TargetStore
from backend.wire.json.stored import typed
from tests.attacks.growth import assert_linear

_ROOT = Path(__file__).resolve().parents[2]
_HEAD = json.dumps({"format": FORMAT, "version": 1}).encode() + b"\n"
posix = pytest.mark.skipif(os.name != "posix", reason="pipes and rights of POSIX")


def exchange(body: bytes = b"{}") -> Exchange:
    request = Request("home", MethodKind.REST, "/v2/models/m/infer", (body,), "POST")
    timing = (TimingPart("total", 0, 5, (TimingPart("inner", 1, 2),)),)
    return Exchange(request, datetime(2024, 1, 1, tzinfo=UTC), 5, Status(200, "OK"), timing=timing)


def line(change: Callable[[dict[str, object]], object] = lambda record: None) -> bytes:
    """A line of an exported history, its record changed."""
    record, bodies = to_record(exchange())
    change(record)
    coded = [base64.b64encode(body).decode() for body in bodies]
    return json.dumps({"exchange": record, "bodies": coded}).encode() + b"\n"


def nested(depth: int) -> dict[str, object]:
    part: dict[str, object] = {"name": "x", "start_ns": 0, "duration_ns": 0, "parts": []}
    for _ in range(depth):
        part = {"name": "x", "start_ns": 0, "duration_ns": 0, "parts": [part]}
    return part


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (line(lambda r: r.update(total_ns=1 << 70)), "total_ns is a number beyond 64 bits"),
        (line(lambda r: r.update(total_ns=float("inf"))), "total_ns is not a finite number"),
        (line(lambda r: r.update(total_ns="5")), "total_ns: expected a whole number"),
        (line(lambda r: r.pop("total_ns")), "total_ns is missing"),
        (line(lambda r: r.update(status=[1])), "status: expected an object or null, got a list"),
        (line(lambda r: r.update(status={"code": 1e999, "name": ""})), "status code"),
        (line(lambda r: r.update(timing=[nested(100)])), "nested too deeply"),
        (
            line(lambda r: r.update(timing=[{"name": 1}])),
            r"timing\[0\] name: expected text, got a whole number",
        ),
        (line(lambda r: r.update(headers=[["a"]])), r"headers\[0\]: expected a list of 2"),
        (line(lambda r: r.update(sent_ns=[1 << 64])), r"sent_ns\[0\] is a number beyond 64 bits"),
        (line(lambda r: r.update(replies=7)), "replies: expected a list"),
        (line(lambda r: r.update(started_at="now")), "started_at: expected a time"),
        (line(lambda r: r.update(started_at="0001-01-01T00:00:00+14:00")), "started_at"),
        (line(lambda r: r.update(extra=1)), "unknown key 'extra'"),
        (line(lambda r: r.update(request=None)), "request: expected an object"),
        (b'{"exchange": ' + b"[" * 100_000 + b"\n", "nested too deeply"),
        (b'{"exchange": ' + b"9" * 5000 + b"}\n", "too many digits"),
        (b"\xff\xfe\n", "not UTF-8"),
        (b"{\n", "not JSON"),
        (b"[]\n", "does not hold an object"),
        (b'{"exchange": {}, "bodies": [1]}\n', r"bodies\[0\]: expected base64, got"),
        (b'{"exchange": {}, "bodies": ["\\u00e9"]}\n', r"bodies\[0\]: expected base64"),
        (b'{"exchange": {}}\n', "bodies is missing"),
    ],
)
def test_an_import_that_is_damaged_names_line_and_field_and_changes_nothing(
    tmp_path: Path, damaged: bytes, words: str
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(_HEAD + line() + line() + damaged + line())
    with History(tmp_path / "h.db") as history:
        kept = history.add(exchange(b"before"))
        with pytest.raises(InvalidInput, match=words) as caught:
            import_into(history, path)
        assert caught.value.message.startswith("Line 4 ")
        assert [row.id for row in history.rows()] == [kept]
        path.write_bytes(_HEAD + line() + line())
        assert import_into(history, path) == 2


@posix
def test_what_is_no_file_to_import_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2 << 30)
    with History() as history:
        for name in ("pipe", "huge", ".", "nowhere"):
            with pytest.raises(UsageError, match=r"cannot be read|larger than"):
                import_into(history, tmp_path / name)


def test_a_line_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.inspector.history.export.MAX_LINE", 100)
    (tmp_path / "x.jsonl").write_bytes(_HEAD + line())
    with pytest.raises(InvalidInput, match=r"Line 2 .* longer than 100 bytes"):
        list(read_exchanges(tmp_path / "x.jsonl"))


@pytest.mark.parametrize("kind", ["bodies", "parts", "headers", "brackets"])
def test_a_line_is_read_in_linear_time_and_memory(tmp_path: Path, kind: str) -> None:
    def made(size: int) -> Callable[[], object]:
        path = tmp_path / f"{size}.jsonl"
        content = {
            "bodies": b'{"exchange": {}, "bodies": [' + b'"",' * (size // 3) + b'""]}',
            "parts": line(lambda r: r.update(timing=[nested(0)] * (size // 60))),
            "headers": line(lambda r: r.update(headers=[["a", "b"]] * (size // 12))),
            "brackets": b"[" * size,
        }[kind]
        path.write_bytes(_HEAD + content)

        def read_all() -> None:
            with contextlib.suppress(ConsoleError):
                list(read_exchanges(path))

        return read_all

    assert_linear(made, 100_000, seconds=20.0, peak_bytes_per_byte=150)


@pytest.mark.parametrize("content", [b"[", b'{"a":', b'"\\', b"[1,", b"9"])
def test_json_of_our_own_is_read_in_linear_time_and_memory(content: bytes) -> None:
    def made(size: int) -> Callable[[], object]:
        data = content * (size // len(content))

        def read_it() -> None:
            with contextlib.suppress(UsageError):
                json_object(data, "x.json")

        return read_it

    assert_linear(made, 1 << 20, seconds=5.0, peak_bytes_per_byte=40)


@pytest.mark.parametrize("content", ['[{"a":1}],', "[[1]],", "[1e3],", '["a"],'])
def test_what_our_json_holds_is_looked_at_in_linear_time_and_memory(content: str) -> None:
    def made(size: int) -> Callable[[], object]:
        value = json.loads("[" + content * (size // len(content)) + "[]]")

        def read_it() -> None:
            with contextlib.suppress(UsageError):
                typed(tuple[tuple[Any, ...], ...], value, "it")

        return read_it

    assert_linear(made, 1 << 18, seconds=10.0, peak_bytes_per_byte=40)


def older(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = -1")


def other_tables(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE parts")
        db.execute("CREATE TABLE parts (what TEXT)")


def foreign(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (address TEXT)")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@posix
@pytest.mark.parametrize("damage", [older, other_tables, foreign, a_folder, a_pipe])
def test_a_history_that_is_none_of_this_version_is_set_aside_each_under_its_own_number(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "history.sqlite"
    for number in (1, 2):
        History(path).close()
        damage(path)
        with History(path) as history:
            assert f"history.sqlite.broken-{number}" in history.notice
            assert history.get(history.add(exchange())).ok
        assert (tmp_path / f"history.sqlite.broken-{number}").exists()


def test_what_was_not_checkpointed_is_set_aside_with_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    killed = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from backend.inspector.history.store import History\n"
        "from tests.attacks.test_local_files import exchange\n"
        "history = History(Path(sys.argv[1]))\n"
        "history.add(exchange(b'only in the log'))\n"
        "os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", killed, path], cwd=_ROOT, check=False).returncode
    assert path.with_name("history.sqlite-wal").stat().st_size
    path.write_bytes(b"damaged" + path.read_bytes()[7:])
    History(path).close()
    log = tmp_path / "history.sqlite.broken-1-wal"
    assert b"only in the log" in log.read_bytes()


def test_a_row_that_nobody_of_us_wrote_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with History(path) as history:
        good, bad = history.add(exchange()), history.add(exchange())
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute(
                "UPDATE exchanges SET started_at = ?, record = ? WHERE id = ?",
                (b"\xff", "[" * 50_000, bad),
            )
            db.commit()
        assert [row.id for row in history.rows()] == [good]
        assert "1 exchanges" in history.notice
        with pytest.raises(InvalidInput, match="damaged"):
            history.get(bad)


def test_a_locked_or_full_history_is_said_and_not_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.inspector.history.file._BUSY_S", 0.05)
    path = tmp_path / "h.db"
    with History(path) as history:
        history.add(exchange())
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(HistoryUnavailable, match="locked"):
                history.add(exchange())
        pages = history._db.execute("PRAGMA page_count").fetchone()[0]
        history._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(HistoryUnavailable, match="full"):
            history.add(exchange(os.urandom(500_000)))
        history._db.execute("PRAGMA max_page_count = 100000")
        history.add(exchange())
        assert history.size[0] == 2
    assert not list(tmp_path.glob("*.broken-*"))


_ADD = """
import sys
from pathlib import Path
from backend.inspector.history.store import History
from tests.attacks.test_local_files import exchange

print("ready", flush=True)
sys.stdin.readline()
with History(Path(sys.argv[1])) as history:
    for number in range(int(sys.argv[3])):
        history.add(exchange(f"{sys.argv[2]} {number}".encode()))
    assert not history.notice, history.notice
"""


def test_two_programs_write_one_history_and_all_of_both_is_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "h.db"  # both also make it
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _ADD, path, name, "40"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in ("first", "second")
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
    for child in children:
        child.communicate()
        assert child.returncode == 0
    with History(path) as history:
        bodies = {history.get(row.id).request.body.decode() for row in history.rows()}
    assert bodies == {f"{name} {n}" for name in ("first", "second") for n in range(40)}


def test_a_history_that_one_program_sets_aside_is_left_by_the_other_too(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with History(path) as first, History(path) as second:
        first.add(exchange(b"old"))
        for name in ("h.db", "h.db-wal", "h.db-shm"):
            (tmp_path / name).rename(tmp_path / f"moved-{name}")
        first.add(exchange(b"new"))
        second.add(exchange(b"newer"))
        for history in (first, second):
            bodies = [history.get(row.id).request.body for row in history.rows()]
            assert sorted(bodies) == [b"new", b"newer"]


def test_what_one_window_cleared_is_its_own_to_bring_back(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with History(path) as first:
        first.add(exchange())
        first.clear()
        with History(path) as second:  # a window that opens meanwhile
            assert second.rows() == ()
            assert second.undo_clear() == 0
            second.forget_cleared()
        assert first.undo_clear() == 1
        first.clear()
    with History(path) as later:
        assert later.size == (0, 0)


def test_an_import_ends_when_the_history_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    history = History(path)

    def closing() -> object:
        yield exchange()
        history._closing.set()
        yield exchange()

    with pytest.raises(HistoryUnavailable, match="closed"):
        history.add_all(closing())  # type: ignore[arg-type]
    history.close()
    with History(path) as later:
        assert later.size == (0, 0)


@posix
def test_the_history_is_its_owners_only_also_one_that_was_not(tmp_path: Path) -> None:
    path = tmp_path / "data" / "history.sqlite"
    History(path).close()
    path.chmod(0o644)
    with History(path) as history:
        history.add(exchange())
        found = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(found) >= {"history.sqlite", "history.sqlite-wal", "history.sqlite-shm"}
    assert set(found.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_full_export_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    export_exchanges(path, (exchange(b"%d" % n) for n in range(300)))
    with History() as history:
        assert import_into(history, path) == 300


@posix
@pytest.mark.parametrize("kind", ["folder", "pipe", "bytes", "large", "deep"])
def test_targets_that_cannot_be_read_are_set_aside(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "targets.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(
            {"bytes": b"\xff", "large": b" " * (5 << 20), "deep": b'{"a":' * 100_000}[kind]
        )
    store = TargetStore(path, Secrets())
    assert "targets.json.broken-1" in store.problem
    assert len(store.targets()) == 1
    assert (tmp_path / "targets.json.broken-1").exists()
