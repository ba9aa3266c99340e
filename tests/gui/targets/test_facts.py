"""What the card of a model says of how it is run."""

from __future__ import annotations

from typing import Any

from gui.targets.model_facts import CardFacts, fallback_line, headline


def facts(**parameters: str) -> CardFacts:
    config: dict[str, Any] = {
        "max_batch_size": 0,
        "parameters": {name: {"string_value": text} for name, text in parameters.items()},
    }
    return CardFacts(config=config, ready=True)


def test_what_runs_a_model_stands_in_its_headline() -> None:
    run = facts(
        inferdeck_providers="CUDAExecutionProvider, CPUExecutionProvider", inferdeck_threads="3"
    )
    assert headline(run) == "Ready, no batching, computed by CUDA, CPU, 3 threads"
    assert headline(facts(inferdeck_threads="1")) == "Ready, no batching, 1 thread"
    assert fallback_line(run) == ""


def test_a_fallback_is_told_with_its_reason() -> None:
    line = fallback_line(facts(inferdeck_fallback="CUDAExecutionProvider: it did not start"))
    assert line.endswith("CUDAExecutionProvider: it did not start")


def test_what_another_server_says_in_its_parameters_is_no_error() -> None:
    odd: list[Any] = [None, [], "x", {"inferdeck_threads": 3}, {"inferdeck_threads": {"x": 1}}]
    for parameters in odd:
        other = CardFacts(config={"parameters": parameters}, ready=None)
        assert headline(other) == "no batching"
        assert fallback_line(other) == ""
