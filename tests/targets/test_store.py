"""Saved targets: one readable file without secrets, whatever happens to it."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.files.private import LOCK_FILE
from backend.core.target import Credentials, Dialect, Target, Tls
from backend.targets.json_form import from_json
from backend.targets.resolving import resolve
from backend.targets.secrets import Kept, Secrets, keyring_problem
from backend.targets.store import TargetStore
from backend.targets.templates import is_template
from tests.stored_files import FOLDER
from tests.targets.memory_keyring import MemoryKeyring

TOKEN = "tok-3n-very-secret"
KEY = "k3y-very-secret"
LAB = Target(
    "lab",
    "https://models.example:8000",
    "models.example:8001",
    dialect=Dialect.TRITON,
    colour="#aa3311",
    tls=Tls(ca_file="/etc/ca.pem", server_name="inner"),
    message_limit=1024,
    deadline_s=2.5,
)
SECRET = replace(LAB, credentials=Credentials(TOKEN, (("X-Key", KEY), ("X-Env", "${LAB_KEY}"))))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "targets.json"


@pytest.fixture
def store(path: Path) -> TargetStore:
    return TargetStore(path, Secrets())


def names(store: TargetStore) -> list[str]:
    return [target.name for target in store.targets()]


def test_the_embedded_server_is_first_and_not_in_the_file(store: TargetStore, path: Path) -> None:
    assert names(store) == [EMBEDDED]
    assert not path.exists()
    store.add(LAB)
    assert names(store) == [EMBEDDED, "lab"]
    assert EMBEDDED not in path.read_text()
    for change in (store.delete, store.duplicate):
        with pytest.raises(UsageError, match="embedded"):
            change(EMBEDDED)


def test_what_was_saved_comes_back(store: TargetStore, path: Path) -> None:
    store.add(LAB)
    again = TargetStore(path, Secrets())
    assert again.find("LAB") == LAB
    assert again.problem == ""
    value = json.loads(path.read_text())
    assert value["schema"] == 1
    assert value["targets"][0]["tls"] == {"ca_file": "/etc/ca.pem", "server_name": "inner"}
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    assert sorted(file.name for file in path.parent.iterdir()) == [LOCK_FILE, "targets.json"]


def test_edit_duplicate_and_delete(store: TargetStore) -> None:
    store.add(LAB)
    store.add(replace(LAB, name="other"))
    assert store.duplicate("lab").target.name == "lab 2"
    assert names(store) == [EMBEDDED, "lab", "lab 2", "other"]
    store.edit("lab 2", replace(LAB, name="factory", grpc=""))
    assert names(store) == [EMBEDDED, "lab", "factory", "other"]
    with pytest.raises(UsageError, match="already"):
        store.edit("factory", replace(LAB, name="Other"))
    assert store.delete("lab") == LAB
    with pytest.raises(UsageError, match="factory, other"):
        store.find("lab")


@pytest.mark.parametrize(
    "target",
    [
        replace(LAB, name=""),
        replace(LAB, name=" lab"),
        replace(LAB, name="a:b"),
        replace(LAB, name="Embedded"),
        replace(LAB, name="x" * 65),
        replace(LAB, name="two\nlines"),
        replace(LAB, rest="", grpc=""),
        replace(LAB, rest="models.example:8000"),
        replace(LAB, rest="http://models.example:99999"),
        replace(LAB, rest="http://me:pass-w0rd@models.example"),
        replace(LAB, grpc="models.example"),
        replace(LAB, grpc="http://models.example:1"),
        replace(LAB, colour="red"),
        replace(LAB, credentials=Credentials(headers=(("a b", "x"),))),
        replace(LAB, credentials=Credentials(headers=(("ab\n", "x"),))),
        replace(LAB, grpc="models.example:1\n"),
    ],
)
def test_what_cannot_be_is_refused(store: TargetStore, path: Path, target: Target) -> None:
    with pytest.raises(UsageError) as caught:
        store.add(target)
    assert "pass-w0rd" not in str(caught.value)
    assert not path.exists()


def test_secrets_go_to_the_keyring_and_nowhere_else(
    with_keyring: MemoryKeyring,
    store: TargetStore,
    path: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    saved = store.add(SECRET)
    assert saved.kept is Kept.KEYRING
    exported = tmp_path / "out.json"
    assert store.export_file(exported) == 1
    for text in (
        path.read_text(),
        exported.read_text(),
        repr(saved),
        repr(store.targets()),
        repr(store.secrets),
        caplog.text,
    ):
        assert TOKEN not in text
        assert KEY not in text
    assert "${LAB_KEY}" in path.read_text()
    again = TargetStore(path, Secrets())
    full = resolve(again.find("lab"), again.secrets, {"LAB_KEY": "from outside"})
    assert full.credentials.token == TOKEN
    assert full.credentials.headers == (("X-Key", KEY), ("X-Env", "from outside"))
    assert TOKEN not in repr(full)


def test_secrets_of_a_copy_are_its_own_and_go_with_it(
    with_keyring: MemoryKeyring, store: TargetStore
) -> None:
    store.add(SECRET)
    copy = store.duplicate("lab").target
    assert len(with_keyring.held) == 4
    store.delete("lab")
    assert len(with_keyring.held) == 2
    environ = {"LAB_KEY": "x"}
    assert resolve(copy, store.secrets, environ).credentials.token == TOKEN
    store.edit(copy.name, replace(copy, credentials=Credentials("${OTHER}")))
    assert with_keyring.held == {}


def test_an_edit_keeps_a_secret_that_was_not_touched(
    with_keyring: MemoryKeyring, store: TargetStore
) -> None:
    saved = store.add(SECRET).target
    store.edit("lab", replace(saved, name="renamed", colour=""))
    found = resolve(store.find("renamed"), store.secrets, {"LAB_KEY": "x"})
    assert found.credentials.token == TOKEN


def test_without_a_keyring_a_secret_lasts_for_this_run_and_that_is_said(
    without_keyring: None, store: TargetStore, path: Path
) -> None:
    assert "no keyring" in keyring_problem()
    saved = store.add(SECRET)
    assert saved.kept is Kept.THIS_RUN
    assert "this run only" in saved.sentence
    assert "no keyring" in saved.sentence
    assert TOKEN not in path.read_text()
    environ = {"LAB_KEY": "x"}
    assert resolve(saved.target, store.secrets, environ).credentials.token == TOKEN
    later = TargetStore(path, Secrets())
    with pytest.raises(UsageError, match="not on this computer"):
        resolve(later.find("lab"), later.secrets, environ)


def test_a_missing_variable_is_named() -> None:
    target = replace(LAB, rest="http://${LAB_HOST}:8000")
    with pytest.raises(UsageError, match="LAB_HOST"):
        resolve(target, Secrets(), {})
    assert resolve(target, Secrets(), {"LAB_HOST": "h"}).rest == "http://h:8000"


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("${TOKEN}", True),
        ("Bearer ${TOKEN}", True),
        ("hunter2", False),
        ("hunter${TOKEN}", False),
        ("${TOKEN}hunter", False),
        ("${not a name}", False),
        ("", False),
    ],
)
def test_only_whole_templates_are_written_as_they_are(text: str, template: bool) -> None:
    assert is_template(text) is template


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"schema": 0, "targets": []}',
        '{"schema": true, "targets": []}',
        '{"schema": 1, "targets": [], "more": 1}',
        '{"targets": []}',
        '{"schema": 1, "targets": 3}',
        "\x00",
        "[" * 100_000,
    ],
)
def test_a_file_that_is_not_understood_is_set_aside_and_said(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    store = TargetStore(path, Secrets())
    assert "targets.json.broken-1" in store.problem
    assert path.with_name("targets.json.broken-1").read_text() == text
    assert names(store) == [EMBEDDED]
    store.add(LAB)
    assert TargetStore(path, Secrets()).problem == ""


def test_a_file_of_a_newer_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    text = '{"schema": 2, "targets": [{"name": "lab", "where": "there"}]}'
    path.write_text(text)
    store = TargetStore(path, Secrets())
    assert "written by a newer program" in store.problem
    assert names(store) == [EMBEDDED]
    with pytest.raises(UsageError, match=r"cannot be saved\..* newer program"):
        store.add(LAB)
    assert path.read_text() == text
    assert sorted(file.name for file in path.parent.iterdir()) == [LOCK_FILE, "targets.json"]


def test_the_file_of_version_1_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    content = (FOLDER / "targets.json").read_bytes()
    path = tmp_path / "targets.json"
    path.write_bytes(content)
    store = TargetStore(path, Secrets())
    lab = replace(LAB, credentials=Credentials("${T}", (("X-Key", "${K}"),)))
    assert store.targets()[1:] == (lab, Target("plain", grpc="h:1"))
    assert store.problem == ""
    store.export_file(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == content


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"token": 5}, "token: expected text, got a whole number"),
        ({"tls": {"verify": "no", "key_file": TOKEN}}, "tls verify: expected true or false"),
        ({"tls": {"verfy": True}}, "tls: unknown key 'verfy'"),
        ({"headers": [["a"]]}, r"headers\[0\]: expected a list of 2, got 1"),
        ({"headers": {"a": [TOKEN]}}, "headers.*expected text, got a list"),
        ({"dialect": "klingon"}, "dialect: unknown word 'klingon'"),
        ({"message_limit": 1 << 70}, "message_limit is a number beyond 64 bits"),
        ({"deadline_s": -1}, "must be above 0 s"),
    ],
)
def test_what_is_wrong_in_a_target_is_named_and_its_secrets_are_not(
    entry: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        from_json({"name": "lab", "rest": "http://h:1", **entry})
    assert TOKEN not in str(caught.value)


def test_headers_may_be_written_by_name() -> None:
    found = from_json({"name": "a", "grpc": "h:1", "headers": {"x-a": "${A}"}})
    assert found.credentials.headers == (("x-a", "${A}"),)


@pytest.mark.parametrize(
    "limit",
    ['"message_limit": NaN', '"message_limit": 1e999', '"deadline_s": NaN', '"deadline_s": 1e300'],
)
def test_a_limit_that_is_none_costs_its_own_target_only(path: Path, limit: str) -> None:
    path.parent.mkdir()
    path.write_text(f'{{"schema": 1, "targets": [{{"name": "a", "grpc": "h:1", {limit}}}]}}')
    store = TargetStore(path, Secrets())
    assert names(store) == [EMBEDDED]
    assert "targets.json.broken-1" in store.problem


@pytest.mark.skipif(os.name != "posix", reason="files have other rights elsewhere")
def test_what_is_set_aside_is_its_owners_only(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"schema": 1, "targets": [{"name": "bad", "token": "s3cret", "rest": "?"}]}')
    TargetStore(path, Secrets())
    assert path.with_name("targets.json.broken-1").stat().st_mode & 0o077 == 0


def test_one_bad_target_does_not_cost_the_others(store: TargetStore, path: Path) -> None:
    store.add(LAB)
    value = json.loads(path.read_text())
    value["targets"].append({"name": "bad", "rest": 3})
    path.write_text(json.dumps(value))
    again = TargetStore(path, Secrets())
    assert names(again) == [EMBEDDED, "lab"]
    assert "Target 2: rest: expected text, got a whole number." in again.problem
    assert path.with_name("targets.json.broken-1").exists()


def test_a_secret_written_by_hand_is_moved_to_the_keyring(
    with_keyring: MemoryKeyring, path: Path
) -> None:
    path.parent.mkdir()
    entry = {"name": "lab", "grpc": "h:1", "token": TOKEN}
    path.write_text(json.dumps({"schema": 1, "targets": [entry]}))
    store = TargetStore(path, Secrets())
    assert "moved to the keyring" in store.problem
    assert TOKEN not in path.read_text()
    assert resolve(store.find("lab"), store.secrets).credentials.token == TOKEN


def test_import_gives_free_names_and_is_all_or_nothing(
    store: TargetStore, tmp_path: Path, path: Path
) -> None:
    store.add(LAB)
    exported = tmp_path / "shared.json"
    store.export_file(exported, ["lab"])
    added = store.import_file(exported)
    assert [one.target.name for one in added] == ["lab 2"]
    assert names(store) == [EMBEDDED, "lab", "lab 2"]
    value = json.loads(exported.read_text())
    value["targets"].append({"name": "no address"})
    exported.write_text(json.dumps(value))
    with pytest.raises(UsageError, match="no address"):
        store.import_file(exported)
    assert names(store) == [EMBEDDED, "lab", "lab 2"]
    with pytest.raises(UsageError, match="cannot be read"):
        store.import_file(tmp_path / "absent.json")


def test_two_programs_see_each_others_targets(store: TargetStore, path: Path) -> None:
    other = TargetStore(path, Secrets())
    other.add(LAB)
    assert names(store) == [EMBEDDED, "lab"]
    store.add(replace(LAB, name="second"))
    assert names(other) == [EMBEDDED, "lab", "second"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = TargetStore(tmp_path / "file" / "targets.json", Secrets())
    with pytest.raises(UsageError, match="cannot be saved"):
        store.add(LAB)
    assert names(store) == [EMBEDDED]
