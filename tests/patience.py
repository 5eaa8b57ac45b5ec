"""Waiting for an event: how long it takes is no test's verdict."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

HANG_SECONDS = 300.0
"""Only ends a test that hangs: what comes within a second here takes a minute on a small machine that is busy."""
LOOK_SECONDS = 0.05

Found = TypeVar("Found")


def until(
    look: Callable[[], Found], *, what: str, told: Callable[[], object] = str, seconds: float = HANG_SECONDS
) -> Found:
    """What `look` finds as soon as it is true; else fail with what is told of it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}\n{told()}"
        time.sleep(LOOK_SECONDS)
    return found
