"""What was worked out a moment ago, so that it need not be worked out again: the last used of it, in bounded memory.

Of one process, for all its threads. A key says all that the value depends on: what is remembered is never out of date, it is
only not asked for any more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
LARGEST = 4
"""A value of more than such a part of all that may be held is not: it would drive out everything else."""


class Remembered(Generic[V]):
    """Values by their keys, of `most_bytes` at most: who was asked for longest ago goes first."""

    def __init__(self, most_bytes: int) -> None:
        self.held_bytes = 0
        self._most_bytes = most_bytes
        self._values: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        """The value of the key; None where it is not remembered."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: Hashable, value: V, size_bytes: int) -> None:
        """Remember a value, which nobody may change from now on; its size with that of its key."""
        if size_bytes > self._most_bytes // LARGEST:
            return
        with self._lock:
            self._drop(key)
            self._values[key] = (value, size_bytes)
            self.held_bytes += size_bytes
            while self.held_bytes > self._most_bytes:
                self._drop(next(iter(self._values)))

    def forget(self) -> None:
        """All of it: for who puts another database in the place of this one."""
        with self._lock:
            self._values.clear()
            self.held_bytes = 0

    def _drop(self, key: Hashable) -> None:
        _, size_bytes = self._values.pop(key, (None, 0))
        self.held_bytes -= size_bytes
