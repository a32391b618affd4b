"""Values kept between reruns, the least recently used forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

Value = TypeVar("Value")


class BoundedCache:
    """Least recently used values. Unlike `st.cache_resource` it lets a computation draw progress
    on the page, and a computation that is cancelled leaves nothing behind."""

    def __init__(self, max_entries: int) -> None:
        self._values: OrderedDict[object, object] = OrderedDict()
        self._max_entries = max_entries
        self._lock = Lock()

    def get(self, key: object, compute: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]  # type: ignore[return-value]
        value = compute()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._max_entries:
                self._values.popitem(last=False)
        return value
