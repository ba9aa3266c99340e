"""The book finds the saved profile before the bundled and the guessed one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.book import ProfileBook, ProfileOrigin, safe_name
from backend.profiles.bundled import BUNDLED
from backend.profiles.file import profile_to_toml
from backend.profiles.outputs.classes import ClassDecoder

RESNET = ModelDescription(
    "resnet",
    (TensorSpec("x", Datatype.FP32, (-1, 3, 224, 224)),),
    (TensorSpec("y", Datatype.FP32, (-1, 1000)),),
)
FACES = ModelDescription("faces", BUNDLED["faces"].inputs, BUNDLED["faces"].outputs)


@pytest.fixture
def book(tmp_path: Path) -> ProfileBook:
    return ProfileBook(tmp_path / "profiles")


def test_guessed_then_saved_then_forgotten(book: ProfileBook) -> None:
    guessed = book.find("lab", RESNET)
    assert guessed.origin is ProfileOrigin.GUESSED
    assert guessed.summary.startswith("?x3x224x224 float, picture, NCHW, RGB by ImageNet's mean")
    assert guessed.doubts[0].startswith("Colour order and range cannot be seen in the file")
    assert guessed.reasons
    assert guessed.alternatives
    edited = replace(guessed.profile, decoder=ClassDecoder("y", top_k=3), labels=("a", "b"))
    book.save("lab", edited)
    saved = book.find("lab", RESNET)
    assert (saved.profile, saved.origin) == (edited, ProfileOrigin.SAVED)
    assert book.find("other", RESNET).origin is ProfileOrigin.GUESSED
    assert book.forget("lab", "resnet")
    assert not book.forget("lab", "resnet")
    assert book.find("lab", RESNET) == guessed


def test_bundled_models_may_be_overruled(book: ProfileBook) -> None:
    choice = book.find("embedded", FACES)
    assert (choice.profile, choice.origin) == (BUNDLED["faces"], ProfileOrigin.BUNDLED)
    book.save("embedded", replace(BUNDLED["faces"], labels=("visage",)))
    assert book.find("embedded", FACES).profile.labels == ("visage",)


def test_a_saved_profile_is_for_the_model_as_it_is_now(book: ProfileBook) -> None:
    book.save("lab", book.find("lab", RESNET).profile)
    larger = replace(RESNET, inputs=(TensorSpec("x", Datatype.FP32, (-1, 3, 448, 448)),))
    choice = book.find("lab", larger)
    assert choice.profile.inputs == larger.inputs
    assert "the model had other inputs when it was saved" in choice.reasons


def test_a_file_that_is_wrong_is_passed_over_and_kept(book: ProfileBook) -> None:
    path = book.save("lab", book.find("lab", RESNET).profile)
    path.write_text("layout = 'NWHC'")
    choice = book.find("lab", RESNET)
    assert choice.origin is ProfileOrigin.GUESSED
    assert "unknown key 'layout'" in choice.trouble
    assert path.exists()
    with pytest.raises(UsageError, match="unknown key"):
        book.saved("lab", "resnet")


def test_files_go_out_and_come_in(book: ProfileBook, tmp_path: Path) -> None:
    profile = book.find("lab", RESNET).profile
    book.export_file(profile, tmp_path / "mine.toml")
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == profile_to_toml(profile)
    imported = book.import_file("lab", "resnet50", tmp_path / "mine.toml")
    assert imported == replace(profile, model="resnet50")
    assert book.saved("lab", "resnet50") == imported


@given(st.text(), st.text())
def test_names_are_safe_and_their_own(one: str, other: str) -> None:
    for name in (safe_name(one), safe_name(other)):
        assert name == Path(name).name
        assert name.isascii()
        assert len(name) <= 80
        assert not name.startswith(".")
    assert (safe_name(one).lower() == safe_name(other).lower()) == (one == other)


def test_a_profile_of_a_newer_program_is_left_alone(book: ProfileBook) -> None:
    path = book.save("embedded", BUNDLED["faces"])
    path.write_text("version = 2\n[magic]\n")
    choice = book.find("embedded", FACES)
    assert choice.origin is ProfileOrigin.BUNDLED
    assert "newer program" in choice.trouble
    with pytest.raises(UsageError, match="newer program"):
        book.save("embedded", choice.profile)
    assert path.read_text() == "version = 2\n[magic]\n"


@pytest.mark.parametrize("name", ["../../etc/passwd", "CON", "a/b\\c:d", "", "x" * 500, "ä ö", "."])
def test_no_name_leads_out_of_the_folder(book: ProfileBook, name: str) -> None:
    book.save(name, replace(BUNDLED["faces"], model=name))
    path = book.path(name, name)
    assert path.resolve().is_relative_to(book.folder.resolve())
    assert path.is_file()


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize("kind", ["text", "bytes", "folder", "pipe"])
def test_what_stands_in_the_place_of_a_profile_is_said_and_kept(
    book: ProfileBook, kind: str
) -> None:
    path = book.path("embedded", "faces")
    path.parent.mkdir(parents=True)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes({"text": b"version = 'x'", "bytes": b"\xff"}[kind])
    choice = book.find("embedded", FACES)
    assert (choice.origin, bool(choice.trouble)) == (ProfileOrigin.BUNDLED, True)
    book.save("embedded", choice.profile)
    assert book.find("embedded", FACES).origin is ProfileOrigin.SAVED
    assert os.path.lexists(path.with_name(path.name + ".broken-1"))
