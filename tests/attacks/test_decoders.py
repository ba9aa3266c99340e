"""What a server answers is read in line with its size, even if every box is sure and overlaps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from backend.core.samples import Frame, MediaKind
from backend.core.tensors import Datatype, Tensor
from backend.profiles.inputs.pictures import PictureRecipe
from backend.profiles.kinds import DECODERS
from backend.profiles.model_profile import ModelProfile
from tests.attacks.growth import assert_linear

_SIZE = 1 << 20
_FRAME = Frame(0, 0, np.zeros((480, 640, 3), np.uint8))
_SIDE = 1024
"""The width of the picture; its height grows with the answer."""


_A_CELL = {"yunet": 21, "anchors": 60}
"""Numbers for each cell of the finest grid, those of the coarser ones with it; 8 for others."""


def _grid(cells: int, stride: int) -> int:
    """The height at which a picture of that width has so many cells of a stride."""
    return -(-cells // (_SIDE // stride)) * stride


def _outputs(kind: str, size: int) -> tuple[dict[str, tuple[int, ...]], int]:
    """Shapes of about so many bytes, and the height of the picture that they fit."""
    numbers = size // 4
    height = max(32, _grid(numbers // _A_CELL.get(kind, 8), 8) // 32 * 32)
    cells = [_SIDE // s * (height // s) for s in (8, 16, 32)]
    shapes: dict[str, dict[str, tuple[int, ...]]] = {
        "classes": {"o": (1, numbers)},
        "boxes": {
            "BOXES": (numbers // 6, 4),
            "SCORES": (numbers // 6,),
            "CLASSES": (numbers // 6,),
        },
        "ssd": {"scores": (numbers // 6, 2), "boxes": (numbers // 6, 4)},
        "yolo_v5": {"o": (1, numbers // 6, 6)},
        "yolo_v8": {"o": (1, 5, numbers // 5)},
        "yolo_v10": {"o": (1, numbers // 6, 6)},
        "yolox": {"o": (1, sum(cells), 6)},
        "fastestdet": {"o": (1, 6, numbers // 6 // 64, 64)},
        "yunet": {
            f"{part}_{stride}": (1, count, parts)
            for part, parts in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
            for stride, count in zip((8, 16, 32), cells, strict=True)
        },
        "anchors": {
            "regressors": (1, 2 * cells[0] + 6 * cells[1], 16),
            "classificators": (1, 2 * cells[0] + 6 * cells[1], 1),
        },
        "mask": {"o": (1, 4, numbers // 4 // 64, 64)},
        "points": {"o": (numbers // 3, 3)},
        "text_boxes": {"o": (1, 1, numbers // 256, 256)},
        "ctc": {"o": (1, numbers // 8, 8)},
        "scalars": {"o": (numbers,)},
    }
    return shapes[kind], height


@pytest.mark.parametrize("value", [0.999, np.nan, 1e30])
@pytest.mark.parametrize(
    "kind",
    ["classes", "boxes", "ssd", "yolo_v5", "yolo_v8", "yolo_v10", "yolox", "fastestdet", "yunet",
     "anchors", "mask", "points", "text_boxes", "ctc"],
)  # fmt: skip
def test_a_decoder_is_linear_in_the_answer(kind: str, value: float) -> None:
    def reading(size: int) -> Callable[[], object]:
        shapes, height = _outputs(kind, size)
        outputs = [
            Tensor(name, Datatype.FP32, np.full(shape, value, np.float32))
            for name, shape in shapes.items()
        ]
        recipe = PictureRecipe(width=_SIDE, height=height)
        profile = ModelProfile("m", MediaKind.IMAGE, (), (), DECODERS[kind](), recipe=recipe)
        return lambda: profile.decode(outputs, _FRAME)

    assert_linear(reading, _SIZE, seconds=20, peak_bytes_per_byte=60)


@pytest.mark.parametrize("step", [2, 3])
def test_a_map_full_of_specks_is_read_in_line_with_its_size(step: int) -> None:
    """Every other pixel is a part of its own, or all of them touch by their corners."""

    def reading(size: int) -> Callable[[], object]:
        scores = np.zeros((size // 1024, 256), np.float32)
        if step == 2:
            scores[::2, ::2] = 1
        else:
            scores[np.indices(scores.shape).sum(axis=0) % step == 0] = 1
        output = Tensor("o", Datatype.FP32, scores[np.newaxis, np.newaxis])
        decoder = DECODERS["text_boxes"]()
        profile = ModelProfile("m", MediaKind.IMAGE, (), (), decoder)
        return lambda: profile.decode([output], _FRAME)

    assert_linear(reading, _SIZE, seconds=20, peak_bytes_per_byte=120)
