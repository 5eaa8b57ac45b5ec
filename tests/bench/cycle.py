"""One cycle of all that is asked each minute of every agent: requests, CPU, wall time, peak memory.

`python -m tests.bench.cycle URL ROUNDS`; a few agents are asked before, uncounted, so that no round pays for starting.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass

import msgspec

from collectors.client import MIB
from collectors.crowd import Terms, ask_all
from collectors.each_agent import metrics_url_of, url_of
from collectors.records import AgentPlace, Harvest, Record
from collectors.sources import SOURCES_BY_NAME
from collectors.sources.containers import GET_CONTAINERS
from collectors.target import Kind, Target
from collectors.turns import agents_in, turns

NAMES = ("summary", "nodes", "containers", "agents")
EACH_AGENTS_USE = ("nodes", "containers")
"""What another collector of the same figures asks for as well: machines and containers."""
SECONDS = 10.0
WARMING_UP = 10


@dataclass(frozen=True)
class Cost:
    """What so many rounds of one source cost, as a mean of one round."""

    requests: float
    bytes_read: float
    samples: float
    cpu_seconds: float
    wall_seconds: float


def main(url: str, rounds: int) -> None:
    target = Target(kind=Kind.DCOS, url=url, master_urls=())
    summary = SOURCES_BY_NAME["summary"]
    agents = agents_in(summary.poll(target, next(turns(summary, (), tick=0))).records)
    costs = {}
    for name in NAMES:
        polled(target, name, agents[:WARMING_UP], tick=0)
        costs[name] = cost(target, name, agents, rounds)
    bare = {name: bare_cost(target, name, agents, rounds) for name in EACH_AGENTS_USE}
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report(costs, bare, peak_kib)


def polled(target: Target, name: str, agents: tuple[AgentPlace, ...], *, tick: int) -> list[Harvest]:
    source = SOURCES_BY_NAME[name]
    harvests = [source.poll(target, turn) for turn in turns(source, agents, tick=tick)]
    failed = [node for harvest in harvests for node in harvest.nodes if node.outcome != "ok"]
    if failed:
        raise SystemExit(f"{len(failed)} did not answer {name}; the first: {failed[0]}")
    return harvests


def cost(target: Target, name: str, agents: tuple[AgentPlace, ...], rounds: int) -> Cost:
    requests, bytes_read, counted, cpu, wall = 0, 0, 0, 0.0, 0.0
    for number in range(1, rounds + 1):
        cpu_began, wall_began = time.process_time(), time.monotonic()
        harvests = polled(target, name, agents, tick=60 * number)
        cpu, wall = cpu + time.process_time() - cpu_began, wall + time.monotonic() - wall_began
        requests += sum(harvest.requests for harvest in harvests)
        bytes_read += sum(harvest.bytes_read for harvest in harvests)
        counted += sum(samples(record) for harvest in harvests for record in harvest.records)
    return Cost(*(amount / rounds for amount in (requests, bytes_read, counted, cpu, wall)))


def samples(record: Record) -> int:
    """How many numbers it holds."""
    return _numbers(msgspec.to_builtins(record))


def _numbers(value: object) -> int:
    match value:
        case bool():
            return 0
        case int() | float():
            return 1
        case dict():
            return sum(map(_numbers, value.values()))
        case list() | tuple():
            return sum(map(_numbers, value))
    return 0


def bare_cost(target: Target, name: str, agents: tuple[AgentPlace, ...], rounds: int) -> Cost:
    """The same answers fetched the same way and given to Python's json: what any collector in Python pays at least."""
    bodies = {"nodes": None, "containers": GET_CONTAINERS}
    at, path = (metrics_url_of, "/node") if name == "nodes" else (url_of, "/api/v1")
    urls = [url for place in agents if (url := at(target, place, path))]
    terms = Terms(seconds=SECONDS, limit_bytes=4 * MIB, body=bodies[name])
    requests = 0
    cpu, wall = time.process_time(), time.monotonic()
    for _ in range(rounds):
        with target.open(deadline_seconds=60) as client:
            for _, end in ask_all(client, urls, terms):
                if isinstance(end, Exception):
                    raise end
                json.loads(end.body)
            requests += client.requests
    spent = time.process_time() - cpu
    return Cost(requests / rounds, 0, 0, spent / rounds, (time.monotonic() - wall) / rounds)


def report(costs: dict[str, Cost], bare: dict[str, Cost], peak_kib: int) -> None:
    line = "{:<12}{:>10}{:>12}{:>12}{:>16}{:>16}{:>10}{:>12}".format
    print(line("source", "requests", "KiB", "samples", "CPU µs/answer", "CPU µs/sample", "wall s", "CPU/bare"))
    found: dict[str, object] = {}
    for name, one in costs.items():
        ratio = one.cpu_seconds / bare[name].cpu_seconds if name in bare else None
        figures = {
            "requests": one.requests,
            "kib": round(one.bytes_read / 1024),
            "samples": one.samples,
            "cpu_us_per_answer": round(one.cpu_seconds / one.requests * 1e6, 1),
            "cpu_us_per_sample": round(one.cpu_seconds / one.samples * 1e6, 2),
            "wall_seconds": round(one.wall_seconds, 3),
            "cpu_over_bare_json": None if ratio is None else round(ratio, 2),
        }
        print(line(name, *("—" if value is None else value for value in figures.values())))
        found[name] = figures
    found["requests_machines_and_containers"] = sum(costs[name].requests for name in EACH_AGENTS_USE)
    found["requests_all"] = sum(one.requests for one in costs.values())
    found["wall_seconds_all"] = round(sum(one.wall_seconds for one in costs.values()), 2)
    found["cpu_seconds_all"] = round(sum(one.cpu_seconds for one in costs.values()), 2)
    found["peak_mib"] = round(peak_kib / 1024, 1)
    print({name: value for name, value in found.items() if name not in costs})
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
