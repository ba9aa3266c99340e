"""From one line of text to a source."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.core.samples import MediaKind
from backend.sources.cameras.webcam import WebcamSource
from backend.sources.files.audio import AudioFileSource
from backend.sources.files.folder import FolderSource
from backend.sources.files.image import ImageSource
from backend.sources.files.kinds import FileKind, kind_of_bytes
from backend.sources.files.video import VideoSource
from backend.sources.generated.pattern import TestPattern
from backend.sources.network.camera import NetworkCamera
from backend.sources.registry import KINDS, SourceRegistry
from backend.sources.source import Source

Pictures = Callable[..., Path]
SOURCES = SourceRegistry(KINDS)


def make(spec: str) -> Source:
    return SOURCES.make(spec, loop=False)


def test_the_pattern_needs_no_file() -> None:
    assert isinstance(make("pattern"), TestPattern)


@pytest.mark.parametrize("spec", ["tone", "sweep", "noise"])
def test_sounds_need_no_file(spec: str) -> None:
    assert make(spec).info.kind is MediaKind.AUDIO


@pytest.mark.parametrize("spec", ["webcam", "webcam:1", "webcam:/dev/video3", "webcam:C920"])
def test_webcams_are_live_and_not_opened(spec: str) -> None:
    source = make(spec)
    assert isinstance(source, WebcamSource)
    assert source.info.live


@pytest.mark.parametrize(
    "spec", ["http://10.0.0.5/v.mjpg", "https://cam.local:8443/v", "rtsp://10.0.0.5/stream"]
)
def test_addresses_are_network_cameras(spec: str) -> None:
    source = make(spec)
    assert isinstance(source, NetworkCamera)
    assert source.info.live


def test_files_are_known_by_their_contents(tmp_path: Path, pictures: Pictures, video: Path) -> None:
    sound = tmp_path / "sound.wav"
    soundfile.write(sound, np.zeros(10), 8000)
    assert isinstance(make(str(pictures("p.png"))), ImageSource)
    assert isinstance(make(str(video)), VideoSource)
    assert isinstance(make(str(sound)), AudioFileSource)
    assert isinstance(make(str(tmp_path)), FolderSource)


def test_contents_win_over_the_suffix(tmp_path: Path, pictures: Pictures) -> None:
    wrong = tmp_path / "really_a_picture.mp4"
    shutil.copy(pictures("p.png"), wrong)
    assert isinstance(make(str(wrong)), ImageSource)


def test_the_suffix_decides_where_the_contents_do_not(tmp_path: Path) -> None:
    tagged = tmp_path / "song.flac"
    tagged.write_bytes(b"ID3\x03" + bytes(500))
    assert isinstance(make(str(tagged)), AudioFileSource)


@pytest.mark.parametrize(
    "head",
    [
        (b"G" + bytes(187)) * 2,
        (bytes(4) + b"G" + bytes(187)) * 2,
        b"\0\0\0\x08wide" + bytes(99),
        b"\0\0\0\x20ftypisom" + bytes(99),
    ],
    ids=["ts", "m2ts", "old mov", "mp4"],
)
def test_video_is_known_by_its_contents_alone(tmp_path: Path, head: bytes) -> None:
    clip = tmp_path / "clip"
    clip.write_bytes(head)
    assert isinstance(make(str(clip)), VideoSource)


def test_a_file_of_no_known_kind_says_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader")
    with pytest.raises(SourceError, match=r"letter\.txt is no picture") as caught:
        make(str(path))
    assert caught.value.fault is SourceFault.UNREADABLE
    assert "JPEG" in caught.value.hint
    assert "b'" not in str(caught.value), "a message is for people"


@pytest.mark.parametrize(("name", "kind"), [("a.onnx", "ONNX"), ("a.tflite", "TensorFlow Lite")])
def test_a_model_that_is_given_as_a_source_is_named(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(b"\x08\x07")
    with pytest.raises(SourceError, match=f"{name} is an? {kind} model, no source") as caught:
        make(str(tmp_path / name))
    assert "Add it to the server" in caught.value.hint


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "nothing.jpg"
    path.touch()
    with pytest.raises(SourceError, match="empty"):
        make(str(path))


def test_a_missing_file_is_absent() -> None:
    with pytest.raises(SourceError, match="no file or folder") as caught:
        make("photos/none.jpg")
    assert caught.value.fault is SourceFault.ABSENT


@pytest.mark.parametrize("spec", ["", "  ", "patern", "microphone"])
def test_a_word_that_means_nothing_lists_what_is_accepted(spec: str) -> None:
    with pytest.raises(UsageError, match="Expected one of: pattern") as caught:
        make(spec)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "spec", ["ftp://host/x", "http://", "http://host:99999/", "rtsp://:80/x", "file:///etc/passwd"]
)
def test_addresses_that_cannot_be_cameras_are_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="rtsp://"):
        make(spec)


def test_a_device_file_is_no_path() -> None:
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        make("/dev/null")


@pytest.mark.parametrize(
    ("spec", "title"),
    [
        ("pattern", "Test pattern"),
        ("sweep", "Sweep"),
        ("webcam", "Default camera"),
        ("webcam:2", "Webcam 2"),
        ("webcam:/dev/video2", "Webcam /dev/video2"),
        ("webcam:Logitech C920", "Logitech C920"),
        ("/home/me/holiday.mp4", "holiday.mp4"),
        ("rtsp://me:secret@10.0.0.5/stream", "10.0.0.5/stream"),
    ],
)
def test_titles_are_short_and_hold_no_secret(spec: str, title: str) -> None:
    assert SOURCES.title(spec) == title


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"RIFF\0\0\0\0WEBPVP8 ", FileKind.PICTURE),
        (b"RIFF\0\0\0\0WAVEfmt ", FileKind.SOUND),
        (b"RIFF\0\0\0\0AVI LIST", FileKind.VIDEO),
        (b"\0\0\0\x20ftypisom", FileKind.VIDEO),
        (b"\0\0\0\x20ftypheic", None),
        (b"GIF89a", FileKind.VIDEO),
        (b"plain text", None),
        (b"", None),
    ],
)
def test_first_bytes(head: bytes, kind: FileKind | None) -> None:
    assert kind_of_bytes(head) is kind


def test_kinds_are_told_apart_by_their_schemes() -> None:
    with pytest.raises(ValueError, match="scheme pattern"):
        SourceRegistry((*KINDS, KINDS[0]))
    assert SOURCES.kind_of("pattern:2").scheme == "path"


def test_every_way_to_write_a_source_is_listed() -> None:
    assert all(form in SOURCES.accepted for kind in SOURCES.kinds for form in kind.forms)


def test_a_spec_is_its_scheme_and_its_argument() -> None:
    for spec in ("pattern", "webcam", "webcam:C920", "rtsp://h/a", "photo.jpg"):
        kind = SOURCES.kind_of(spec)
        assert kind.spec(kind.argument(spec)) == spec


@pytest.mark.parametrize("address", ["ftp://me:secret@h/x", "http:me?token=secret"])
def test_an_address_that_reaches_no_camera_keeps_its_secrets_too(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(address)
    for text in (str(caught.value), SOURCES.saved(address), SOURCES.redacted(address)):
        assert "secret" not in text


@pytest.mark.parametrize("spec", ["~nobody-of-that-name/a.png", "a" * 5000, "a\0b"])
def test_what_cannot_be_a_path_is_no_source(spec: str) -> None:
    assert SOURCES.lasting(spec) == spec
    with pytest.raises(UsageError, match="Expected one of"):
        make(spec)
