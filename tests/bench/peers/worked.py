"""A worker's peak memory at 1,000 machines with 20 containers each: `python -m tests.bench.peers.worked`.

The simulator is the cluster, and `tests.bench.worker` the worker: a process that polls all that a worker polls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.bench.collect import begun, ended, simulator
from tests.bench.peers.engine import NotMeasured, told

MACHINES, ROUNDS = 1000, "2"


def measured() -> Mapping[str, Any]:
    with simulator(MACHINES) as url:
        found = ended(begun("worker", url, ROUNDS))
    if not isinstance(found, dict):
        raise NotMeasured("The worker told nothing")
    return found


if __name__ == "__main__":
    told(measured)
