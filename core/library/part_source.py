"""Where workers of a cluster fetch the graphs of their parts.

A process of its own, so this file imports nothing that takes long.
"""

from __future__ import annotations

import asyncio


class PartSource:
    """Graphs of parts between here and the workers."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._parts: dict[int, bytes] = {}
        self._wanted = self._finished = 0

    async def wanted(self) -> int:
        """The last part that a worker has asked for."""
        return self._wanted

    async def give(self, part: int, graphs: bytes) -> None:
        """Lay a part down."""
        async with self._changed:
            self._parts[part] = graphs
            self._changed.notify_all()

    async def take(self, part: int) -> bytes:
        """A part, once it is there; it stays, as a worker may die of it.

        Nothing of a part that is finished: a worker that dies after its results have arrived has
        them computed again, and nobody would lay that part down a second time.
        """
        async with self._changed:
            self._wanted = max(self._wanted, part)
            await self._changed.wait_for(lambda: part in self._parts or part < self._finished)
            return self._parts.get(part, b"")

    async def forget(self, part: int) -> None:
        """A part is finished, as all before it are."""
        async with self._changed:
            self._parts.pop(part, None)
            self._finished = max(self._finished, part + 1)
            self._changed.notify_all()
