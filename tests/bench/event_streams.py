"""What the simulator's streams cost it in a large cluster: `python -m tests.bench.event_streams`."""

from __future__ import annotations

import sys
import time

from collectors.simulator import Settings, world_of
from collectors.simulator.event_stream import SHARE_OF_LOOKS, Watch
from collectors.simulator.marathon_events import MarathonWatch
from collectors.simulator.mesos_events import MesosWatch, recordio, subscribed

AGENTS, TASKS_PER_AGENT, APPS = 1_000, 6, 1_000


def main() -> None:
    world = world_of(Settings(agents=AGENTS, tasks_per_agent=TASKS_PER_AGENT, apps=APPS), net=88)
    at = time.time()
    first = recordio(subscribed(world, at))
    sys.stdout.write(f"first record {len(first) / 1e6:.1f} MB in {time.time() - at:.2f} s\n")
    for watch in (MesosWatch(world), MarathonWatch(world)):
        watch.begin(at)
        hasty, thorough = _cost(watch, at + 0.5, is_thorough=False), _cost(watch, at + 1, is_thorough=True)
        sys.stdout.write(
            f"{type(watch).__name__}: hasty look {1_000 * hasty:.1f} ms, twice a second; thorough look"
            f" {1_000 * thorough:.0f} ms, every {thorough / SHARE_OF_LOOKS:.0f} s\n"
        )


def _cost(watch: Watch, at: float, *, is_thorough: bool) -> float:
    """Seconds of CPU."""
    began = time.process_time()
    watch.look(at, is_thorough=is_thorough)
    return time.process_time() - began


if __name__ == "__main__":
    main()
