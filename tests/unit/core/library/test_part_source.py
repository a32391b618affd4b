"""Parts wait for workers, and workers for parts, but for no part that is finished."""

import asyncio

import pytest

from core.library.part_source import PartSource

SOON_S = 5.0


def within(work):
    """The answer of some work, which must not wait for ever."""
    return asyncio.run(asyncio.wait_for(work, SOON_S))


def test_a_worker_waits_until_its_part_is_there():
    async def work():
        source = PartSource()
        waiting = asyncio.ensure_future(source.take(2))
        await asyncio.sleep(0)
        assert not waiting.done()
        assert await source.wanted() == 2
        await source.give(2, b"graphs")
        assert await waiting == b"graphs"
        assert await source.take(2) == b"graphs", "the next worker needs it if this one dies"

    within(work())


@pytest.mark.parametrize("waits_before", [False, True])
def test_a_part_that_is_finished_keeps_nobody_waiting(waits_before):
    async def work():
        source = PartSource()
        await source.give(0, b"graphs")
        again = asyncio.ensure_future(source.take(1)) if waits_before else None
        await asyncio.sleep(0)
        await source.forget(0)
        await source.forget(1)
        assert await (again or source.take(1)) == b""
        assert await source.take(0) == b""

    within(work())
