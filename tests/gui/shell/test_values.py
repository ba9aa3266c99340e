"""The shell's plain values: switches, settings, options, texts, offers and the look."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

import main
from backend.core.choices import Api, ImageEncoding, Serialization, Transport
from backend.core.errors import UsageError
from backend.core.files.private import Loaded
from backend.core.flow import Policy
from backend.core.ledger import Counts, DropPlace
from backend.core.samples import MediaKind
from backend.core.status import (
    RunState,
    RunStatus,
    SinkStatus,
    SourceInfo,
    SourceState,
    SourceStatus,
)
from backend.core.target import Target
from gui.live.notices.messages import run_message
from gui.live.picture.pane import style_of, with_layers
from gui.live.strip.texts import slot_texts, state_role, state_text
from gui.shell.options import Options, parse_options
from gui.state.counters import Counters, Recent
from gui.state.settings import (
    MOST_BYTES,
    Settings,
    SettingsStore,
    ViewMemory,
    from_json,
    load,
    merged,
    to_json,
    write,
)
from gui.state.switches import Switches
from gui.views.messages import VEIL, MessageKind
from gui.views.preview import Layer
from gui.widgets.theme import DARK, LIGHT, Palette, ThemeChoice, palette_for
from tests.gui.shell_fakes import SOURCES
from tests.stored_files import FOLDER


def test_each_transport_family_remembers_its_serialisation() -> None:
    switches = Switches(transport=Transport.REST).with_serialization(Serialization.JSON)
    over_grpc = replace(switches, transport=Transport.GRPC)
    assert over_grpc.serialization is Serialization.RAW
    assert replace(over_grpc, transport=Transport.REST).serialization is Serialization.JSON


def test_an_image_encoding_that_does_not_apply_is_raw_but_not_forgotten() -> None:
    switches = Switches(image=ImageEncoding.JPEG, transport=Transport.REST)
    as_json = switches.with_serialization(Serialization.JSON)
    assert as_json.run_settings(MediaKind.IMAGE).payload.image is ImageEncoding.RAW
    assert switches.run_settings(MediaKind.AUDIO).payload.image is ImageEncoding.RAW
    back = as_json.with_serialization(Serialization.BINARY)
    assert back.run_settings(MediaKind.IMAGE).payload.image is ImageEncoding.JPEG


def changed_settings() -> Settings:
    target = Target("lab", rest="http://10.0.0.7:8000", grpc="10.0.0.7:8001")
    return Settings(
        switches=Switches(
            target=target,
            model="faces",
            source="microphone:Desk",
            api=Api.SERVING,
            transport=Transport.REST,
            image=ImageEncoding.JPEG,
            in_flight=3,
        ),
        theme=ThemeChoice.LIGHT,
        targets=(target,),
        recent=("/a.mp4", "/b"),
        view=ViewMemory(mirror=True, rotation=90, locked=True, layers=("boxes",)),
    )


def test_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    write(path, changed_settings(), Settings(), SOURCES)
    assert load(path) == Loaded(changed_settings())


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"schema": 0}',
        '{"schema": 1, "thme": "light"}',
        '{"schema": 1, "view": {"mirrored": true}}',
        '{"schema": 1, "preferences": {"drop_alarm": NaN}}',
        to_json(Settings(), SOURCES).replace('"grpc_stream"', '"carrier pigeon"'),
        to_json(Settings(), SOURCES).replace('"jpeg_quality": 85', '"jpeg_quality": 850'),
        to_json(Settings(), SOURCES).replace('"in_flight": null', '"in_flight": "many"'),
        to_json(Settings(), SOURCES).replace('"rotation": 0', '"rotation": 45'),
        to_json(Settings(), SOURCES).replace('"masks"', '"mask"'),
        to_json(Settings(), SOURCES).replace('"rows": 5', '"rows": 0'),
        to_json(Settings(), SOURCES).replace('"recent": []', '"recent": [7]'),
        '{"schema": 1, "switches": ' + "[" * 5000,
        " " * (MOST_BYTES + 1),
    ],
)
def test_a_settings_file_that_makes_no_sense_is_set_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    loaded = load(path)
    assert (loaded.value, loaded.replaceable) == (None, True)
    assert "settings.json.broken-1" in loaded.problem
    assert (tmp_path / "settings.json.broken-1").read_text() == text


def test_settings_of_a_newer_program_are_left_alone(tmp_path: Path, qapp: QApplication) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"schema": 2, "new": 1}')
    loaded = load(path)
    assert (loaded.value, loaded.replaceable) == (None, False)
    assert "newer program" in loaded.problem
    problems: list[str] = []
    store = SettingsStore(path, Settings(), problems.append, SOURCES)
    store.update(changed_settings())
    store.flush()
    assert "newer program" in problems[0]
    assert path.read_text() == '{"schema": 2, "new": 1}'


def test_settings_of_version_1_are_read_and_written_with_all_they_held() -> None:
    content = (FOLDER / "settings.json").read_bytes()
    old = Target("old", "http://h:1", "h:2")
    wanted = replace(changed_settings(), targets=(old,), repositories=("/models/\udcff",))
    assert from_json(content) == wanted
    assert within(json.loads(content), json.loads(to_json(wanted, SOURCES)))


def within(old: object, new: object) -> bool:
    """Whether all that one value holds is in the other, which may hold more."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and within(value, new[key]) for key, value in old.items())
    return old == new


