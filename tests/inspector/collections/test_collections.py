"""Requests kept as files: read, filled in, sent, checked, and written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.clients.control import ServerControlClient
from backend.clients.dialects.known import dialect_for
from backend.core.choices import Compression, Serialization
from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.core.files.private import NewerFile
from backend.core.target import Dialect, Target
from backend.core.tensors import Datatype, TensorSpec
from backend.inspector.calls import Caller
from backend.inspector.collections import (
    Outcome,
    Place,
    SavedRequest,
    draft_of,
    read_collection,
    request_file,
    request_from_toml,
    request_to_toml,
    run_request,
    saved_from,
    write_request,
)
from backend.inspector.collections.checks import Answer, judged
from backend.inspector.forms import (
    Fill,
    FillKind,
    Variables,
    argument_text,
    hidden,
    parse_input,
)
from backend.inspector.history import History
from backend.inspector.methods import known_methods
from tests.attacks.growth import assert_linear
from tests.stored_files import FOLDER

INFER = "inference.GRPCInferenceService/ModelInfer"
VALUES = Variables({"model": "identity_fp32", "limit": "60000"}, {"TOKEN": "not-for-files"})
STORED = (FOLDER / "collection" / "Same back.toml").read_bytes()


@pytest.fixture
def place(target: Target) -> Iterator[Place]:
    control = ServerControlClient(target)
    methods = known_methods(dialect_for(Dialect.OIP))
    with Caller(target) as caller:
        yield Place(target, caller, methods.find, control.model_metadata)
    control.close()


def test_a_file_of_version_1_is_read_sent_and_written_to_the_byte(place: Place) -> None:
    saved = request_from_toml(STORED, "Same back.toml")
    assert (saved.serialization, saved.compression) == (Serialization.TYPED, Compression.GZIP)
    assert request_to_toml(saved).encode() == STORED
    outcome = run_request(saved, FOLDER, VALUES, place)
    assert outcome.ok, outcome
    assert len(outcome.findings) == 3
    assert outcome.exchange is not None
    assert ("authorization", "Bearer not-for-files") in outcome.exchange.request.headers


def test_a_whole_collection_is_read_in_its_order_with_its_values() -> None:
    collection = read_collection(FOLDER / "collection")
    assert [str(entry.path) for entry in collection.entries] == ["Same back"]
    assert collection.environment("").target == "127.0.0.1:8000,8001"
    assert collection.environment("lab").target == "lab"
    known = collection.variables("lab", {"limit": "7"}, {"TOKEN": "t", "OTHER": "x"})
    assert (known.values, known.secrets) == (
        {"model": "identity_fp32", "limit": "7"},
        {"TOKEN": "t"},
    )
    with pytest.raises(UsageError, match="no environment 'prod'"):
        collection.environment("prod")
    without = collection.variables("", {}, {})
    with pytest.raises(UsageError, match="secret TOKEN has no value"):
        without.fill("{{TOKEN}}", secret=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 1\nmethod = 'M'\n\norder = 'x'\n", "r.toml, line 4: order: expected a whole"),
        ("version = 1\nmethod = 'M'\nmodle = 'x'\n", "r.toml, line 3: unknown key 'modle'"),
        (
            "version = 1\nmethod = 'M'\n[inputs]\nA = '1'\nB = 2\n",
            "line 5: inputs B: expected text",
        ),
        ("version = 1\nmethod = 'M\n", "r.toml, line 2: not valid TOML"),
        ("version = 1\nmethod = '''\n[inputs]\nA = '", "r.toml, line 4: not valid TOML"),
        ("method = 'M'\n", "expected version = 1"),
        ("version = true\nmethod = 'M'\n", "line 1: expected version = 1"),
        ("version = 1\n", "it has no method"),
        ("version = 1\nmethod = 'M'\nmessage = '{}'\n[inputs]\nA = '1'\n", "inputs and a message"),
        ("version = 1\nmethod = 'M'\ndeadline_s = nan\n", "line 3: deadline_s"),
        ("version = 1\nmethod = 'M'\n[checks]\nstatus = {a = 1}\n", "line 4: checks status"),
        ("version = 1\nmethod = 'M'\nserialization = 'xml'\n", "line 3: serialization"),
        ("version = 1\nwhen = 2024-99-99\n", "line 2: "),
    ],
)
def test_what_is_wrong_with_a_file_names_it_and_the_line(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        request_from_toml(text.encode(), "r.toml")
    assert said in str(caught.value)


def test_bytes_that_are_no_text_and_newer_files_are_told_apart() -> None:
    with pytest.raises(UsageError, match=r"r\.toml, line 2: not UTF-8"):
        request_from_toml(b"version = 1\n\xff", "r.toml")
    with pytest.raises(NewerFile, match="newer program"):
        request_from_toml(b"version = 2\nnew = 1", "r.toml")


def test_a_broken_file_stands_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "good.toml").write_text("version = 1\nmethod = 'ServerLive'\n")
    (tmp_path / "a" / "first.toml").write_text("version = 1\norder = -1\nmethod = 'ServerLive'\n")
    (tmp_path / "bad.toml").write_text("no")
    (tmp_path / ".hidden.toml").write_text("no")
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "e.toml").write_text("version = 1\n[variables]\nx = 1\n")
    collection = read_collection(tmp_path)
    found = {str(entry.path): entry.problem for entry in collection.entries}
    assert list(found) == ["bad", "a/first", "a/good"]
    assert "bad.toml, line 1" in found["bad"]
    assert "environments/e.toml, line 3: variables x: expected text" in collection.problems[0]
    with pytest.raises(UsageError, match="no folder"):
        read_collection(tmp_path / "none")


@pytest.mark.parametrize(
    ("fill", "shape", "text"),
    [
        (Fill(), None, "zeros"),
        (Fill(FillKind.ONES), (2, 3), "ones@2x3"),
        (Fill(FillKind.RANDOM, seed=7), (-1, 3), "random:7@-1x3"),
        (Fill(FillKind.CONSTANT, "a@b"), None, None),
        (Fill(FillKind.JSON, "[1, 2]"), (1, 2), "[1, 2]@1x2"),
        (Fill(FillKind.JSON, "{{values}}"), None, "{{values}}"),
        (Fill(FillKind.FILE, "photo.jpg"), None, "photo.jpg"),
        (Fill(FillKind.FILE, "zeros"), None, "file:zeros"),
        (Fill(FillKind.FRAME), (1, 3), "frame"),
        (Fill(FillKind.PICTURE, "frame.png"), (1, 3), "picture:frame.png"),
        (Fill(FillKind.SOUND, "a@2.wav"), None, "sound:a@2.wav"),
    ],
)
def test_a_filling_is_written_as_it_is_read(
    fill: Fill, shape: tuple[int, ...] | None, text: str | None
) -> None:
    if text is None:
        with pytest.raises(UsageError, match="cannot be written"):
            argument_text(fill, shape)
        return
    assert argument_text(fill, shape) == text
    assert parse_input(f"x={text}").fill == fill


@pytest.mark.parametrize(
    ("what", "expected", "ok"),
    [
        ("status", "OK", True),
        ("status", "== 0", True),
        ("status", "!= OK", False),
        ("status", 0, True),
        ("latency_ms", "< 13", True),
        ("latency_ms", "<= 12", False),
        ("bytes", 10, True),
        ("messages", "== 2", True),
        ("headers.X-Kind", "contains o", True),
        ("headers.nothing", "is missing", True),
        ("reply.outputs[0].data", [1, 2.5], True),
        ("reply.outputs.OUT.data[1]", "~= 2.51 +- 0.02", True),
        ("reply.outputs.OUT.data", "~= [1, 2.6] +- 0.02", False),
        ("reply.outputs.OUT.data.length", 2, True),
        ("reply.outputs.OUT.data", "contains 1", True),
        ("reply.outputs[7].data", "is there", False),
        ("reply.flag", True, True),
        ("reply.flag", 1, False),
        ("reply.flag", "is true", True),
        ("replies[0].n", "> 0", False),
        ('reply["a.b"]', "x", True),
        ("reply.flag", "> 0", False),
    ],
)
def test_a_check_holds_or_not(what: str, expected: object, ok: bool) -> None:
    reply = {"outputs": [{"name": "OUT", "data": [1, 2.5]}], "flag": True, "a.b": "x"}
    answer = Answer(("OK", "0"), 12.5, 10, {"x-kind": "good"}, [{"n": 0}, reply])
    assert [one.ok for one in judged({what: expected}, answer)] == [ok]


@pytest.mark.parametrize(
    ("what", "expected", "said"),
    [
        ("stats", "x", "begins with none"),
        ("latency_ms", "< fast", "expected a number"),
        ("status", "> 200", "compared by == or !="),
        ("reply.x", "is nice", "takes one of"),
        ("reply[x", "1", "cannot be read from its character 6 on"),
        ("reply", "==", "is to stand after"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused_before_anything_is_sent(
    place: Place, what: str, expected: str, said: str
) -> None:
    outcome = run_request(SavedRequest(INFER, checks={what: expected}), FOLDER, VALUES, place)
    assert outcome.exchange is None
    assert outcome.exit_code == UsageError.exit_code
    assert said in outcome.error


def test_outcomes_tell_a_check_from_an_error_of_the_server(place: Place) -> None:
    def run(**more: object) -> Outcome:
        saved = SavedRequest(INFER, model="identity_fp32", inputs={"INPUT0": "[1]"})
        return run_request(replace(saved, **more), FOLDER, VALUES, place)  # type: ignore[arg-type]

    assert run().exit_code == 0
    assert run(checks={"reply.outputs[0].data[0]": 2}).exit_code == 6
    unknown = SavedRequest("POST /v2/models/{model}/infer", model="none", message="{}")
    assert run_request(unknown, FOLDER, VALUES, place).exit_code == 4
    expected = replace(unknown, checks={"status": 404})
    assert run_request(expected, FOLDER, VALUES, place).ok
    assert "unexpected inference input 'X'" in run(inputs={"X": "zeros"}).error
    assert "photo.jpg" in run(inputs={"INPUT0": "photo.jpg"}).error
    given = replace(VALUES, values={**VALUES.values, "how": "ones", "n": "4"})
    for text in ("{{how}}@{{n}}", "{{how}}", "constant:{{n}}", "[{{n}}, 1]"):
        filled = SavedRequest(INFER, model="{{model}}", inputs={"INPUT0": text})
        assert run_request(filled, FOLDER, given, place).ok, text
    both = replace(unknown, inputs={"X": "1"}, message="", method="ServerLive")
    assert "takes no inputs" in run_request(both, FOLDER, VALUES, place).error


def test_a_secret_stands_in_headers_only_and_is_never_kept(place: Place, tmp_path: Path) -> None:
    saved = SavedRequest("ModelReady", message='{"name": "{{TOKEN}}"}')
    assert "in headers only" in run_request(saved, FOLDER, VALUES, place).error
    sent = run_request(
        SavedRequest("ServerLive", headers=("x-mine: {{TOKEN}}",)), FOLDER, VALUES, place
    )
    assert sent.exchange is not None
    history = History(tmp_path / "history.sqlite")
    history.add(hidden(sent.exchange, VALUES))
    assert history.get(history.rows("")[0].id).request.headers == (("x-mine", "${TOKEN}"),)
    history.close()
    assert b"not-for-files" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert "not-for-files" not in repr(VALUES)


def test_a_draft_is_saved_without_secrets_and_keeps_its_checks(
    place: Place, tmp_path: Path
) -> None:
    saved = request_from_toml(STORED, "s")
    draft = draft_of(
        saved, place.find(saved.method), place.target, VALUES, place.describe, tmp_path
    )
    typed = replace(draft, headers=(("Authorization", "Bearer abcdefgh"), ("x", "{{limit}}")))
    again = saved_from(typed, saved, tmp_path)
    assert again.headers == ("Authorization: Bearer {{TOKEN}}", "x: {{limit}}")
    assert (again.checks, again.about, again.inputs) == (saved.checks, saved.about, saved.inputs)
    path = request_file(tmp_path / "new", "a/b: c")
    write_request(path, again)
    assert path.name == "a b c.toml"
    assert request_from_toml(path.read_bytes(), "s") == again
    with pytest.raises(UsageError, match="sent as recorded"):
        saved_from(replace(draft, recorded=(b"x",)), None, tmp_path)
    for name in ("", "..", "collection"):
        with pytest.raises(UsageError, match="cannot be the name"):
            request_file(tmp_path, name)


@pytest.mark.parametrize(
    "piece", ["[checks]\n", "a = 1\n", "'''\n", "'''\"\"\"", "\"x\" = '{{a}}'\n", "{{a}}"]
)
def test_reading_and_filling_grow_in_line_with_the_text(piece: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        data = ("version = 1\nmethod = 'M'\n" + piece * (size // len(piece))).encode()

        def read() -> None:
            with pytest.raises(UsageError):
                request_from_toml(data, "r")
            Variables({"a": "b"}).fill(data.decode())

        return read

    assert_linear(reading, 200_000, seconds=3.0, peak_bytes_per_byte=400)


def test_an_input_that_a_file_does_not_name_is_left_out_but_stays_in_the_form() -> None:
    image = TensorSpec("IMAGE", Datatype.UINT8, (-1, -1, 3))
    file = TensorSpec("IMAGE_ENCODED", Datatype.BYTES, (1,))
    model = ModelDescription("faces", inputs=(image, file))
    draft = draft_of(
        SavedRequest(INFER, model="faces", inputs={"IMAGE": "zeros"}),
        known_methods(dialect_for(Dialect.OIP)).find(INFER),
        Target("here", "", "127.0.0.1:9"),
        Variables({}, {}),
        lambda _model, _version: model,
        Path(),
    )
    assert draft.form is not None
    rows = [(row.spec.name, row.sent, row.spec.optional) for row in draft.form.rows]
    assert rows == [("IMAGE", True, False), ("IMAGE_ENCODED", False, True)]
    assert [one.name for one in draft.form.infer_request().inputs] == ["IMAGE"]
