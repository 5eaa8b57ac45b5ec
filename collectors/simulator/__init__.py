"""A DC/OS cluster on loopback that can fail on cue: the demo's, the tests' and the benchmarks' cluster.

`with Simulator(Settings(...)).running() as simulator` serves it from a thread, `python -m collectors.simulator` from a
process, and `history(simulator.world, ...)` tells its past; `machines(simulator.world, at)` what each machine measured then,
and `containers_at(simulator.world, at)` what each agent said of its containers.
"""

from collectors.simulator.containers import containers_at
from collectors.simulator.history import Past, health_at, history
from collectors.simulator.hosts import machine_at, machines
from collectors.simulator.incidents import Timing
from collectors.simulator.running import Settings, Simulator, world_of
from collectors.simulator.state import World

__all__ = [
    "Past",
    "Settings",
    "Simulator",
    "Timing",
    "World",
    "containers_at",
    "health_at",
    "history",
    "machine_at",
    "machines",
    "world_of",
]
