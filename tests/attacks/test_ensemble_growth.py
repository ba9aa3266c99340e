"""Ensembles and uploaded files as large as they may be: their cost grows with their size."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from backend.core.errors import InvalidInput
from backend.models.config.text import parse_config
from backend.models.repository.uploads import MOST_FILES, check_upload
from backend.models.runtimes.ensemble.plan import MOST_STEPS, check_graph, levels_of, steps_of
from backend.models.servable import ModelLoadError
from backend.server.plane.load_parameters import load_terms
from tests.attacks.growth import assert_linear
from tests.models.ensemble_folders import step

ENDS = """
platform: "ensemble"
input { name: "t0" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "end" data_type: TYPE_INT32 dims: [ -1 ] }
"""


def chain(count: int) -> Callable[[], object]:
    """Steps in the worst order, each of which needs all that the one before gave."""
    steps = [
        step("m", {"X": f"t{n}"}, {"Y": f"t{n + 1}" if n < count - 1 else "end"})
        for n in range(count)
    ]
    config = parse_config(f"{ENDS} ensemble_scheduling {{ {''.join(reversed(steps))} }}")

    def plan() -> None:
        check_graph(config)
        levels_of("e", ["t0"], ["end"], steps_of(config), ())

    return plan


def fan(count: int) -> Callable[[], object]:
    """One tensor that every step takes."""
    fields = "".join(f'input_map {{ key: "I{n}" value: "u{n}" }} ' for n in range(count - 1))
    steps = "".join(step("m", {"X": "t0"}, {"Y": f"u{n}"}) for n in range(count - 1))
    last = f'step {{ model_name: "m" {fields} output_map {{ key: "Y" value: "end" }} }}'
    config = parse_config(f"{ENDS} ensemble_scheduling {{ {steps} {last} }}")

    def plan() -> None:
        check_graph(config)
        levels_of("e", ["t0"], ["end"], steps_of(config), ())

    return plan


@pytest.mark.parametrize("graph", [chain, fan])
def test_graphs_are_planned_in_linear_time(graph: Callable[[int], Callable[[], object]]) -> None:
    assert_linear(graph, MOST_STEPS // 4, seconds=1.0, peak_bytes_per_byte=20_000)


def test_a_graph_of_the_largest_text_is_refused_at_once() -> None:
    steps = step("m", {"X": "t0"}, {"Y": "end"}) * 2200
    config = parse_config(f"{ENDS} ensemble_scheduling {{ {steps} }}")
    with pytest.raises(ModelLoadError, match=f"2200 steps, at most {MOST_STEPS}"):
        check_graph(config)


def test_files_are_decoded_in_linear_time() -> None:
    def decoding(size: int) -> Callable[[], object]:
        text = base64.b64encode(bytes(size)).decode()
        terms = load_terms({"config": "{}", "file:1/model.onnx": text})
        return terms.decoded

    assert_linear(decoding, 4 << 20, seconds=2.0, peak_bytes_per_byte=4)


def test_there_are_only_so_many_files() -> None:
    with pytest.raises(InvalidInput, match=f"{MOST_FILES + 1} files are sent along"):
        check_upload("m", [f"1/{n}" for n in range(MOST_FILES + 1)])
