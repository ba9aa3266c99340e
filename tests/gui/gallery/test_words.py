"""What the page says: states, faults, sizes, speeds, profiles, and where a model is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.core.errors import UsageError
from backend.gallery import (
    DownloadError,
    DownloadFault,
    GalleryRow,
    InstallState,
    Phase,
    Progress,
    Speed,
    Task,
    read_catalogue,
)
from backend.gallery.speed import Timing, this_machine
from backend.models.repository import UNLOADED, ModelState
from gui.gallery.item import Action, Item, Standing, item_of
from gui.gallery.profile_words import profile_sentences
from gui.gallery.scenes import CATEGORY_TITLES, Category, Scene, category_of, scene_of
from gui.gallery.words import (
    advice,
    ends_all,
    file_text,
    problem_text,
    speed_text,
    standing_role,
    standing_text,
    summary,
    task_title,
)
from gui.state.models.rows import ModelRow
from gui.widgets.theme import DARK
from tests.gallery.conftest import content, from_github, wanted
from tests.gui.gallery.gallery_stage import entry

CATALOGUE = read_catalogue()
ENTRY = entry("tiny", Task.OBJECTS, wanted(content(2048), from_github()))
SOUND = entry("ear", Task.SPEECH, wanted(content(2048), from_github()))
READY = ModelRow("tiny", ("1",), ModelState.READY)


def row(
    state: InstallState = InstallState.ABSENT, saved: int = 0, speed: Speed | None = None
) -> GalleryRow:
    return GalleryRow(ENTRY, state, Path("models/tiny"), saved, speed)


def item(
    state: InstallState = InstallState.ABSENT,
    served: ModelRow | None = None,
    problem: Exception | None = None,
    saved: int = 0,
) -> Item:
    return item_of(row(state, saved), working=False, served=served, problem=problem)


@pytest.mark.parametrize(
    ("shown", "standing", "first"),
    [
        (item(), Standing.ABSENT, Action.GET),
        (item(InstallState.PARTIAL, saved=1024), Standing.PAUSED, Action.RESUME),
        (item(InstallState.INSTALLED), Standing.INSTALLED, Action.LOAD),
        (item(InstallState.INSTALLED, READY), Standing.LOADED, Action.USE),
        (item(InstallState.CHANGED, READY), Standing.LOADED, Action.USE),
        (item(InstallState.CHANGED), Standing.CHANGED, Action.LOAD),
        (
            item(InstallState.INSTALLED, ModelRow("tiny", (), ModelState.LOADING)),
            Standing.LOADING,
            Action.REMOVE,
        ),
        (
            item(InstallState.INSTALLED, ModelRow("tiny", (), ModelState.UNAVAILABLE, UNLOADED)),
            Standing.INSTALLED,
            Action.LOAD,
        ),
        (
            item(InstallState.INSTALLED, ModelRow("tiny", (), ModelState.UNAVAILABLE, "no layer")),
            Standing.BROKEN,
            Action.LOAD,
        ),
        (item(problem=UsageError("no")), Standing.FAILED, Action.RETRY),
        (item(InstallState.INSTALLED, problem=UsageError("no")), Standing.INSTALLED, Action.LOAD),
    ],
)
def test_each_standing_has_words_a_colour_and_a_next_thing(
    shown: Item, standing: Standing, first: Action
) -> None:
    assert shown.standing is standing
    assert shown.actions[0] is first
    assert standing_text(shown)
    assert DARK.color(standing_role(shown)).isValid()


def test_nothing_is_offered_for_a_folder_of_the_user() -> None:
    shown = item(InstallState.FOREIGN)
    assert shown.actions == ()
    assert "models/tiny" in advice(shown).replace("\\", "/")


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.CONNECTING, "Connecting"),
        (Phase.FETCHING, "1.0 KiB of 2.0 KiB"),
        (Phase.PIP, "pip fetches its package"),
        (Phase.CHECKING, "Checking"),
        (Phase.INSTALLING, "Installing"),
        (Phase.WAITING, "Another process fetches it"),
    ],
)
def test_each_phase_of_a_download_has_words(phase: Phase, words: str) -> None:
    progress = Progress("tiny", phase, "1/model.onnx", 512, 2048, 1024, 2048)
    shown = item_of(row(), working=True, progress=progress)
    assert standing_text(shown) == words
    assert shown.actions == (Action.CANCEL,)
    assert ("512 bytes of 2.0 KiB" in file_text(shown)) is (shown.standing is Standing.FETCHING)


def test_a_download_that_has_not_begun_waits() -> None:
    assert standing_text(item_of(row(), working=True)) == "Waiting for its turn"


@pytest.mark.parametrize("fault", DownloadFault)
def test_each_fault_has_its_message_and_advice_of_the_window(fault: DownloadFault) -> None:
    of_commands = ("offline", "absent", "redirect", "disk", "disk_full")
    hint = "Name it (--from)." if fault in of_commands else "Do something about it."
    error = DownloadError(fault, "It went wrong.", hint=hint)
    shown = item(problem=error)
    assert problem_text(shown) == "It went wrong."
    assert advice(shown)
    assert "--" not in advice(shown)
    assert standing_text(shown)
    assert ends_all(error) is (fault in ("offline", "tls", "disk_full", "disk"))


def test_speeds_are_of_frames_or_of_windows() -> None:
    def measured(median_ms: float) -> Speed:
        return Speed(Timing(median_ms, 1.0, 20.0, 50, 80.0), this_machine(), {})

    def shown(median_ms: float) -> Item:
        return item_of(row(InstallState.INSTALLED, speed=measured(median_ms)), working=False)

    assert speed_text(shown(12.3)) == "12 ms a frame"
    assert speed_text(shown(7.51)) == "7.5 ms a frame"
    assert speed_text(item()) == ""
    heard = GalleryRow(SOUND, InstallState.INSTALLED, Path("ear"), 0, measured(0.22))
    assert speed_text(item_of(heard, working=False)) == "0.2 ms a window"


# -- the catalogue that ships ----------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_model_of_the_catalogue_has_its_words_and_its_picture(name: str) -> None:
    one = CATALOGUE[name]
    assert summary(one) == one.summary  # a text that no language has would fail here
    assert task_title(one.task)
    assert category_of(one) in CATEGORY_TITLES
    assert all(profile_sentences(one))


def test_models_are_found_where_people_look_for_them() -> None:
    scenes = {name: scene_of(one) for name, one in CATALOGUE.items()}
    assert scenes["movenet"] is Scene.BODY
    assert scenes["face_mesh"] is Scene.MESH
    assert scenes["palm"] is scenes["hand_landmarks"] is Scene.HAND
    assert scenes["deeplab_v3"] is Scene.REGIONS
    assert category_of(CATALOGUE["face_mesh"]) is Category.FACES
    assert category_of(CATALOGUE["keywords"]) is Category.SOUND
    found = {category_of(one) for one in CATALOGUE.values()}
    assert found == set(Category) - {Category.ALL}


def test_a_profile_is_put_into_sentences() -> None:
    picture = (
        b'version = 1\nlabels = ["a", "b"]\n[input]\nkind = "picture"\nwidth = 416\nheight = 320\n'
        b'fit = "letterbox"\n[output]\nkind = "boxes"\n'
    )
    sound = (
        b'version = 1\ntakes = "audio"\n[sound]\nrate = 16000\nwindow_s = 0.5\nhop_s = 0.1\n'
        b'[input]\nkind = "sound"\n[output]\nkind = "yes_no"\n'
    )
    files = ENTRY.files
    assert profile_sentences(entry("a", Task.OBJECTS, *files, profile=picture)) == (
        "Takes pictures of 416 x 320 pixels, with margins on two sides.",
        "Gives boxes with a class and a score each.",
        "It knows 2 classes.",
    )
    assert profile_sentences(entry("a", Task.SPEECH, *files, profile=sound)) == (
        "Takes sound, 0.5 s at 16000 Hz at a time.",
        "Says yes or no.",
    )
    (broken,) = profile_sentences(entry("a", Task.OBJECTS, *files, profile=b"nonsense"))
    assert "not valid TOML" in broken
    assert profile_sentences(ENTRY)[0].startswith("No profile comes with it")
