"""The flows of Triton's asyncio client examples."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from tests.peers.example_clients import (
    ONE,
    OTHER,
    ROOM,
    VALUES,
    WAIT_S,
    Clients,
    Flow,
    check_sequences,
    check_sums,
    regions,
    texts,
)


async def async_refused(asked: Awaitable[object], text: str) -> None:
    try:
        await asked
    except Exception as error:
        said = str(error)
    else:
        said = "nothing"
    assert text in said, f"expected {text!r} in {said}"


async def aio_infer(clients: Clients, client: Any) -> None:
    given = clients.inputs(INPUT0=ONE, INPUT1=OTHER)
    for how in ({}, {"outputs": clients.outputs("OUTPUT0", "OUTPUT1")}):
        check_sums(await client.infer("simple", given, **how))
    found = await asyncio.gather(*(client.infer("simple", given) for _ in range(10)))
    for result in found:
        check_sums(result)


async def aio_strings(clients: Clients, client: Any) -> None:
    given = clients.inputs(INPUT0=texts(ONE), INPUT1=texts(OTHER))
    check_sums(await client.infer("simple_string", given))


async def aio_health(clients: Clients, client: Any) -> None:
    assert await client.is_server_live()
    assert await client.is_server_ready()
    assert await client.is_model_ready("simple")
    assert clients.name_of(await client.get_server_metadata()) in ("triton", "inferdeck")
    assert clients.name_of(await client.get_model_metadata("simple")) == "simple"
    await async_refused(client.get_model_metadata("wrong_model_name"), "Request for unknown model")
    assert await client.get_model_config("simple")


async def aio_control(clients: Clients, client: Any) -> None:
    assert await client.get_model_repository_index()
    await client.load_model("simple")
    assert await client.is_model_ready("simple")
    await client.unload_model("simple")
    assert not await client.is_model_ready("simple")
    await async_refused(client.load_model("wrong_model_name"), "failed to load")
    await client.load_model("simple")


async def aio_sequence(clients: Clients, client: Any) -> None:
    for index, value in enumerate(VALUES):
        result = await client.infer(
            "simple_sequence",
            clients.inputs(INPUT=np.full((1, 1), value, np.int32)),
            sequence_id=2001,
            sequence_start=index == 0,
            sequence_end=index == len(VALUES) - 1,
        )
        assert int(result.as_numpy("OUTPUT").item()) == value + (index == 0)


async def aio_sequence_stream(clients: Clients, client: Any) -> None:
    async def requests() -> Any:
        for sequence_id, values in (
            (1000, (0, *VALUES)),
            (1001, (100, *(-value for value in VALUES))),
            ("1003", (20, *(-value for value in VALUES))),
        ):
            for index, value in enumerate(values):
                yield {
                    "model_name": "simple_sequence",
                    "inputs": clients.inputs(INPUT=np.full((1, 1), value, np.int32)),
                    "request_id": f"{sequence_id}_{index}",
                    "sequence_id": sequence_id,
                    "sequence_start": index == 0,
                    "sequence_end": index == len(values) - 1,
                }

    seen: dict[str, list[int]] = {}
    async for result, error in client.stream_infer(requests()):
        assert error is None, error
        name = result.get_response().id.split("_")[0]
        seen.setdefault(name, []).append(int(result.as_numpy("OUTPUT").item()))
    check_sequences(seen, dyna=False)


async def aio_shared_memory(clients: Clients, client: Any, one: Any, other: Any) -> None:
    await client.unregister_system_shared_memory()
    given = clients.inputs(INPUT0=one, INPUT1=other)
    wanted = clients.outputs("OUTPUT0", "OUTPUT1")
    with regions(one, other) as shared:
        for place in shared.places:
            await client.register_system_shared_memory(*place)
        for number in (0, 1):
            given[number].set_shared_memory(f"in{number}", shared.sizes[number])
            wanted[number].set_shared_memory(f"out{number}", ROOM)
        model = "simple_string" if one.dtype == object else "simple"
        shared.check(clients, await client.infer(model, given, outputs=wanted))
        await client.unregister_system_shared_memory()


def aio(clients: Clients, body: Callable[..., Awaitable[None]], *more: Any, **how: Any) -> Flow:
    async def run() -> None:
        client = clients.aio.InferenceServerClient(clients.address, **how)
        try:
            await body(clients, client, *more)
        finally:
            await client.close()

    return lambda: asyncio.run(asyncio.wait_for(run(), WAIT_S))


def aio_flows(clients: Clients) -> dict[str, Flow]:
    """The flows that there are of both kinds, by the names of the examples."""
    kind = clients.kind
    return {
        f"simple_{kind}_aio_infer_client": aio(clients, aio_infer),
        f"simple_{kind}_aio_string_infer_client": aio(clients, aio_strings),
        f"simple_{kind}_aio_health_metadata": aio(clients, aio_health),
        f"simple_{kind}_aio_model_control": aio(clients, aio_control),
        f"simple_{kind}_aio_sequence_sync_infer_client": aio(clients, aio_sequence),
        f"simple_{kind}_aio_shm_client": aio(clients, aio_shared_memory, ONE, OTHER),
        f"simple_{kind}_aio_shm_string_client": aio(
            clients, aio_shared_memory, texts(ONE), texts(OTHER)
        ),
    }
