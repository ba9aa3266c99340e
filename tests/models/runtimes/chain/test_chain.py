"""Chains: what is found is cut out upright, looked at closer, and told in the picture's pixels."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import numpy as np
import pytest

from backend.core.errors import NotReady
from backend.core.inference import InferRequest
from backend.core.predictions import Detection, KeyPoint
from backend.core.samples import MediaKind
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.models.calls import ModelCalls
from backend.models.catalogue import repository_registry
from backend.models.config.text import parse_config
from backend.models.contract import BundledModel
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import ModelState
from backend.models.runtimes.chain.asking import LinkCalls
from backend.models.runtimes.chain.cutting import Square, line_of
from backend.models.runtimes.chain.settings import Cut, links_of, settings_of
from backend.models.servable import ModelLoadError
from backend.profiles.inputs.pictures import PictureLayout, PictureRecipe
from backend.profiles.model_profile import ModelProfile
from backend.profiles.outputs.boxes import BoxDecoder
from backend.profiles.outputs.bundled import PlainTensors
from backend.profiles.outputs.classes import TextDecoder
from backend.profiles.outputs.parts import Unit
from backend.profiles.outputs.points import PointDecoder, PointForm
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.media.opencv import cv2
from backend.wire.oip import grpc as oip_grpc
from tests.server.grpc_calls import unary

CONFIG = """
backend: "chain"
parameters { key: "detector" value { string_value: "finder" } }
parameters { key: "landmarks" value { string_value: "corners" } }
parameters { key: "grow" value { string_value: "2" } }
"""
SIDE = 64


class Finder(BundledModel):
    """Finds the bright rectangle of a picture."""

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        return np.asarray(inputs["x"].data[0])

    def infer(self, prepared: Array) -> Array:
        rows, columns = np.nonzero(prepared[:, :, 0] > 0.5)
        if not len(rows):
            return np.zeros((0, 4), np.float32)
        return np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]])

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        boxes = Tensor("b", Datatype.FP32, raw.astype(np.float32))
        scores = Tensor("s", Datatype.FP32, np.full(len(raw), 0.75, np.float32))
        return boxes, scores


class Corners(BundledModel):
    """Gives the upper left and lower right corner of what is bright, and whether there is any."""

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        return np.asarray(inputs["x"].data[0])

    def infer(self, prepared: Array) -> Array:
        rows, columns = np.nonzero(prepared[:, :, 0] > 0.5)
        if not len(rows) or prepared[:, :, 1].max() > 0.5:  # it does not know white
            return np.zeros(5, np.float32)
        return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, 1])

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        points = Tensor("p", Datatype.FP32, raw[np.newaxis, :4].astype(np.float32))
        return points, Tensor("seen", Datatype.FP32, raw[np.newaxis, 4:].astype(np.float32))


def profile(name: str, decoder: Any, outputs: tuple[TensorSpec, ...], *labels: str) -> ModelProfile:
    recipe = PictureRecipe(layout=PictureLayout.NHWC, scale=1 / 255)
    inputs = (TensorSpec("x", Datatype.FP32, (1, SIDE, SIDE, 3)),)
    return ModelProfile(name, MediaKind.IMAGE, inputs, outputs, decoder, labels, recipe=recipe)


FINDER = profile(
    "finder",
    BoxDecoder("b", "s", ""),
    (TensorSpec("b", Datatype.FP32, (-1, 4)), TensorSpec("s", Datatype.FP32, (-1,))),
    "thing",
)
CORNERS = profile(
    "corners",
    PointDecoder("p", PointForm.XY, 2, Unit.PIXELS, "seen", threshold=0.5),
    (TensorSpec("p", Datatype.FP32, (1, 4)), TensorSpec("seen", Datatype.FP32, (1, 1))),
    "first",
    "last",
)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ModelRegistry]:
    """Both models and, in a repository, the chain of them; none of them loaded."""
    folder = tmp_path / "closer"
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(CONFIG)
    registry = repository_registry((), bundled=False)
    registry.add_factory("finder", lambda: Finder(FINDER))
    registry.add_factory("corners", lambda: Corners(CORNERS))
    registry.add_repository(tmp_path)
    yield registry
    registry.close()


Ask: TypeAlias = Callable[[Array], dict[str, Array]]


@contextmanager
def serving(registry: ModelRegistry) -> Iterator[Ask]:
    """A way to send pictures to the chain, which a server runs."""
    server = EmbeddedServer(registry, ServerOptions())
    server.start()

    def infer(pixels: Array) -> dict[str, Array]:
        request = InferRequest("closer", (Tensor("IMAGE", Datatype.UINT8, pixels),))
        with grpc.insecure_channel(server.grpc_address) as channel:
            reply = unary(channel, oip_grpc.MODEL_INFER)(oip_grpc.encode_request(request, raw=True))
        outputs = oip_grpc.decode_response(reply).outputs
        return {tensor.name: tensor.data for tensor in outputs}

    yield infer
    assert server.stop()


@pytest.fixture
def ask(registry: ModelRegistry) -> Iterator[Ask]:
    registry.load("closer")
    with serving(registry) as ask:
        yield ask


def red_at(x0: int, y0: int, x1: int, y1: int) -> Array:
    """A picture of 200 x 100 with a red rectangle."""
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[y0:y1, x0:x1, 0] = 255
    return pixels


def test_the_models_of_a_chain_are_loaded_before_it(registry: ModelRegistry) -> None:
    registry.load("closer")
    states = {row.name: row.state for row in registry.index()}
    assert states == dict.fromkeys(("finder", "corners", "closer"), ModelState.READY)


@pytest.mark.parametrize("box", [(40, 20, 80, 60), (120, 5, 190, 40), (0, 70, 30, 100)])
def test_points_come_back_in_the_pixels_of_the_picture(
    ask: Ask, box: tuple[int, int, int, int]
) -> None:
    answer = ask(red_at(*box))
    assert answer["BOXES"].shape == (1, 4)
    assert answer["BOXES"][0] == pytest.approx(box, abs=4)  # the detector sees 64 pixels
    assert answer["SCORES"].tolist() == [0.75]
    assert answer["POINTS"].shape == (1, 2, 2)
    assert answer["POINTS"][0].reshape(-1) == pytest.approx(box, abs=2.5)


def test_what_the_second_model_does_not_see_is_left_out(
    ask: Ask,
) -> None:
    white = np.zeros((100, 200, 3), np.uint8)
    white[20:60, 40:80] = 255
    for pixels in (white, np.zeros_like(white)):
        answer = ask(pixels)
        assert [answer[name].shape for name in ("BOXES", "SCORES", "CLASSES", "POINTS")] == [
            (0, 4), (0,), (0,), (0, 0, 2),
        ]  # fmt: skip


def test_a_chain_says_which_of_its_models_is_gone(registry: ModelRegistry, ask: Ask) -> None:
    assert len(ask(red_at(40, 20, 80, 60))["BOXES"]) == 1
    registry.unload("corners")
    with pytest.raises(grpc.RpcError) as error:
        ask(red_at(40, 20, 80, 60))
    assert "needs model 'corners'" in str(error.value)
    registry.load("corners")
    assert len(ask(red_at(40, 20, 80, 60))["BOXES"]) == 1


def test_what_is_seen_is_named(registry: ModelRegistry) -> None:
    registry.load("closer")
    found = registry.get("closer").profile
    assert found is not None
    assert found.labels == ("thing",)
    assert found.decoder == BoxDecoder(point_names=("first", "last"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('key: "zoom" value { string_value: "2" }', "unknown parameter 'zoom'"),
        ('key: "grow" value { string_value: "wide" }', "must be a number of 0.1 to 20"),
        ('key: "most" value { string_value: "99" }', "must be a number of 1 to 64"),
        ('key: "detector" value { string_value: "" }', "needs a parameter 'detector'"),
        ('key: "reader" value { string_value: "r" }', "both a reader and landmarks"),
        ('key: "landmarks" value { string_value: "c" }', "needs a parameter 'landmarks'"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(text: str, words: str) -> None:
    config = parse_config(f'name: "c" {CONFIG} parameters {{ {text} }}')
    with pytest.raises(ModelLoadError, match=words):
        settings_of(config)


def test_only_chains_have_links() -> None:
    assert links_of(parse_config(CONFIG)) == ("finder", "corners")
    assert links_of(parse_config(CONFIG.replace('"chain"', '"python"'))) == ()


def test_tensors_of_a_chain_are_its_own(tmp_path: Path, registry: ModelRegistry) -> None:
    config = 'input { name: "x" data_type: TYPE_FP32 dims: [ 1 ] }'
    (tmp_path / "closer" / "config.pbtxt").write_text(CONFIG + config)
    with pytest.raises(ModelLoadError, match="inputs and outputs of its own"):
        registry.load("closer")


def item(angle: float = 0.0) -> Detection:
    """A box of 40 x 20 around 100, 50, and two points in a direction against the clock."""
    x, y = 10 * math.cos(angle), -10 * math.sin(angle)
    points = (KeyPoint(100, 50, 1, "a"), KeyPoint(100 + x, 50 + y, 1, "b"))
    return Detection((80, 40, 120, 60), "thing", 1.0, points=points)


def test_a_square_is_grown_and_moved_up() -> None:
    assert Square.around(item(), Cut(1.5)) == Square(100, 50, 60, 0)
    assert Square.around(item(), Cut(2, 0.5)) == Square(100, 30, 80, 0)
    assert Square.around(item(), Cut(2, 0, "a", "nowhere")).radians == 0


@pytest.mark.parametrize("degrees", [-170, -90, -30, 0, 45, 90, 179])
@pytest.mark.parametrize("upright", [0, 90])
def test_a_square_is_turned_until_its_points_are_upright(degrees: float, upright: float) -> None:
    found = item(math.radians(degrees))
    square = Square.around(found, Cut(1.5, 0.5, "a", "b", upright))
    way = square.to_picture(60)
    turned, start = way[:, :2], way[:, 2]
    back = np.linalg.inv(turned)
    (x0, y0), (x1, y1) = (back @ ((p.x, p.y) - start) for p in found.points)
    assert math.degrees(math.atan2(y0 - y1, x1 - x0)) == pytest.approx(upright, abs=1e-6)
    assert math.hypot(x1 - x0, y1 - y0) == pytest.approx(10)
    # The box's middle is below the square's by half of the longer side.
    assert back @ ((100, 50) - start) == pytest.approx((30, 30 + 20))


def test_a_cut_out_shows_what_is_there() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[40:60, 80:120] = 200
    square = Square(100, 50, 80, 0)
    part = square.cut_out(pixels, 40)
    assert part.shape == (40, 40, 3)
    rows, columns = np.nonzero(part[:, :, 0] > 100)
    assert (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1) == (10, 30, 15, 25)
    assert not Square(1e30, -1e30, 1e30, 1).cut_out(pixels, 8).any()


class Reader(BundledModel):
    """Reads 'red' in what is red, and nothing elsewhere."""

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        return np.asarray(inputs["x"].data[0])

    def infer(self, prepared: Array) -> Array:
        return np.asarray(prepared.mean(axis=(0, 1)))

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        text = f"red {raw[0]:.1f}" if raw[0] > 0.9 > 0.1 > raw[1] else ""
        return (Tensor.of_bytes("t", text.encode()),)


READER = profile("reader", TextDecoder("t"), (TensorSpec("t", Datatype.BYTES, (1,)),))


def test_a_chain_that_reads_gives_texts(tmp_path: Path) -> None:
    folder = tmp_path / "closer"
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(
        CONFIG.replace("landmarks", "reader").replace("corners", "reader")
    )
    registry = repository_registry((), bundled=False)
    registry.add_factory("finder", lambda: Finder(FINDER))
    registry.add_factory("reader", lambda: Reader(READER))
    registry.add_repository(tmp_path)
    registry.load("closer")
    with serving(registry) as ask:
        answer = ask(red_at(40, 20, 80, 60))
        assert answer["TEXT"].tolist() == [b"red 1.0"]
        assert answer["POINTS"].shape == (1, 0, 2)
        white = np.zeros((100, 200, 3), np.uint8)
        white[20:60, 40:80] = 255
        assert ask(white)["TEXT"].shape == (0,)
    registry.close()


def test_a_line_is_cut_out_level() -> None:
    pixels = np.zeros((200, 200, 3), np.uint8)
    corners = np.array([(60, 40), (140, 100), (125, 120), (45, 60)])
    cv2.fillPoly(pixels, [corners], (200, 0, 0))
    points = tuple(KeyPoint(float(x), float(y)) for x, y in corners)
    line = line_of(pixels, Detection((45, 40, 140, 120), "text", 1.0, points=points))
    assert line is not None
    assert line.shape == (25, 100, 3)
    assert line[3:-3, 3:-3, 0].min() > 150
    plain = line_of(pixels, Detection((45, 40, 140, 120), "text", 1.0))
    assert plain is not None
    assert plain.shape == (80, 95, 3)
    assert line_of(pixels, Detection((5, 5, 5, 90), "text", 1.0)) is None


class Silent:
    """A server that never answers."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def ask(self, request: InferRequest, told: Any, *, decoupled: bool) -> None:
        del request, told, decoupled
        self.asked.set()


@pytest.mark.parametrize("way", ["interrupted", "given up"])
def test_a_model_that_never_answers_is_not_waited_for(way: str) -> None:
    calls, silent = ModelCalls(), Silent()
    calls.answer_with(silent)
    link, failed = LinkCalls(calls), []
    plain = ModelProfile("m", MediaKind.IMAGE, (), (), PlainTensors())
    given_up = threading.Event()

    def wait() -> None:
        try:
            link.predict(plain, None, (), given_up.is_set)  # type: ignore[arg-type]
        except NotReady as error:
            failed.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    assert silent.asked.wait(30)
    if way == "interrupted":
        link.interrupt("it is being unloaded")
    else:
        given_up.set()
    thread.join(30)
    assert failed == [
        "it is being unloaded"
        if way == "interrupted"
        else "nobody waits for the answer of model 'm' any more"
    ]
    link.interrupt("nothing waits")
