"""Ensembles: which are refused, what is loaded with them, and how they follow their steps."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from backend.core.errors import NotReady
from backend.models.config.text import parse_config
from backend.models.repository.dependencies import steps_first
from backend.models.repository.states import ModelState
from backend.models.runtimes.ensemble.plan import check_graph
from backend.models.servable import ModelLoadError
from tests.models.ensemble_folders import STEP, ensemble_registry, step, write_ensemble
from tests.models.scripted_runtime import write_model

INT32 = "data_type: TYPE_INT32 dims: [ -1 ]"
TWO = """
input { name: "X" data_type: TYPE_INT32 dims: [ -1 ] }
input { name: "W" data_type: TYPE_INT32 dims: [ -1 ] optional: true }
output { name: "Y" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "Z" data_type: TYPE_FP32 dims: [ -1, 2 ] }
"""


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("", "must specify 'step' for ensemble 'e'"),
        ('step { model_version: -1 input_map { key: "a" value: "A" } }', "'model_name' in step 0"),
        (step("m", {}, {"Y": "B"}), "must specify 'input_map' in step 0 of ensemble 'e'"),
        (step("m", {"X": "A"}, {}), "must specify 'output_map' in step 0 of ensemble 'e'"),
        (step("m", {"X": "q"}, {"Y": "B"}), "ensemble input 'A' for ensemble 'e' is not used"),
        (step("m", {"X": "A"}, {"Y": "t"}), "ensemble output 'B' for ensemble 'e' is not used"),
        (
            step("m", {"X": "A", "W": "q"}, {"Y": "B"}),
            "'B' for ensemble 'e' is not written: at least one of .*, 'q', is not connected",
        ),
        (
            step("m", {"X": "A", "W": "t"}, {"Y": "u"})
            + step("m", {"X": "u"}, {"Y": "t", "Z": "B"}),
            "output 'B' for ensemble 'e' is not written.* 'u', is not connected",
        ),
        (
            step("m", {"X": "A"}, {"Y": "B", "Z": "u"}),
            "ensemble tensor 'u' is unused in ensemble 'e'",
        ),
        (
            step("m", {"X": "A"}, {"Y": "B"}) + step("m", {"X": "A"}, {"Y": "B"}),
            "tensor 'B' can appear in an output map only once for ensemble 'e' step 1",
        ),
        (
            step("m", {"X": "A"}, {"Y": "A", "Z": "B"}),
            "ensemble input 'A' cannot appear in an output map",
        ),
        (
            step("m", {"X": "A"}, {"Y": "B"}) + "} instance_group { count: 2",
            "instance group should not be specified for ensemble 'e'",
        ),
        (
            step("m", {"X": "A"}, {"Y": "B"}) + '} model_warmup { name: "w"',
            "model_warmup can not be specified for ensemble 'e'",
        ),
        (step("m", {"X": "A"}, {"Y": "B"}) * 1025, "has 1025 steps, at most 1024"),
    ],
)
def test_a_graph_that_does_not_give_its_outputs_is_refused(steps: str, message: str) -> None:
    config = parse_config(
        f'name: "e" platform: "ensemble" input {{ name: "A" {INT32} }} '
        f'output {{ name: "B" {INT32} }} ensemble_scheduling {{ {steps} }}'
    )
    with pytest.raises(ModelLoadError, match=message):
        check_graph(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (step("nobody"), "ensemble e contains models that are not available or ambiguous: nobody"),
        (
            step("broken"),
            "'broken' which has no loaded version. Model 'broken' loading failed .* says broken",
        ),
        (step("m", version=7), "depends on 'm' whose required version 7 is not loaded"),
        (step("two", {"W": "A"}, {"Y": "B"}), "input X in model two is not mapped to any ensemble"),
        (
            step("m", {"INPUT0": "A", "Q": "A"}, {"OUTPUT0": "B"}),
            "ensemble tensor A is mapping to non-existing input Q in model m",
        ),
        (
            step("m", {"INPUT0": "A"}, {"Q": "B"}),
            "B is mapped from non-existing output Q in",
        ),
        (
            step("two", {"X": "A"}, {"Z": "B"}),
            "B: inconsistent data type: TYPE_INT32 .* model e while TYPE_FP32 .* model two",
        ),
        (
            step("three", {"INPUT0": "A"}, {"OUTPUT0": "t"})
            + step("four", {"INPUT0": "t"}, {"OUTPUT0": "B"}),
            r"t: inconsistent shape: \[3\] .* model three while \[4\] .* model four",
        ),
        (step("e"), "circular dependency between ensembles: e -> e"),
        (step("e2"), "circular dependency between ensembles: e -> e2 -> e"),
        (
            step("repeat", {"INPUT0": "A"}, {"OUTPUT0": "t"})
            + step("repeat", {"INPUT0": "A"}, {"OUTPUT0": "u"})
            + step("two", {"X": "t", "W": "u"}, {"Y": "B"}),
            "models repeat and repeat are decoupled and neither feeds the other",
        ),
    ],
)
def test_steps_that_do_not_fit_are_told_when_it_is_loaded(
    tmp_path: Path, text: str, message: str
) -> None:
    write_model(tmp_path, "m", 1)
    write_model(tmp_path, "broken", 1, script="broken")
    write_model(tmp_path, "two", 1, config=TWO)
    for name, size in (("three", 3), ("four", 4)):
        write_model(
            tmp_path,
            name,
            1,
            config=f"""input {{ name: "INPUT0" data_type: TYPE_INT32 dims: [ {size} ] }}
            output {{ name: "OUTPUT0" data_type: TYPE_INT32 dims: [ {size} ] }}""",
        )
    write_model(tmp_path, "repeat", 1, config="model_transaction_policy { decoupled: true }")
    write_ensemble(tmp_path, "e2", step("e"))
    write_ensemble(tmp_path, "e", text)
    registry, _ = ensemble_registry(tmp_path)

    with pytest.raises(ModelLoadError, match=message):
        registry.load("e")

    rows = {row.name: row for row in registry.index()}
    assert rows["e"].state is ModelState.UNAVAILABLE
    assert rows["e"].reason
    registry.close()


def test_only_so_many_decoupled_steps_follow_each_other(tmp_path: Path) -> None:
    write_model(tmp_path, "repeat", 1, config="model_transaction_policy { decoupled: true }")
    for count in (32, 33):
        names = ["A", *(f"t{number}" for number in range(count - 1)), "B"]
        pairs = itertools.pairwise(names)
        steps = [step("repeat", {"INPUT0": one}, {"OUTPUT0": two}) for one, two in pairs]
        write_ensemble(tmp_path, f"e{count}", "".join(steps))
    registry, _ = ensemble_registry(tmp_path)
    registry.load("e32")
    with pytest.raises(ModelLoadError, match="more than 32 decoupled models follow each other"):
        registry.load("e33")
    registry.close()


def test_a_batch_larger_than_a_step_takes_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path, "m", 1, config="max_batch_size: 4")
    write_ensemble(tmp_path, "e", step("m"), batch=8)
    registry, _ = ensemble_registry(tmp_path)
    with pytest.raises(ModelLoadError, match=r"maximum batch size 8, .* model m .* to be 4"):
        registry.load("e")
    registry.close()


def test_the_steps_are_loaded_with_it_and_only_once(tmp_path: Path) -> None:
    write_model(tmp_path, "m", 1)
    write_ensemble(tmp_path, "inner", step("m"))
    write_ensemble(tmp_path, "a_outer", step("inner", {"A": "A"}, {"B": "B"}))
    registry, runtime = ensemble_registry(tmp_path)

    registry.load("a_outer")
    assert set(registry.names()) == {"a_outer", "inner", "m"}
    registry.load("a_outer")
    assert len(runtime.loaded) == 1

    for name in registry.names():
        registry.unload(name)
    registry.load_all()
    assert len(runtime.loaded) == 2
    assert {row.state for row in registry.index()} == {ModelState.READY}
    for name in registry.names():
        registry.unload(name)
    assert {row.state for row in registry.index()} == {ModelState.UNAVAILABLE}
    registry.close()


def test_what_only_the_ensemble_needed_goes_with_it_if_asked_for(tmp_path: Path) -> None:
    for name in ("shared", "alone", "asked"):
        write_model(tmp_path, name, 1)
    chain = (
        step("alone", {"INPUT0": "A"}, {"OUTPUT0": "t"})
        + step("asked", {"INPUT0": "t"}, {"OUTPUT0": "u"})
        + step("shared", {"INPUT0": "u"}, {"OUTPUT0": "B"})
    )
    write_ensemble(tmp_path, "e", chain)
    write_ensemble(tmp_path, "other", step("shared"))
    registry, _ = ensemble_registry(tmp_path)
    for name in ("asked", "e", "other"):
        registry.load(name)

    registry.unload("e")
    assert set(registry.names()) == {"shared", "alone", "asked", "other"}
    registry.load("e")
    registry.unload("e", dependents=True)
    assert set(registry.names()) == {"shared", "asked", "other"}
    registry.unload("other", dependents=True)
    assert set(registry.names()) == {"asked"}
    registry.close()


def test_it_follows_its_steps(tmp_path: Path) -> None:
    folder = write_model(tmp_path, "m", 1)
    write_ensemble(tmp_path, "e", step("m"))
    registry, _ = ensemble_registry(tmp_path)
    registry.load("e")

    registry.unload("m")
    with pytest.raises(NotReady, match=r"version 1 .* depends on 'm' which has no loaded"):
        registry.get("e")
    assert {(row.name, row.state) for row in registry.index()} == {
        ("e", ModelState.UNAVAILABLE),
        ("m", ModelState.UNAVAILABLE),
    }
    registry.load("m")
    assert registry.get("e").trouble == ""

    (folder / "config.pbtxt").write_text(
        'input { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } '
        'output { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] }'
    )
    registry.load("m")
    with pytest.raises(NotReady, match="inconsistent data type"):
        registry.get("e")
    registry.close()


def test_a_circle_that_comes_of_configurations_sent_along_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path, "m", 1)
    for name in ("a", "b"):
        write_ensemble(tmp_path, name, step("m"))
    registry, _ = ensemble_registry(tmp_path)
    registry.load("a")
    registry.load("b")

    def made_of(model: str) -> str:
        return STEP % (model, "A", "B")

    registry.load("a", made_of("b"))
    with pytest.raises(ModelLoadError, match="circular dependency between ensembles"):
        registry.load("b", made_of("a"))
    assert registry.get("a").trouble == registry.get("b").trouble == ""
    registry.close()


def test_nesting_is_bounded() -> None:
    chain = {str(number): (str(number + 1),) for number in range(100)}
    with pytest.raises(ModelLoadError, match="nested more than 32 deep"):
        steps_first("0", lambda name: chain.get(name, ()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'backend: "scripted" ensemble_scheduling { }',
            "cannot be set for model 'e' whose",
        ),
        ('platform: "ensemble"', "must be set for ensemble e whose platform is ensemble"),
    ],
)
def test_platform_and_scheduling_belong_together(tmp_path: Path, text: str, message: str) -> None:
    write_model(tmp_path, "e", 1, config=text)
    registry, _ = ensemble_registry(tmp_path)
    with pytest.raises(ModelLoadError, match=message):
        registry.load("e")
    registry.close()
