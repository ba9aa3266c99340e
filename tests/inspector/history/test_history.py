"""The history gives back what it was given, to the byte, forgets in time and keeps no secrets."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.choices import Compression, Serialization
from backend.core.errors import InvalidInput, NotFound, UsageError
from backend.core.inference import InferRequest
from backend.core.target import Target
from backend.core.tensors import Datatype, Tensor
from backend.inspector.calls.caller import Caller
from backend.inspector.calls.exchange import (
    Exchange,
    Fault,
    MethodKind,
    ReplyMessage,
    Request,
    Status,
    TimingPart,
    request_again,
)
from backend.inspector.forms.tensor_form import to_request
from backend.inspector.history.export import export_exchanges, import_into, read_exchanges
from backend.inspector.history.file import HistoryUnavailable
from backend.inspector.history.secret_headers import concealed, concealed_path
from backend.inspector.history.store import History
from backend.wire.oip import grpc as oip_grpc
from tests.stored_files import FOLDER

START = datetime(2024, 1, 1, tzinfo=UTC)
SIZES = st.integers(0, (1 << 63) - 1)
PAIRS = st.lists(st.tuples(st.sampled_from(("x-a", "X-B", "te")), st.text()), max_size=3).map(tuple)
PARTS = st.recursive(
    st.builds(TimingPart, st.text(), SIZES, SIZES),
    lambda inner: st.builds(
        TimingPart,
        st.text(),
        SIZES,
        SIZES,
        st.lists(inner, max_size=2).map(tuple),
        st.text(),
    ),
    max_leaves=4,
)
REQUESTS = st.builds(
    Request,
    target=st.text(),
    kind=st.sampled_from(MethodKind),
    path=st.sampled_from(("/v2/models/a%20b/infer", "/x.Y/Z", oip_grpc.MODEL_INFER, "/v2?a=b")),
    messages=st.lists(st.binary(max_size=50), max_size=3).map(tuple),
    verb=st.sampled_from(("", "POST")),
    headers=PAIRS,
    compression=st.sampled_from(Compression),
    deadline_s=st.none() | st.floats(0.1, 100),
    message_limit=st.integers(1, 1 << 40),
)
EXCHANGES = st.builds(
    Exchange,
    request=REQUESTS,
    started_at=st.datetimes(timezones=st.just(UTC)),
    total_ns=st.integers(0, 1 << 60),
    status=st.none() | st.builds(Status, st.integers(0, 600), st.text(), st.text(), st.booleans()),
    sent_ns=st.lists(SIZES, max_size=3).map(tuple),
    replies=st.lists(st.builds(ReplyMessage, st.binary(max_size=50), SIZES), max_size=3).map(tuple),
    headers=PAIRS,
    trailers=PAIRS,
    timing=st.lists(PARTS, max_size=2).map(tuple),
    fault=st.none() | st.builds(Fault, st.text(), st.text(), st.text(), st.text()),
    sent_left_out=st.integers(0, 5),
    replies_left_out=st.integers(0, 5),
)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(tmp_path / "deep" / "history.db", most=10, most_bytes=8 << 20) as history:
        yield history


def exchange(
    body: bytes = b"{}", reply: bytes = b"{}", target: str = "home", minute: int = 0
) -> Exchange:
    return Exchange(
        Request(target, MethodKind.REST, "/v2/models/shapes/infer", (body,), "POST"),
        START + timedelta(minutes=minute),
        5,
        Status(200, "OK"),
        replies=(ReplyMessage(reply, 3),),
    )


@given(given_exchange=EXCHANGES)
@settings(max_examples=60, deadline=None)
def test_an_exchange_comes_back_as_it_was(given_exchange: Exchange) -> None:
    with History() as history:
        number = history.add(given_exchange)
        assert history.get(number) == given_exchange
        (row,) = history.rows()
        assert (row.id, row.ok) == (number, given_exchange.ok)


@given(exchanges=st.lists(EXCHANGES, max_size=3))
@settings(max_examples=25, deadline=None)
def test_a_file_brings_exchanges_to_another_history(
    exchanges: list[Exchange], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("export") / "a.jsonl"
    assert export_exchanges(path, exchanges) == len(exchanges)
    with History() as history:
        assert import_into(history, path) == len(exchanges)
        rows = sorted(history.rows(), key=lambda row: row.id)
        assert [history.get(row.id) for row in rows] == exchanges


def test_an_export_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing() -> Iterator[Exchange]:
        yield exchange()
        raise HistoryUnavailable("The disk is gone.")

    with pytest.raises(HistoryUnavailable):
        export_exchanges(tmp_path / "e.jsonl", failing())
    assert list(tmp_path.iterdir()) == []


def test_it_is_there_after_the_program_ended(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with History(path) as history:
        number = history.add(exchange(b"\x00\xff" * 1_000_000))
        history.pin(number)
    with History(path) as history:
        assert history.notice == ""
        assert history.get(number).request.messages == (b"\x00\xff" * 1_000_000,)
        assert history.rows()[0].pinned


def test_large_bodies_are_kept_once(history: History) -> None:
    body = bytes(range(256)) * 8192
    numbers = [history.add(exchange(body, body)) for _ in range(5)]
    assert history.size[1] < 2 * len(body)
    assert all(history.get(number).body == body for number in numbers)
    for number in numbers:
        history.delete(number)
    assert history.size == (0, 0)


def test_the_oldest_are_forgotten_beyond_the_number_and_the_bytes(history: History) -> None:
    first = history.add(exchange(b"first"))
    history.pin(first)
    numbers = [history.add(exchange(b"%d" % i, minute=i)) for i in range(20)]
    assert history.size[0] == 10
    assert history.get(first).request.body == b"first"
    assert [row.id for row in history.rows()] == [*reversed(numbers[-9:]), first]
    with pytest.raises(NotFound):
        history.get(numbers[0])
    for place in range(6):
        history.add(exchange(bytes([place]) * (2 << 20)))
    assert history.size[1] <= 8 << 20
    assert history.get(first)


def test_what_is_too_large_is_kept_without_its_bodies(history: History) -> None:
    number = history.add(exchange(b"small", b"x" * (5 << 20)))
    found = history.get(number)
    assert (found.replies, found.replies_left_out, found.replayable) == ((), 1, True)
    assert history.rows()[0].received_bytes == 5 << 20
    number = history.add(exchange(b"x" * (5 << 20)))
    assert not history.get(number).replayable


def test_more_than_half_of_the_room_cannot_be_pinned(history: History) -> None:
    numbers = [history.add(exchange(b"%d" % i)) for i in range(6)]
    for number in numbers[:5]:
        history.pin(number)
    with pytest.raises(UsageError, match="more than half"):
        history.pin(numbers[5])
    history.pin(numbers[0], pinned=False)
    history.pin(numbers[5])
    with pytest.raises(NotFound):
        history.pin(999)


def test_a_search_looks_at_names_status_and_bodies(history: History) -> None:
    message = oip_grpc.encode_request(InferRequest("Finder_1", ()), raw=True)
    grpc = Exchange(
        Request("lab", MethodKind.UNARY, oip_grpc.MODEL_INFER, (message,)),
        START,
        1,
        Status(5, "NOT_FOUND", "no such model", ok=False),
    )
    lab = history.add(grpc)
    home = history.add(exchange(b'{"inputs": ["Gr\xc3\xbc\xc3\x9fe 100%"]}'))
    assert [row.id for row in history.rows("LAB finder_1")] == [lab]
    assert history.rows("lab")[0].model == "Finder_1"
    assert [row.id for row in history.rows("not_found such")] == [lab]
    assert [row.id for row in history.rows("grüsse 100%")] == [home]
    assert [row.id for row in history.rows("shapes 200")] == [home]
    assert history.rows("lab home") == ()
    assert history.rows("%") == history.rows("100%")
    assert len(history.rows("")) == 2


def test_clearing_can_be_undone_until_it_is_final(history: History, tmp_path: Path) -> None:
    numbers = [history.add(exchange(b"%d" % i)) for i in range(3)]
    history.pin(numbers[0])
    assert history.clear() == 2
    assert [row.id for row in history.rows()] == [numbers[0]]
    with pytest.raises(NotFound):
        history.get(numbers[1])
    assert history.undo_clear() == 2
    assert len(history.rows()) == 3
    history.clear()
    history.forget_cleared()
    assert history.undo_clear() == 0
    assert history.size[0] == 1


def test_no_secret_is_written(tmp_path: Path) -> None:
    secret = "t0p-s3cret-value"
    opened = replace(
        exchange(),
        headers=(("Set-Cookie", f"id={secret}"), ("Date", "today")),
        trailers=(("x-session-token", secret),),
    )
    opened = replace(
        opened,
        request=replace(
            opened.request,
            path=f"/v2/models/shapes/infer?api_key={secret}&a=b",
            headers=(
                ("Authorization", f"Bearer {secret}"),
                ("x-api-key", secret),
                ("X-Trace", "1"),
            ),
        ),
    )
    with History(tmp_path / "h.db") as history:
        number = history.add(opened)
        found = history.get(number)
        export_exchanges(tmp_path / "e.jsonl", [opened])
        for file in tmp_path.iterdir():
            assert secret.encode() not in file.read_bytes()
    assert found.request.headers == (
        ("Authorization", "Bearer ${TOKEN}"),
        ("x-api-key", "${X_API_KEY}"),
        ("X-Trace", "1"),
    )
    assert found.request.path.endswith("?api_key=${API_KEY}&a=b")
    assert concealed(found.request.headers) == found.request.headers
    assert concealed_path(found.request.path) == found.request.path


@pytest.mark.parametrize("serialization", list(Serialization))
def test_an_exchange_found_in_the_history_is_sent_again_with_the_same_answer(
    serialization: Serialization, history: History, target: Target
) -> None:
    values = Tensor("INPUT0", Datatype.UINT8, np.arange(200_000).astype(np.uint8))
    request = to_request(
        InferRequest("identity", (values,)),
        serialization,
        target.name,
        headers=(("x-api-key", "k"), ("x-b", "2")),
        deadline_s=20,
    )
    with Caller(target) as caller:
        first = caller.call(request)
        history.add(first)
        (row,) = history.rows("identity")
        again = request_again(history.get(row.id), {"X_API_KEY": "k"})
        assert again == request
        second = caller.call(again)
    assert first.ok
    assert second.ok
    assert second.body == first.body


def test_what_was_not_kept_whole_is_not_sent_again() -> None:
    with pytest.raises(UsageError, match="3 of the messages"):
        request_again(replace(exchange(), sent_left_out=3), {})
    opened = exchange()
    opened = replace(
        opened, request=replace(opened.request, headers=(("authorization", "Bearer ${TOKEN}"),))
    )
    with pytest.raises(UsageError, match="TOKEN"):
        request_again(opened, {})
    assert request_again(opened, {"TOKEN": "x"}).headers == (("authorization", "Bearer x"),)


@pytest.mark.parametrize(
    "content", [b"this is no database at all" * 100, b"SQLite format 3\x00junk"]
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "h.db"
    path.write_bytes(content)
    with History(path) as history:
        assert "h.db.broken-1" in history.notice
        assert history.get(history.add(exchange())).ok
    assert (tmp_path / "h.db.broken-1").read_bytes() == content


def test_damage_that_is_found_later_sets_the_file_aside_too(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with History(path) as history:
        number = history.add(exchange(b"x" * 900_000))
    content = bytearray(path.read_bytes())
    content[300_000:600_000] = b"\xff" * 300_000
    path.write_bytes(content)
    with History(path) as history:
        with pytest.raises(HistoryUnavailable, match="set aside"):
            history.get(number)
        assert "damaged" in history.notice
        assert history.get(history.add(exchange())).ok
    assert (tmp_path / "h.db.broken-1").is_file()


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HistoryUnavailable, match="cannot be opened"):
        History(tmp_path / "file" / "h.db")


def test_forgetting_gives_the_room_back_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with History(path) as history:
        history.add(exchange(b"x" * 3_000_000))
        history.clear()
        history.forget_cleared()
    assert path.stat().st_size < 200_000


def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    History(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()
    content = path.read_bytes()
    with History(path) as history:
        assert "version 99" in history.notice
        assert history.get(history.add(exchange())).ok
    assert path.read_bytes() == content
    assert not list(tmp_path.glob("*.broken-*"))


def test_the_export_of_version_1_is_read_and_written_as_it_was(
    tmp_path: Path, history: History
) -> None:
    assert import_into(history, FOLDER / "exchanges.jsonl") == 1
    (row,) = history.rows()
    found = history.get(row.id)
    assert (found.request.messages, found.body) == ((b"a", b"bc"), b"\xff")
    assert found.timing[0].parts[0].note == "reused"
    assert found.request.headers == (("x-a", "\udcff"),)
    export_exchanges(tmp_path / "again.jsonl", [found])
    assert (tmp_path / "again.jsonl").read_bytes() == (FOLDER / "exchanges.jsonl").read_bytes()


def test_threads_may_use_it_at_once(history: History) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for place in range(10):
                added = history.add(exchange(b"%d %d" % (number, place)))
                history.rows("home")
                history.pin(added, pinned=False)
        except NotFound:
            return
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert history.size[0] == 10


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", UsageError),
        ("[1]\n", UsageError),
        ('{"format": "inferdeck-exchanges", "version": 2}\n', UsageError),
        ('{"format": "inferdeck-exchanges", "version": 1}\n{}\n', InvalidInput),
        ('{"format": "inferdeck-exchanges", "version": 1}\n[\n', InvalidInput),
        (
            '{"format": "inferdeck-exchanges", "version": 1}\n{"exchange": {}, "bodies": ["?"]}\n',
            InvalidInput,
        ),
    ],
)
def test_a_file_that_is_none_is_refused_and_adds_nothing(
    tmp_path: Path, text: str, kind: type[Exception], history: History
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(kind):
        import_into(history, path)
    assert history.size == (0, 0)
    good = tmp_path / "good.jsonl"
    export_exchanges(good, [exchange()])
    good.write_text(good.read_text() + json.dumps({"exchange": 1, "bodies": []}) + "\n")
    with pytest.raises(InvalidInput, match="Line 3"):
        import_into(history, good)
    assert history.size == (0, 0)
    with pytest.raises(UsageError):
        list(read_exchanges(tmp_path / "nowhere"))
