"""Models that come and go while the server runs, and what is counted meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend.core.errors import InvalidInput, ModelFailed, NotFound, NotReady
from backend.core.inference import InferRequest
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.servable import ModelLoadError
from backend.server.plane.local import LocalDataPlane
from backend.server.settings.options import ModelControl
from tests.models.scripted_runtime import ScriptedRuntime, write_model
from tests.server.plane_runs import begin, entered, settle, stats, value, with_plane
from tests.server.scripted_servables import Scripted, asking, config, offer


def test_models_are_loaded_and_unloaded_beside_the_loop(tmp_path: Path) -> None:
    runtime = ScriptedRuntime()
    write_model(tmp_path, "m", 1)
    write_model(tmp_path, "bad", 1, script="broken")
    registry = ModelRegistry(folders=ModelFolders([tmp_path], [runtime]))

    async def work(plane: LocalDataPlane) -> None:
        with pytest.raises(NotFound):
            await plane.infer(asking("m", 1))
        await plane.load("m")
        assert await value(plane, asking("m", 1)) == 1
        assert plane.model("m").config.name == "m"
        with pytest.raises(ModelLoadError, match="failed to load 'bad', the script says broken"):
            await plane.load("bad")
        with pytest.raises(ModelLoadError, match="failed to load 'none'"):
            await plane.load("none")
        states = {row.name: row.state for row in plane.index()}
        assert states == {"m": "READY", "bad": "UNAVAILABLE"}
        await plane.unload("m")
        await plane.unload("none")
        with pytest.raises(NotFound, match="'m' has no available versions"):
            await plane.infer(asking("m", 1))

    with_plane(work, registry=registry)
    assert runtime.loaded[0].closed == ["instance 0", "model"]


def test_without_explicit_control_nothing_is_loaded_over_the_network() -> None:
    async def work() -> None:
        plane = LocalDataPlane(ModelRegistry(), control=ModelControl.NONE)
        for change in (plane.load("m"), plane.unload("m")):
            with pytest.raises(NotReady, match="explicit model load / unload is not allowed"):
                await change
        plane.close()

    asyncio.run(work())


def test_what_waits_is_answered_before_a_model_is_closed() -> None:
    model = Scripted(config("m"))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, asking("m", n)) for n in range(3)]
        await entered(model)
        await settle()
        await plane.unload("m")
        assert [row.state for row in plane.index()] == ["UNLOADING"]
        with pytest.raises(NotFound):
            await plane.infer(asking("m", 9))
        model.gate.set()
        assert [await task for task in tasks] == [0, 1, 2]
        while "model" not in model.closed:
            await asyncio.sleep(0.005)
        assert [row.state for row in plane.index()] == ["UNAVAILABLE"]

    with_plane(work, model)
    assert model.closed == ["instance 0", "model"]


def test_a_model_is_replaced_while_it_is_asked(tmp_path: Path) -> None:
    runtime = ScriptedRuntime()
    write_model(tmp_path, "m", 1)
    registry = ModelRegistry(folders=ModelFolders([tmp_path], [runtime]))

    async def work(plane: LocalDataPlane) -> None:
        await plane.load("m")
        answered = 0

        async def ask() -> None:
            nonlocal answered
            for n in range(50):
                assert await value(plane, asking("m", n)) == n
                answered += 1

        async def reload() -> None:
            for _ in range(10):
                await plane.load("m")

        await asyncio.gather(ask(), ask(), reload())
        assert answered == 100
        assert stats(plane, "m").inference_stats.fail.count == 0

    with_plane(work, registry=registry)
    assert len(runtime.loaded) == 11
    assert all(model.closed == ["instance 0", "model"] for model in runtime.loaded)
    assert sum(len(model.batches) for model in runtime.loaded) == 100


def test_every_version_has_its_own_queue_and_statistics() -> None:
    old, new = Scripted(config("m")), Scripted(config("m"), version="2")
    registry = ModelRegistry()
    offer(registry, old, new)

    async def work(plane: LocalDataPlane) -> None:
        await plane.infer(asking("m", 1))
        await plane.infer(asking("m", 2, version="1"))
        await plane.infer(asking("m", 3, version="1"))
        counts = {
            row.statistics.version: row.statistics.inference_count for row in plane.statistics("m")
        }
        assert counts == {"1": 2, "2": 1}
        assert [row.statistics.version for row in plane.statistics("m", "2")] == ["2"]
        assert len(plane.statistics()) == 2
        for wrong in ({"name": "none"}, {"name": "m", "version": "3"}):
            with pytest.raises(InvalidInput, match="is not available"):
                plane.statistics(**wrong)

    with_plane(work, registry=registry)


def test_requests_are_counted_exactly_with_all_their_parts() -> None:
    def script(index: int, request: object, respond: object) -> None:
        raise ZeroDivisionError

    good, bad = Scripted(config("m")), Scripted(config("bad"), script)

    async def work(plane: LocalDataPlane) -> None:
        for n in range(5):
            await plane.infer(asking("m", n))
        with pytest.raises(InvalidInput):
            await plane.infer(InferRequest("m", ()))
        row = stats(plane, "m")
        parts = row.inference_stats
        assert (parts.success.count, parts.fail.count, row.inference_count) == (5, 1, 5)
        for part, ns in ((parts.compute_infer, 10_000), (parts.compute_input, 5_000)):
            assert part.count == 5
            assert part.ns >= ns
        assert parts.compute_infer.ns == 5 * 2_000
        assert parts.success.ns >= parts.queue.ns
        assert parts.cache_hit.count == parts.cache_miss.count == 0
        assert row.last_inference > 0
        for _ in range(2):
            with pytest.raises(Exception, match="ZeroDivisionError"):
                await plane.infer(asking("bad", 1))
        row = stats(plane, "bad")
        assert (row.inference_stats.fail.count, row.execution_count) == (2, 0)
        assert plane.statistics("bad")[0].failures["BACKEND"] == 2

    with_plane(work, good, bad)


def test_a_request_given_up_while_it_waits_counts_as_cancelled() -> None:
    model = Scripted(config("m"))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        first = begin(plane, asking("m", 1))
        await entered(model)
        second = begin(plane, asking("m", 2))
        await settle()
        assert plane.statistics("m")[0].pending == 2
        second.cancel()
        await asyncio.wait([second])
        assert plane.statistics("m")[0].pending == 1
        model.gate.set()
        await first
        assert plane.statistics("m")[0].failures["CANCELED"] == 1
        assert stats(plane, "m").inference_stats.success.count == 1

    with_plane(work, model)
    assert model.batches == [[1]]


def test_a_model_that_wants_to_end_the_process_fails_its_request_only() -> None:
    def script(index: int, request: object, respond: object) -> None:
        raise SystemExit(1)

    model = Scripted(config("m"), script)

    async def work(plane: LocalDataPlane) -> None:
        for _ in range(2):
            with pytest.raises(ModelFailed, match="SystemExit: 1"):
                await plane.infer(asking("m", 1))

    with_plane(work, model)