def test_passwords_in_addresses_are_not_written() -> None:
    url = "rtsp://me:secret@cam.lan:554/door"
    settings = Settings(switches=Switches(source=url), recent=(url,))
    assert "secret" not in to_json(settings, SOURCES)
    assert from_json(to_json(settings, SOURCES).encode()).recent == ("rtsp://cam.lan:554/door",)


def test_every_layer_of_the_preview_can_be_remembered() -> None:
    assert style_of(ViewMemory()).layers == frozenset(Layer)
    for layer in Layer:
        memory = with_layers(ViewMemory(), frozenset({layer}))
        assert style_of(memory).layers == {layer}


def test_a_view_that_was_remembered_before_there_were_trails_shows_them() -> None:
    data = json.loads((FOLDER / "settings.json").read_bytes())
    for name in ("trails", "counts", "threshold", "opacity", "mask_opacity", "masks"):
        del data["view"][name]
    view = from_json(json.dumps(data).encode()).view
    assert (view.layers, view.trails, view.counts, view.masks) == (("boxes",), True, True, "colors")


@pytest.mark.parametrize(
    ("name", "value"),
    [("threshold", 1.5), ("opacity", -0.1), ("mask_opacity", 2), ("masks", "melt")],
)
def test_a_view_out_of_its_limits_is_refused(name: str, value: object) -> None:
    data = json.loads((FOLDER / "settings.json").read_bytes())
    data["view"][name] = value
    with pytest.raises(UsageError, match=name):
        from_json(json.dumps(data).encode())


def test_what_two_windows_change_is_kept_of_both(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    base = Settings(recent=("a",), repositories=("/old", "/both"))
    write(path, base, base, SOURCES)
    first = replace(base, theme=ThemeChoice.LIGHT, repositories=("/old", "/both", "/first"))
    second = replace(base.with_recent("b"), repositories=("/both", "/second"))
    write(path, first.with_recent("c"), base, SOURCES)
    write(path, second, base, SOURCES)
    found = load(path).value
    assert found is not None
    assert found.theme is ThemeChoice.LIGHT
    assert found.recent == ("b", "a", "c")
    assert found.repositories == ("/both", "/first", "/second")
    assert merged(base, base, found) == found


def test_settings_that_were_spoiled_meanwhile_are_set_aside_before_they_are_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b"\xff spoiled")
    write(path, changed_settings(), Settings(), SOURCES)
    assert load(path).value == changed_settings()
    assert (tmp_path / "settings.json.broken-1").read_bytes() == b"\xff spoiled"


def test_no_settings_file_is_a_first_start(tmp_path: Path) -> None:
    assert load(tmp_path / "settings.json") == Loaded(None)


def test_five_recent_sources_newest_first() -> None:
    settings = Settings()
    for name in "abcdefa":
        settings = settings.with_recent(name)
    assert settings.recent == ("a", "f", "e", "d", "c")


def test_the_store_writes_late_and_says_once_when_it_cannot(
    tmp_path: Path, qapp: QApplication
) -> None:
    problems: list[str] = []
    path = tmp_path / "settings.json"
    store = SettingsStore(path, Settings(), problems.append, SOURCES)
    store.update(changed_settings())
    assert not path.exists()
    store.flush()
    assert from_json(path.read_bytes()) == changed_settings()
    (tmp_path / "file").write_text("")
    broken = SettingsStore(
        tmp_path / "file" / "settings.json", Settings(), problems.append, SOURCES
    )
    broken.flush()
    broken.flush()
    assert len(problems) == 1


def test_options_choose_the_transport_that_a_serialisation_needs() -> None:
    assert Options(serialization=Serialization.JSON).applied_to(Switches()).transport is (
        Transport.REST
    )
    with pytest.raises(UsageError, match="belongs to REST"):
        Options(serialization=Serialization.JSON, transport=Transport.GRPC).applied_to(Switches())


