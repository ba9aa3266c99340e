"""Class names that a TensorFlow Lite file carries in a zip file behind the model."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from backend.models.runtimes.litert.labels import MOST_BYTES, MOST_PACKED, labels_in
from backend.profiles.in_config import LABELS
from backend.server.plane.about import model_config
from tests.attacks.growth import assert_linear, cost_of
from tests.models.tflite_folders import doubled, load, write


def packed(files: Mapping[str, str | bytes], before: bytes = b"model") -> bytes:
    """Something with a zip file of these files behind it."""
    behind = io.BytesIO()
    with zipfile.ZipFile(behind, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return before + behind.getvalue()


@pytest.mark.parametrize(
    ("files", "labels"),
    [
        ({"labels.txt": "cat\ndog\n"}, ("cat", "dog")),
        ({"labelmap.txt": "\ufeff???\r\nperson\r\n"}, ("???", "person")),
        ({"probability-labels-en.txt": "a\nb\n\n", "vocab.txt": "x\ny"}, ("a", "b")),
        ({"coco.names": "a\nb"}, ("a", "b")),
        ({"labels.txt": "a\nb", "labels_de.txt": "c\nd"}, ()),
        ({"vocab.txt": "a\nb"}, ()),
        ({"labels.txt": "one"}, ()),
        ({"labels.txt": b"\xff\n\xfe"}, ()),
        ({}, ()),
    ],
)
def test_the_only_list_of_names_is_taken(
    files: dict[str, str | bytes], labels: tuple[str, ...]
) -> None:
    assert labels_in(packed(files)) == labels
    assert labels_in(packed(files, b"\0" * 3 * MOST_PACKED)) == labels


def test_a_file_without_an_archive_has_none() -> None:
    assert labels_in(b"model") == labels_in(b"") == labels_in(b"PK\x05\x06") == ()


def test_a_damaged_archive_has_none() -> None:
    whole = packed({"labels.txt": "cat\ndog\n" * 50})
    for place in range(5, len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        labels_in(bytes(broken))  # whatever comes, nothing is raised
        labels_in(whole[:place])


def test_a_text_that_unpacks_to_much_is_left_after_a_bounded_part() -> None:
    bomb = packed({"labels.txt": b"a\n" * (64 << 20)})
    assert len(bomb) < MOST_PACKED
    assert cost_of(lambda: labels_in(bomb), runs=1).peak_bytes < 6 * MOST_BYTES + (16 << 20)
    assert labels_in(bomb) == ()


def test_many_files_are_read_in_line_with_their_number() -> None:
    def reading(count: int) -> Callable[[], object]:
        content = packed({f"{index}_labels.txt": "" for index in range(count)})
        return lambda: labels_in(content)

    assert_linear(reading, 2000, seconds=10, peak_bytes_per_byte=4000)


def test_a_model_says_what_its_classes_are(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", packed({"labels.txt": "cat\ndog\n"}, doubled([1, 2])))
    servable = load(folder)
    assert servable.labels == {servable.outputs[0].name: ("cat", "dog")}
    shown = model_config(servable).parameters[LABELS].string_value
    assert shown == "cat\ndog"
    (folder / "labels.txt").write_text("hen\nfox\n")
    output = servable.outputs[0].name
    assert load(folder, f'output {{ name: "{output}" label_filename: "labels.txt" }}').labels == {
        output: ("hen", "fox")
    }


def test_a_real_file_has_the_names_of_imagenet(data_dir: Path) -> None:
    (file,) = (data_dir / "models" / "mobilenet_v2_imagenet").glob("*.tflite")
    labels = labels_in(file.read_bytes())
    assert len(labels) == 1001
    assert labels[0] == "background"
    assert labels[286] == "Egyptian cat"
