"""What work costs, to be compared with what other work costs in the same run: never with a clock."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 3


def least_cpu_seconds(work: Callable[[], object]) -> float:
    """Of several times the one in which least came in between."""

    def once() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return min(once() for _ in range(TIMES))