def test_options_are_read_from_the_command_line() -> None:
    options = parse_options(
        ["--screenshot", "a.png", "--seconds", "2.5", "--transport", "rest", "--size", "800x600"],
        SOURCES,
    )
    assert (options.screenshot, options.seconds) == (Path("a.png"), 2.5)
    assert (options.transport, options.size) == (Transport.REST, (800, 600))
    assert parse_options(["--language", "de"], SOURCES).language == "de"


@pytest.mark.parametrize(
    "line",
    ["--size 10x10", "--seconds 0", "--target x:y", "--transport tcp", "--language tlh", "--what"],
)
def test_a_senseless_command_line_exits_with_2(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_options(line.split(), SOURCES)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spec", "title", "icon"),
    [
        ("pattern", "Test pattern", "pattern"),
        ("tone", "Tone", "tone"),
        ("/home/me/holiday.mp4", "holiday.mp4", "file"),
        ("webcam", "Default camera", "camera"),
        ("microphone:Desk", "Desk", "microphone"),
        ("rtsp://me:secret@cam.lan:554/door", "cam.lan:554/door", "network"),
    ],
)
def test_sources_have_short_names_without_secrets(spec: str, title: str, icon: str) -> None:
    assert (SOURCES.title(spec), SOURCES.icon(spec)) == (title, icon)
    assert "secret" not in SOURCES.redacted(spec)


def test_a_file_is_remembered_by_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").touch()
    monkeypatch.chdir(tmp_path)
    assert SOURCES.lasting("a.png") == str((tmp_path / "a.png").resolve())
    assert SOURCES.lasting("pattern") == "pattern"


def streaming(**changes: object) -> RunStatus:
    info = SourceInfo(MediaKind.IMAGE, "cam", live=True, width=640, height=480, rate=30)
    status = RunStatus(
        state=RunState.STREAMING,
        source=SourceStatus(SourceState.LIVE, info),
        counts=Counts(captured=1000, answered=1000),
        rate_in=30.0,
        rate_out=27.1,
    )
    return replace(status, **changes)  # type: ignore[arg-type]


def test_the_strip_warns_of_drops_from_one_and_alarms_from_five_percent() -> None:
    for dropped, level in ((10, ""), (20, "warning"), (60, "error")):
        counts = Counts(captured=1000, dropped={DropPlace.WAITING: dropped})
        slot = slot_texts(streaming(counts=counts), None, Recent(1000, dropped))["dropped"]
        assert slot.level == level
        assert f"waiting: {dropped}" in slot.tip
        assert slot.text.startswith("▲") == bool(level)


def test_the_strip_warns_when_the_source_is_too_slow() -> None:
    assert slot_texts(streaming(), 41.0)["in"].text == "in 30.0/30 fps"
    assert slot_texts(streaming(rate_in=27.0), 41.0)["in"].level == "warning"
    assert slot_texts(streaming(rate_in=20.0), 41.0)["in"].level == "error"
    assert slot_texts(streaming(), 41.2)["age"].text == "age 41 ms"


def test_a_source_that_is_paused_is_not_too_slow() -> None:
    assert slot_texts(streaming(rate_in=2.0), 41.0, paused=True)["in"].level == ""


def test_the_state_says_what_is_waited_for() -> None:
    assert state_text(streaming(), "Lab") == "Streaming to Lab"
    assert state_text(streaming(), "Lab", Recent(90, 89)) == "Streaming to Lab"
    again = streaming(state=RunState.RECONNECTING, attempt=2, retry_in_s=3.0)
    assert state_text(again, "Lab") == "Disconnected, retrying in 3 s (attempt 2)"
    now = streaming(state=RunState.RECONNECTING, attempt=2, retry_in_s=0.0)
    assert state_text(now, "Lab") == "Disconnected, trying again now (attempt 2)"
    lost = streaming(source=SourceStatus(SourceState.LOST, attempt=1, retry_in_s=2.0))
    assert state_text(lost, "Lab").startswith("Source not there, trying again in 2 s")


def test_a_run_without_an_answer_is_not_called_well() -> None:
    status, none, few = streaming(), Recent(90, 90), Recent(2, 2)
    assert state_text(status, "Lab", none) == "Streaming to Lab, nothing answered"
    assert (state_role(status), state_role(status, none), state_role(status, few)) == (
        *("ok", "error", "ok"),
    )


