"""A cycle of 1,000 agents of which a fifth is dead, beside one of the healthy alone: `python -m tests.bench.dead_agents TIMES`.

The dead refuse, hang or drip; `rested` leaves out those of them that Day Two asks ever more rarely.
"""

from __future__ import annotations

import json
import statistics
import sys

from tests.faults.fleet import measure

AGENTS = 1000


def main(times: int) -> None:
    rounds = [measure(AGENTS) for _ in range(times)]
    line = "{:<14}{:>14}{:>20}".format
    print(line("", "whole cycle s", "healthy p95 ms"))
    found: dict[str, float] = {}
    for name in ("alone", "beside_dead", "rested"):
        cycles = [vars(one)[name] for one in rounds]
        seconds = round(statistics.median(cycle.seconds for cycle in cycles), 2)
        p95_ms = round(1000 * statistics.median(cycle.p95_seconds for cycle in cycles), 1)
        print(line(name, seconds, p95_ms))
        found |= {f"{name}_cycle_seconds": seconds, f"{name}_healthy_p95_ms": p95_ms}
    found["healthy_p95_ratio"] = round(found["beside_dead_healthy_p95_ms"] / found["alone_healthy_p95_ms"], 3)
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
