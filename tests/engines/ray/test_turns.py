"""One after the other for each key, in the order of asking."""

from __future__ import annotations

import asyncio

import pytest

from backend.engines.ray.turns import Turns


def test_those_of_a_key_come_in_order_and_others_do_not_wait() -> None:
    async def run() -> list[str]:
        turns, seen = Turns(), []
        gate = asyncio.Event()

        async def one(key: str, name: str, *, waits: bool = False) -> None:
            async with turns.of(key):
                if waits:
                    await gate.wait()
                seen.append(name)

        tasks = [
            asyncio.create_task(one("a", "a1", waits=True)),
            asyncio.create_task(one("a", "a2")),
            asyncio.create_task(one("a", "a3")),
            asyncio.create_task(one("b", "b1")),
            asyncio.create_task(one("", "free")),
        ]
        await asyncio.gather(*tasks[3:])
        assert set(seen) == {"b1", "free"}
        gate.set()
        await asyncio.gather(*tasks)
        assert turns.waiting == 0
        return seen[2:]

    assert asyncio.run(run()) == ["a1", "a2", "a3"]


def test_who_gives_up_or_fails_lets_the_next_one_go_on() -> None:
    async def run() -> None:
        turns = Turns()
        entered = asyncio.Event()

        async def holds() -> None:
            async with turns.of("a"):
                entered.set()
                await asyncio.Event().wait()

        holder = asyncio.create_task(holds())
        await entered.wait()
        waiter = asyncio.create_task(holds())
        await asyncio.sleep(0)
        waiter.cancel()
        holder.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)
        with pytest.raises(RuntimeError, match="no"):
            async with turns.of("a"):
                raise RuntimeError("no")
        assert turns.waiting == 0

    asyncio.run(run())
