"""The form of an inference: what each filling gives, what is refused, and the bytes that leave."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.choices import ImageEncoding, Payload, Serialization
from backend.core.errors import InvalidInput, UsageError
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.tensors import Array, Datatype, TensorSpec
from backend.inspector.calls.exchange import MethodKind
from backend.inspector.forms.input_argument import parse_input
from backend.inspector.forms.input_files import read_sound
from backend.inspector.forms.input_fills import Fill, FillKind, Live, filled, fitting
from backend.inspector.forms.tensor_form import TensorForm, to_request
from backend.profiles.bundled import BUNDLED
from backend.profiles.model_profile import AudioFormat, ModelProfile
from backend.wire.elements import TensorRef
from backend.wire.media.images import encode_image
from backend.wire.media.sound import encode_wav
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest


@dataclass(frozen=True)
class Model:
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...] = (TensorSpec("Y", Datatype.FP32, (-1, 5)),)
    name: str = "m"


def form_of(*inputs: TensorSpec) -> TensorForm:
    return TensorForm.of(Model(inputs))


def only(form: TensorForm, live: Live | None = None) -> Array:
    return form.infer_request(live or Live()).inputs[0].data


def spec(datatype: Datatype, *shape: int, optional: bool = False) -> TensorSpec:
    return TensorSpec("X", datatype, shape, optional)


def picture() -> Array:
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels[:, 4:] = (255, 0, 0)
    return pixels


FRAME = Frame(0, 0, picture())
WINDOW = AudioWindow(0, 0, np.linspace(-1, 1, 10, dtype=np.float32), 16000)


@given(
    datatype=st.sampled_from(sorted(Datatype)),
    shape=st.lists(st.integers(-1, 4), min_size=0, max_size=3).map(tuple),
    kind=st.sampled_from([FillKind.ZEROS, FillKind.ONES, FillKind.RANDOM, FillKind.CONSTANT]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=80, deadline=None)
def test_generated_values_survive_every_serialization_that_can_carry_them(
    datatype: Datatype, shape: tuple[int, ...], kind: FillKind, seed: int
) -> None:
    text = "true" if datatype is Datatype.BOOL else "1"
    form = form_of(TensorSpec("X", datatype, shape)).with_row("X", fill=Fill(kind, text, seed))
    request = form.infer_request()
    tensor = request.inputs[0]
    assert tensor.shape == tuple(1 if size < 0 else size for size in shape)
    if datatype is not Datatype.BYTES:
        assert form.size() == tensor.data.nbytes
    for serialization in Serialization:
        narrow = datatype in (Datatype.FP16, Datatype.BF16)
        if narrow and serialization in (Serialization.JSON, Serialization.TYPED):
            with pytest.raises(InvalidInput, match="X"):
                to_request(request, serialization, "t")
            continue
        sent = to_request(request, serialization, "t")
        if sent.rest:
            back = oip_rest.decode_request(dict(sent.headers), sent.body, "m").inputs[0]
        else:
            back = oip_grpc.decode_request(sent.body).inputs[0]
        np.testing.assert_array_equal(back.data, tensor.data)
        assert sent.size == len(sent.body)


def test_random_values_are_the_same_for_the_same_seed() -> None:
    form = form_of(spec(Datatype.FP32, -1, 3))
    rows = [
        only(form.with_row("X", fill=Fill(FillKind.RANDOM, seed=seed), shape=(4, 3)))
        for seed in (7, 7, 8)
    ]
    assert np.array_equal(rows[0], rows[1])
    assert not np.array_equal(rows[0], rows[2])


def test_a_request_says_everything_that_the_form_holds() -> None:
    form = TensorForm.of(Model((spec(Datatype.INT64, 2),)), version="3")
    form = TensorForm(
        form.model,
        form.rows,
        form.outputs,
        form.version,
        "id-1",
        {"priority": 2},
        classification=4,
    )
    request = to_request(form.infer_request(), Serialization.RAW, "home", stream=True)
    assert (request.kind, request.path) == (MethodKind.BIDI_STREAM, oip_grpc.MODEL_STREAM_INFER)
    back = oip_grpc.decode_request(request.body)
    assert (back.model, back.version, back.id) == ("m", "3", "id-1")
    assert dict(back.parameters) == {"priority": 2}
    assert [(out.name, dict(out.parameters)) for out in back.outputs] == [
        ("Y", {"classification": 4})
    ]
    rest = to_request(form.infer_request(), Serialization.BINARY, "home", headers=(("X-A", "b"),))
    assert rest.method == "POST /v2/models/m/versions/3/infer"
    assert ("X-A", "b") in rest.headers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X=[[1, 2, 3]]", [[1, 2, 3]]),
        ("X=json:[4, 5, 6, 7, 8, 9]", [[4, 5, 6], [7, 8, 9]]),
        ("X=constant:2.5@2x3", [[2.5] * 3] * 2),
        ("X=zeros", [[0, 0, 0]]),
        ("X=ones@1,3", [[1, 1, 1]]),
        ("X=[1, 2, 3]@1x3", [[1, 2, 3]]),
        ("X=[[1, 2, 3], [4, 5, 6]]@2x3", [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_inputs_of_a_command_line(text: str, expected: list[list[float]]) -> None:
    form = form_of(spec(Datatype.FP32, -1, 3)).with_inputs([parse_input(text)])
    assert only(form).tolist() == expected


@pytest.mark.parametrize(
    "text",
    ["X", "=zeros", "X=", "X=zeros@a", "X=random:x", "X=zeros:1", "X=ones@1x-2", "X=[1]@a"],
)
def test_a_malformed_input_of_a_command_line_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_input(text)


@pytest.mark.parametrize(
    ("text", "kind", "detail", "shape"),
    [
        ("[1,2]@3", FillKind.JSON, "[1,2]", (3,)),
        ('["a","b"]@1x2', FillKind.JSON, '["a","b"]', (1, 2)),
        ('["a@1x2","b"]', FillKind.JSON, '["a@1x2","b"]', None),
        ('["a]@2","b"]', FillKind.JSON, '["a]@2","b"]', None),
        ("7@1x1", FillKind.JSON, "7", (1, 1)),
        ("x.npy@2x3", FillKind.FILE, "x.npy", (2, 3)),
        ("photo@2x.jpg", FillKind.FILE, "photo@2x.jpg", None),
        ("file:x@2", FillKind.FILE, "x@2", None),
        ('json:"x@2"', FillKind.JSON, '"x@2"', None),
    ],
)
def test_a_shape_may_follow_what_fills_an_input(
    text: str, kind: FillKind, detail: str, shape: tuple[int, ...] | None
) -> None:
    given = parse_input(f"X={text}")
    assert (given.fill.kind, given.fill.text, given.shape) == (kind, detail, shape)


def test_json_of_another_count_than_its_shape_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"Expected \[3\], the data has \[2\]"):
        only(form_of(spec(Datatype.FP32, -1)).with_inputs([parse_input("X=[1,2]@3")]))


@given(st.text(max_size=30))
def test_any_input_of_a_command_line_is_read_or_refused(text: str) -> None:
    try:
        parse_input(text)
    except UsageError:
        return


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (Fill(FillKind.JSON, "[1, 2"), "not JSON"),
        (Fill(FillKind.JSON, ""), "empty"),
        (Fill(FillKind.JSON, "[[1, 2]]"), r"Expected \[-1, 3\], the data has \[1, 2\]"),
        (Fill(FillKind.JSON, '["a", "b", "c"]'), "numbers"),
        (Fill(FillKind.CONSTANT, "many"), "cannot be filled with 'many'"),
        (Fill(FillKind.CONSTANT, "1e999"), "X"),
        (Fill(FillKind.FILE, ""), "none is chosen"),
        (Fill(FillKind.FILE, "/nowhere/at/all.npy"), "No such file"),
        (Fill(FillKind.FRAME), "there is none"),
        (Fill(FillKind.WINDOW), "there is none"),
    ],
)
def test_a_filling_that_cannot_be_is_refused_by_the_inputs_name(fill: Fill, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as error:
        only(form_of(spec(Datatype.FP32, -1, 3)).with_row("X", fill=fill))
    assert "X" in error.value.message or "JSON" in error.value.message


def test_shapes_and_missing_inputs_are_refused_before_anything_is_made() -> None:
    form = form_of(spec(Datatype.FP32, -1, 3))
    wrong = form.with_row("X", shape=(2, 4))
    assert "Expected [-1, 3], got [2, 4]" in wrong.rows[0].problem()
    assert wrong.size() is None
    with pytest.raises(InvalidInput, match="not optional"):
        only(form.with_row("X", sent=False))
    huge = form.with_row("X", shape=(1 << 30, 3))
    with pytest.raises(InvalidInput, match=r"GiB|MiB"):
        only(huge)
    assert huge.size() == 12 << 30
    with pytest.raises(InvalidInput, match="takes X"):
        form.row("Z")
    assert (
        TensorForm.of(Model((spec(Datatype.FP32, 1, optional=True),))).infer_request().inputs == ()
    )


def test_bytes_take_text_hex_base64_and_files(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x00\x01")
    text = f'["ä", {{"hex": "00ff"}}, {{"base64": "AP8="}}, {{"file": "{tmp_path}/a.bin"}}]'
    form = form_of(spec(Datatype.BYTES, -1)).with_row("X", fill=Fill(FillKind.JSON, text))
    assert only(form).tolist() == ["ä".encode(), b"\x00\xff", b"\x00\xff", b"\x00\x01"]
    for wrong in ('[{"hex": "0"}]', '[{"base64": "?"}]', "[1]", '[{"file": "/nowhere"}]'):
        with pytest.raises(InvalidInput, match="element 0 of input 'X'"):
            only(form.with_row("X", fill=Fill(FillKind.JSON, wrong)))


def from_file(path: Path, wanted: TensorSpec) -> Array:
    return only(form_of(wanted).with_row("X", fill=Fill(FillKind.FILE, str(path))))


def test_arrays_from_files(tmp_path: Path) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    path = tmp_path / "a.npy"
    np.save(path, values)
    assert np.array_equal(from_file(path, spec(Datatype.FP32, -1, 3)), values)
    assert from_file(path, spec(Datatype.FP32, 1, 2, 3)).shape == (1, 2, 3)
    assert from_file(path, spec(Datatype.BF16, 2, 3))[0, 1] == 0x3F80
    np.save(path, values.astype(">f4"))
    assert np.array_equal(from_file(path, spec(Datatype.FP32, -1, 3)), values)
    with pytest.raises(InvalidInput, match=r"takes INT32 \[2, 3\].*holds >f4 \[2, 3\].*astype"):
        from_file(path, spec(Datatype.INT32, 2, 3))
    np.savez(tmp_path / "b.npz", X=values, Z=values + 1)
    assert np.array_equal(from_file(tmp_path / "b.npz", spec(Datatype.FP32, 2, 3)), values)
    np.savez(tmp_path / "b.npz", V=values, Z=values + 1)
    with pytest.raises(InvalidInput, match=r"no array named 'X'.*V, Z"):
        from_file(tmp_path / "b.npz", spec(Datatype.FP32, 2, 3))
    np.save(path, np.array([b"a", b"bc"]))
    assert from_file(path, spec(Datatype.BYTES, 2)).tolist() == [b"a", b"bc"]


def test_damaged_and_hostile_array_files_are_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.zeros((1 << 10,), np.float32))
    path = tmp_path / "a.npy"
    path.write_bytes(stream.getvalue().replace(b"(1024,)", b"(9999999999,)")[:200])
    with pytest.raises(InvalidInput):
        from_file(path, spec(Datatype.FP32, -1))
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidInput, match="Python objects"):
        from_file(path, spec(Datatype.FP32, -1))
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(InvalidInput):
        from_file(tmp_path / "b.npz", spec(Datatype.FP32, -1))


def test_pictures_sound_and_plain_bytes_from_files(tmp_path: Path) -> None:
    png = tmp_path / "p.png"
    png.write_bytes(encode_image(picture(), ImageEncoding.PNG, 90))
    assert np.array_equal(from_file(png, spec(Datatype.UINT8, -1, -1, 3)), picture())
    stretched = from_file(png, spec(Datatype.FP32, 1, 3, 12, 16))
    assert stretched.shape == (1, 3, 12, 16)
    assert stretched[0, :, 0, 15].tolist() == [1, 0, 0]
    assert from_file(png, spec(Datatype.BYTES, 1)).tolist() == [png.read_bytes()]
    wav = tmp_path / "s.wav"
    wav.write_bytes(encode_wav(np.array([0.5, -0.5], np.float32), 16000))
    assert from_file(wav, spec(Datatype.FP32, 1, 4)).tolist() == [[0, 0, 0.5, -0.5]]
    plain = tmp_path / "x.raw"
    plain.write_bytes(np.array([1, 2, 3], "<i2").tobytes())
    assert from_file(plain, spec(Datatype.INT16, -1)).tolist() == [1, 2, 3]
    with pytest.raises(InvalidInput, match="multiple of 4"):
        from_file(plain, spec(Datatype.INT32, -1))
    (tmp_path / "x.json").write_text("[1, 2]")
    assert from_file(tmp_path / "x.json", spec(Datatype.INT32, -1)).tolist() == [1, 2]


@pytest.mark.parametrize("profile", BUNDLED.values(), ids=lambda profile: profile.model)
def test_a_live_filling_is_what_a_run_would_send(profile: ModelProfile) -> None:
    live = Live(FRAME, WINDOW, profile)
    sample = WINDOW if profile.kind is MediaKind.AUDIO else FRAME
    kind = FillKind.WINDOW if sample is WINDOW else FillKind.FRAME
    (wanted,) = profile.encode(sample, Payload())
    form = TensorForm.of(Model(profile.inputs))
    for row in form.rows:
        form = form.with_row(row.spec.name, sent=False)
    made = form.with_row(wanted.name, fill=Fill(kind), sent=True)
    for row in made.rows:
        if not row.spec.optional:
            made = made.with_row(row.spec.name, sent=True)
    found = {tensor.name: tensor.data for tensor in made.infer_request(live).inputs}
    assert np.array_equal(found[wanted.name], wanted.data)


@pytest.mark.parametrize("profile", BUNDLED.values(), ids=lambda profile: profile.model)
def test_a_file_as_in_a_run_is_what_a_run_would_send_of_it(
    profile: ModelProfile, tmp_path: Path
) -> None:
    picture, sound = tmp_path / "frame.png", tmp_path / "window.wav"
    picture.write_bytes(encode_image(FRAME.pixels, ImageEncoding.PNG, 0))
    sound.write_bytes(encode_wav(WINDOW.samples, profile.audio.rate))
    audio = profile.kind is MediaKind.AUDIO
    of_file = Fill(FillKind.SOUND, str(sound)) if audio else Fill(FillKind.PICTURE, str(picture))
    sample: Sample = FRAME
    if audio:
        length = profile.audio.window
        told = WINDOW.samples[-length:]
        padded = np.pad(told, (length - len(told), 0))
        sample = replace(WINDOW, samples=padded, rate=profile.audio.rate)
    (wanted,) = profile.encode(sample, Payload())
    spec_of_it = next(one for one in profile.inputs if one.name == wanted.name)
    found = filled(spec_of_it, of_file, Live(profile=profile))
    assert np.array_equal(found.data, wanted.data)


def test_a_sound_as_in_a_run_comes_at_the_rate_of_the_model(tmp_path: Path) -> None:
    file = tmp_path / "tone.wav"
    file.write_bytes(encode_wav(np.sin(np.arange(48_000) / 9).astype(np.float32), 48_000))
    wanted = AudioFormat(16_000, 0.5, 0.1)
    window = read_sound(str(file), TensorRef("input", "X", ""), wanted)
    assert (window.rate, len(window.samples)) == (16_000, 8_000)
    assert window.samples.dtype == np.float32
    assert read_sound(str(file), TensorRef("input", "X", ""), None).rate == 48_000


@pytest.mark.parametrize("kind", [FillKind.PICTURE, FillKind.SOUND])
def test_what_is_no_picture_or_sound_is_said_by_its_name(kind: FillKind, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    for text, said in ((str(tmp_path / "notes.txt"), "notes"), ("", "none is chosen")):
        with pytest.raises(InvalidInput, match=said):
            filled(spec(Datatype.UINT8, -1, -1, 3), Fill(kind, text))


def test_without_a_profile_a_frame_is_stretched_and_a_window_cut() -> None:
    generic = form_of(spec(Datatype.FP32, 1, 3, 3, 4)).with_row("X", fill=Fill(FillKind.FRAME))
    assert only(generic, Live(FRAME)).shape == (1, 3, 3, 4)
    sound = form_of(spec(Datatype.INT16, -1)).with_row("X", fill=Fill(FillKind.WINDOW))
    assert only(sound, Live(window=WINDOW)).tolist()[-1] == 32767
    with pytest.raises(InvalidInput, match="does not fit"):
        only(
            form_of(spec(Datatype.FP32, 2, 5, 7, 9)).with_row("X", fill=Fill(FillKind.FRAME)),
            Live(FRAME),
        )


@pytest.mark.parametrize(
    ("declared", "media", "pictures", "sound"),
    [
        (spec(Datatype.UINT8, -1, -1, 3), None, True, False),
        (spec(Datatype.BYTES, 1), None, True, True),
        (spec(Datatype.BYTES, 1), MediaKind.IMAGE, True, False),
        (spec(Datatype.FP32, 1, 3, 224, 224), MediaKind.IMAGE, True, False),
        (spec(Datatype.FP32, -1), None, True, True),
        (spec(Datatype.FP32, -1), MediaKind.AUDIO, False, True),
    ],
)
def test_sound_is_not_offered_for_a_picture_nor_a_picture_for_sound(
    declared: TensorSpec, media: MediaKind | None, *, pictures: bool, sound: bool
) -> None:
    kinds = fitting(declared, media)
    assert (FillKind.PICTURE in kinds, FillKind.FRAME in kinds) == (pictures, pictures)
    assert (FillKind.SOUND in kinds, FillKind.WINDOW in kinds) == (sound, sound)
    assert FillKind.ZEROS in kinds
