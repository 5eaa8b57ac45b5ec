"""What containers measure, by the names of Mesos: one in eight is busy and held back, four in ten are next to idle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.bench.peers.lines import PAGE, Rng, Values, pages, poisson, resting, wandering

TICK_SECONDS = 60
GIB = 1024**3


def container(rng: Rng, births: NDArray[np.bool_], lives: NDArray[np.int64]) -> dict[str, Values]:
    shape = (births.shape[0], births.shape[1])
    places = np.arange(shape[1])
    kinds = rng.random((int(lives.max()) + 1, shape[1]))[lives, places]
    # 0…1 for each container: those below an eighth are busy and held back, above six tenths next to idle.
    busy, idle = kinds < 0.125, kinds > 0.6
    cores = np.where(busy, 0.9, np.where(idle, 0.01, 0.05 + 0.5 * kinds))
    return {
        **_cpu(rng, births, cores, busy),
        **_memory(rng, births, shape, kinds, idle),
        **_network(rng, births, idle, kinds),
        **_disk(rng, births, idle, kinds),
        "processes": 2 + np.floor(6 * kinds),
        "threads": 10 + np.floor(90 * kinds) + resting(rng, np.floor(np.abs(wandering(rng, shape, step=1))), share=0.7),
    }


def _since_birth(rng: Rng, births: NDArray[np.bool_], rises: Values) -> Values:
    """Counts of containers: each begins with its container, the first ones long before the first tick."""
    risen = np.cumsum(rises, axis=0)
    born_at = np.maximum.accumulate(np.where(births, np.arange(len(births))[:, None], 0), axis=0)
    before = np.take_along_axis(risen - rises, born_at, axis=0)
    is_first = born_at == 0
    earlier = np.floor(risen[-1] / len(births) * rng.integers(60, 20_000, births.shape[1]))
    return np.where(is_first, risen + earlier, risen - before)


def _cpu(rng: Rng, births: NDArray[np.bool_], cores: Values, busy: NDArray[np.bool_]) -> dict[str, Values]:
    hundredths = cores * TICK_SECONDS * 100
    periods = poisson(rng, np.where(busy, 570.0, np.minimum(600.0, 40 + 700 * cores)), spread=0.05)
    held = np.minimum(periods, poisson(rng, np.where(busy, 120.0, 0.02)))
    held_ns = np.floor(held * 43e6 * (1 + rng.normal(0, 0.1, held.shape)))
    limits = np.where(busy, 1.0, np.where(cores < 0.02, 0.35, 1.1))
    return {
        "cpus_user_time_secs": _since_birth(rng, births, poisson(rng, 0.8 * hundredths)) / 100,
        "cpus_system_time_secs": _since_birth(rng, births, poisson(rng, 0.2 * hundredths)) / 100,
        "cpus_limit": limits,
        "cpus_soft_limit": limits,
        "cpus_nr_periods": _since_birth(rng, births, periods),
        "cpus_nr_throttled": _since_birth(rng, births, held),
        "cpus_throttled_time_secs": _since_birth(rng, births, held_ns) / 1e9,
    }


def _memory(
    rng: Rng, births: NDArray[np.bool_], shape: tuple[int, int], kinds: Values, idle: NDArray[np.bool_]
) -> dict[str, Values]:
    limit = GIB * (1 + np.floor(6 * kinds))
    moved = resting(rng, wandering(rng, shape, step=1), share=0.25)
    rss = pages(limit * np.clip(0.2 + 0.5 * kinds + np.where(idle, 2e-5, 4e-3) * moved, 0.05, 0.9))
    cache = pages(limit * (0.06 + np.where(idle, 1e-6, 1e-3) * np.abs(resting(rng, moved, share=0.3))))
    low = _since_birth(rng, births, poisson(rng, np.full(shape, 0.002)))
    return {
        "mem_total_bytes": rss + cache + 5 * 1024**2,
        "mem_rss_bytes": rss,
        "mem_cache_bytes": cache,
        "mem_mapped_file_bytes": pages(resting(rng, cache * 0.3, share=0.95)),
        "mem_swap_bytes": np.zeros(shape),
        "mem_limit_bytes": limit,
        "mem_soft_limit_bytes": limit,
        "mem_low_pressure_counter": low,
        "mem_medium_pressure_counter": np.floor(low / 8),
        "mem_critical_pressure_counter": np.floor(low / 60),
    }


def _network(rng: Rng, births: NDArray[np.bool_], idle: NDArray[np.bool_], kinds: Values) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for way, rate in (("rx", 11_000.0), ("tx", 16_000.0)):
        packets = poisson(rng, np.where(idle, 30.0, rate * (0.1 + kinds)))
        sizes = np.clip(rng.normal(900, 60, packets.shape), 200, 1400)
        found[f"net_{way}_packets"] = _since_birth(rng, births, packets)
        found[f"net_{way}_bytes"] = _since_birth(rng, births, np.floor(packets * sizes))
        found[f"net_{way}_errors"] = np.zeros(packets.shape)
        found[f"net_{way}_dropped"] = _since_birth(rng, births, poisson(rng, np.full(packets.shape, 0.001)))
    return found


def _disk(rng: Rng, births: NDArray[np.bool_], idle: NDArray[np.bool_], kinds: Values) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for way, rate in (("read", 12.0), ("write", 140.0)):
        operations = poisson(rng, np.where(idle, 0.05 * rate, rate * (0.2 + kinds)))
        found[f"blkio_{way}s"] = _since_birth(rng, births, operations)
        found[f"blkio_{way}_bytes"] = PAGE * _since_birth(rng, births, np.floor(operations * (1 + 9 * kinds)))
    size = GIB * (2 + np.floor(20 * kinds))
    used = _since_birth(rng, births, poisson(rng, np.where(idle, 0.2, 20 * kinds)))
    return found | {"disk_used_bytes": np.minimum(size, PAGE * (25_000 + used)), "disk_limit_bytes": size}