def test_the_picture_is_covered_only_when_it_says_nothing_by_itself() -> None:
    assert not run_message(streaming(), "cam", "Lab", shown=True)
    now = streaming(state=RunState.RECONNECTING, attempt=2, retry_in_s=0.0)
    assert state_text(now, "Lab") == "Disconnected, trying again now (attempt 2)"
    lost = streaming(source=SourceStatus(SourceState.LOST, message="Unplugged."))
    assert run_message(lost, "cam", "Lab", shown=True).kind is MessageKind.FAILED
    opening = streaming(source=SourceStatus(SourceState.OPENING))
    assert run_message(opening, "cam", "Lab", shown=False).kind is MessageKind.LOADING


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_words_keep_a_contrast_of_four_and_a_half(palette: Palette) -> None:
    for ground in (palette.background, palette.surface, palette.surface_raised):
        for ink in ("text", "text_muted", "accent", "ok", "warning", "error"):
            assert contrast(getattr(palette, ink), ground) >= 4.5, (ink, ground)
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    assert all(contrast(color, palette.surface) >= 3.0 for color in palette.series)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("shade", [0, 255])
def test_a_message_is_read_over_any_picture(palette: Palette, shade: int) -> None:
    ground = QColor(palette.background)
    share = VEIL / 255
    parts = (ground.red(), ground.green(), ground.blue())
    veiled = [round(part * share + shade * (1 - share)) for part in parts]
    assert contrast(palette.text, QColor(*veiled).name()) >= 4.5


def test_the_theme_follows_the_system_unless_told_otherwise() -> None:
    assert palette_for(ThemeChoice.SYSTEM, Qt.ColorScheme.Light) is LIGHT
    assert palette_for(ThemeChoice.SYSTEM, Qt.ColorScheme.Unknown) is DARK
    assert palette_for(ThemeChoice.DARK, Qt.ColorScheme.Light) is DARK


def contrast(first: str, second: str) -> float:
    """The ratio of WCAG 2.1, 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_drops_are_those_of_the_last_ten_seconds_and_can_be_counted_anew() -> None:
    counters = Counters()

    def at(now_s: float, answered: int, dropped: int) -> Recent:
        counts = Counts(answered=answered, dropped={DropPlace.WAITING: dropped})
        status = counters.since(RunStatus(counts=counts))
        return counters.recent(status, now_s)

    assert at(0.0, 15, 15).share == 0.5
    assert at(5.0, 165, 15) == Recent(180, 15)
    assert at(10.0, 315, 15) == Recent(300, 0)
    status = RunStatus(counts=Counts(answered=315, failed=1, dropped={DropPlace.WAITING: 15}))
    counters.reset(status, 10.0)
    assert counters.since(status).counts == Counts()
    assert at(10.5, 329, 16) == Recent(15, 1)
    counters.begin()
    assert at(11.0, 3, 0) == Recent(3, 0)


def test_a_run_whose_requests_all_fail_of_late_is_failing_until_one_is_answered() -> None:
    counters = Counters()

    def at(now_s: float, answered: int, failed: int) -> Recent:
        return counters.recent(RunStatus(counts=Counts(answered=answered, failed=failed)), now_s)

    assert not at(0.0, 100, 1).failing
    assert not at(1.0, 100, 20).failing  # it may be a moment
    assert at(1.6, 100, 40).nothing_answered
    assert not at(2.0, 101, 40).nothing_answered
    assert not at(9.0, 101, 42).failing  # a slow model, and two that failed
    counters.begin()
    assert not at(20.0, 0, 0).failing


def test_never_more_is_dropped_than_there_was() -> None:
    """What waited while the server was gone is dropped long after it was captured."""
    counters = Counters()
    counters.recent(RunStatus(counts=Counts(captured=17)), 0.0)
    late = Counts(captured=19, dropped={DropPlace.WAITING: 19})
    assert counters.recent(RunStatus(counts=late), 10.5).share == 1.0


def test_old_drops_are_in_the_tooltip_and_colour_nothing() -> None:
    counts = Counts(captured=600, answered=300, dropped={DropPlace.WAITING: 300})
    status = RunStatus(state=RunState.STREAMING, counts=counts)
    slot = slot_texts(status, None, Recent(300, 0))["dropped"]
    assert (slot.text, slot.level) == ("dropped 0 (0.0 %)", "")
    assert "300 of 600 (50.0 %)" in slot.tip
    assert slot_texts(status, None, Recent(300, 30))["dropped"].level == "error"


def test_what_a_reader_missed_is_in_the_tooltip_under_its_name() -> None:
    sinks = (SinkStatus("recorder", Policy.DROP, 1, 12), SinkStatus("preview", Policy.NEWEST, 0, 9))
    status = RunStatus(counts=Counts(captured=20, answered=20), sinks=sinks)
    tip = slot_texts(status, None)["dropped"].tip
    assert tip.endswith("not read in time by recorder: 12")
    assert "preview" not in tip


def test_the_help_of_the_program_names_every_option_of_the_window(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--help"], SOURCES)
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert main.main(["--help"]) == 0
    assert options <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))


def test_model_repositories_may_be_given_several_times() -> None:
    options = parse_options(["--model-repository", "a", "--model-repository", "b"], SOURCES)
    assert options.model_repository == (Path("a"), Path("b"))
