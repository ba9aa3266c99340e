"""Pictures become exactly the numbers and files that a recipe says."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import Api, ImageEncoding, Payload
from backend.core.errors import InvalidInput, UsageError
from backend.core.samples import AudioWindow, Frame, MediaKind
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.profiles.geometry import Fit
from backend.profiles.inputs.numbers import as_datatype, bfloat16_values
from backend.profiles.inputs.pictures import (
    Colours,
    EncodedPicture,
    FileFormat,
    PictureLayout,
    PictureRecipe,
)
from backend.profiles.inputs.recipe import Elements, InputRecipe
from backend.profiles.model_profile import ModelProfile
from backend.profiles.outputs.bundled import PlainTensors
from backend.profiles.preview import tensor_preview
from backend.wire.media.images import decode_image

PICTURE = Frame(0, 0, np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8))
SOUND = AudioWindow(0, 0, np.zeros(100, np.float32), 16_000)
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PLAIN = Payload()


def made(recipe: InputRecipe, *inputs: TensorSpec, payload: Payload = PLAIN) -> Tensor:
    (tensor,) = recipe.tensors(PICTURE, payload, inputs)
    return tensor


def arranged(pixels: Array, layout: PictureLayout) -> Array:
    """[height, width, channels] in another order, step by step."""
    if layout in (PictureLayout.NHW, PictureLayout.HW):
        pixels = pixels[:, :, 0]
    elif layout in (PictureLayout.NCHW, PictureLayout.CHW):
        pixels = pixels.transpose(2, 0, 1)
    return pixels[np.newaxis] if "N" in layout else pixels


@pytest.mark.parametrize("layout", list(PictureLayout))
@pytest.mark.parametrize("colours", list(Colours))
def test_numbers_follow_the_formula_in_every_order(layout: PictureLayout, colours: Colours) -> None:
    if "C" not in layout and colours is not Colours.GREY:
        with pytest.raises(UsageError, match="no channels"):
            PictureRecipe(layout=layout, colours=colours)
        return
    three = colours is not Colours.GREY
    mean, deviation = (MEAN, DEVIATION) if three else ((0.5,), (0.25,))
    recipe = PictureRecipe(
        layout=layout, colours=colours, scale=1 / 255, mean=mean, deviation=deviation
    )
    tensor = made(recipe)
    pixels = PICTURE.pixels.astype(np.float64)
    if colours is Colours.BGR:
        pixels = pixels[:, :, ::-1]
    elif colours is Colours.GREY:
        # ITU-R BT.601, as OpenCV documents it, rounded.
        pixels = np.rint(pixels @ [0.299, 0.587, 0.114])[:, :, np.newaxis]
    expected = arranged((pixels / 255 - mean) / deviation, layout)
    assert tensor.data.dtype == np.float32
    assert tensor.shape == expected.shape
    grey_step = 0 if three else 1 / 255 / 0.25 + 1e-6
    assert np.abs(tensor.data - expected).max() <= 1e-6 + grey_step


@pytest.mark.parametrize("datatype", [d for d in Datatype if d is not Datatype.BYTES])
def test_every_datatype_holds_the_pixels(datatype: Datatype) -> None:
    tensor = made(PictureRecipe(datatype=datatype, layout=PictureLayout.HWC, scale=0.5))
    assert tensor.data.dtype == datatype.numpy
    half = PICTURE.pixels / 2
    if datatype is Datatype.BOOL:
        assert (tensor.data == (half > 0)).all()
        return
    values = bfloat16_values(tensor.data) if datatype is Datatype.BF16 else tensor.data
    expected = np.clip(half, None, 127) if datatype is Datatype.INT8 else half
    assert np.abs(values.astype(np.float64) - expected).max() <= 0.5


def test_bfloat16_is_rounded_to_nearest_even() -> None:
    values = np.array([1.0, 1.00390625, 1.01171875, -2.5, 0.1])
    assert as_datatype(values, Datatype.BF16).tolist() == [
        0x3F80, 0x3F80, 0x3F82, 0xC020, 0x3DCD,
    ]  # fmt: skip


def test_the_models_own_shape_gives_the_size_and_the_name() -> None:
    spec = TensorSpec("images", Datatype.FP32, (-1, 3, 8, 16))
    tensor = made(PictureRecipe(), spec)
    assert (tensor.name, tensor.shape) == ("images", (1, 3, 8, 16))
    open_spec = TensorSpec("images", Datatype.FP32, (-1, 3, -1, -1))
    assert made(PictureRecipe(), open_spec).shape == (1, 3, 24, 32)
    assert made(PictureRecipe(width=4, height=2), spec).shape == (1, 3, 2, 4)


def test_a_letterbox_has_its_colour_and_the_picture_in_the_middle() -> None:
    recipe = PictureRecipe(
        layout=PictureLayout.HWC, datatype=Datatype.UINT8, width=32, height=32,
        fit=Fit.LETTERBOX, padding=(10, 20, 30),
    )  # fmt: skip
    data = made(recipe).data
    assert (data[4:28] == PICTURE.pixels).all()
    assert (data[:4] == (10, 20, 30)).all()
    assert (data[28:] == (10, 20, 30)).all()


def test_a_file_is_sent_as_one_element_of_the_wanted_rank() -> None:
    for rank, shape in ((0, ()), (1, (1,)), (2, (1, 1))):
        tensor = made(EncodedPicture("image", FileFormat.PNG, rank))
        assert (tensor.datatype, tensor.shape) == (Datatype.BYTES, shape)
        assert (decode_image(tensor.data.reshape(-1)[0]) == PICTURE.pixels).all()
    asked = made(EncodedPicture("image"), payload=Payload(image=ImageEncoding.PNG))
    assert asked.data[0].startswith(b"\x89PNG")
    assert made(EncodedPicture("image")).data[0].startswith(b"\xff\xd8")


def test_a_file_may_be_made_smaller_and_its_geometry_says_so() -> None:
    recipe = EncodedPicture("image", FileFormat.PNG, longest_side=16)
    data = made(recipe).data[0]
    assert decode_image(data).shape == (12, 16, 3)
    assert recipe.geometry(32, 24, ()).points_to_source(np.array([8.0, 6.0])).tolist() == [16, 12]


@pytest.mark.parametrize(
    ("shape", "expected"), [((-1,), (2304,)), ((1, -1), (1, 2304)), ((-1, 3), (768, 3))]
)
def test_elements_fill_the_dimension_that_varies(
    shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    spec = TensorSpec("X", Datatype.UINT8, shape)
    tensor = made(Elements(), spec)
    assert (tensor.name, tensor.shape) == ("X", expected)
    assert tensor.data.tobytes() == PICTURE.pixels.tobytes()


def test_elements_that_do_not_fit_are_refused_by_name() -> None:
    for shape in ((16,), (1, 16), (-1, 5)):
        with pytest.raises(InvalidInput, match="2304 elements do not fit into input 'X'"):
            made(Elements(), TensorSpec("X", Datatype.UINT8, shape))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"mean": (1.0, 2.0)}, "1 or 3 values of 'mean', got 2"),
        ({"deviation": (0.0,)}, "must not be 0"),
        ({"crop_share": 0.0}, "crop_share"),
        ({"width": -1}, "Width and height"),
        ({"padding": (0, 0, 256)}, "padding"),
        ({"datatype": Datatype.BYTES}, "BYTES"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        PictureRecipe(**wrong)  # type: ignore[arg-type]


def test_sound_is_no_picture() -> None:
    for recipe in (PictureRecipe(), EncodedPicture()):
        with pytest.raises(InvalidInput, match="got sound"):
            recipe.tensors(SOUND, Payload(), ())


@pytest.mark.parametrize(
    ("recipe", "size"),
    [
        (PictureRecipe(width=16, height=16, colours=Colours.BGR, fit=Fit.CROP), (16, 16, 3)),
        (PictureRecipe(width=8, height=16, colours=Colours.GREY), (16, 8, 3)),
        (EncodedPicture(longest_side=16), (12, 16, 3)),
    ],
)
def test_the_preview_shows_what_the_model_sees(recipe: InputRecipe, size: tuple[int, ...]) -> None:
    profile = ModelProfile("m", MediaKind.IMAGE, (), (), PlainTensors(), recipe=recipe)
    shown = tensor_preview(profile, PICTURE, Payload())
    assert shown.picture is not None
    assert shown.picture.shape == size
    assert shown.picture.dtype == np.uint8
    (sent,) = profile.encode(PICTURE, Payload())
    if sent.datatype is Datatype.FP32:
        assert (shown.tensors[0].data == sent.data).all()


def test_a_model_of_numbers_says_why_no_file_is_sent() -> None:
    numbers = ModelProfile("m", MediaKind.IMAGE, (), (), PlainTensors(), recipe=PictureRecipe())
    files = ModelProfile("m", MediaKind.IMAGE, (), (), PlainTensors(), recipe=EncodedPicture())
    reason = numbers.why_not_image(ImageEncoding.JPEG, Api.OIP)
    assert reason == "'m' takes pixels as numbers; JPEG is not sent to it."
    assert numbers.why_not_image(ImageEncoding.RAW, Api.OIP) == ""
    assert numbers.why_not_image(ImageEncoding.JPEG, Api.SERVING) == ""
    assert files.why_not_image(ImageEncoding.JPEG, Api.OIP) == ""
