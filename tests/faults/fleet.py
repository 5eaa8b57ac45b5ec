"""A thousand Mesos agents on loopback, each at an address of its own, some of them dead: what one cycle over them costs.

The agents are one process beside the test's, so that they do not share its interpreter. `measure` is for benchmarks too:

    python -m tests.faults.fleet 1000
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from collectors.errors import PollError
from collectors.metrics import AGENT_METRICS
from collectors.records import AgentPlace, Harvest, NodeOutcome, Turn
from collectors.sources import agents
from collectors.target import Kind, Target

ROOT = Path(__file__).resolve().parents[2]
ANSWER_SECONDS = 0.05
"""How long a healthy agent thinks: much longer than it takes to ask, as in life."""
THREADS = 24
"""As many as a worker has by default."""
BODY = json.dumps({metric.name: 1.0 for metric in AGENT_METRICS}).encode()
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()


class Fate(StrEnum):
    HEALTHY = "healthy"
    REFUSES = "refuses"
    HANGS = "hangs"
    DRIPS = "drips"


def fate(number: int) -> Fate:
    """Of twenty agents two refuse, one hangs and one drips: 10 %, 5 % and 5 %."""
    return {0: Fate.REFUSES, 1: Fate.REFUSES, 2: Fate.HANGS, 3: Fate.DRIPS}.get(number % 20, Fate.HEALTHY)


def address(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


@dataclass(frozen=True)
class Cycle:
    """What polling all shards at once came to."""

    seconds: float
    slowest_shard_seconds: float
    nodes: Sequence[NodeOutcome]

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(str(node.outcome) for node in self.nodes)

    @property
    def p95_seconds(self) -> float:
        """How long 95 % of those that answered took at most."""
        took = sorted(node.seconds for node in self.nodes if node.seconds is not None)
        return took[int(len(took) * 0.95)]


class Fleet:
    """So many agents, in a process of their own. Use it as a context manager."""

    def __init__(self, agents: int) -> None:
        self.agents = agents

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._closed_port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.fleet"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def places(self, *fates: Fate) -> list[AgentPlace]:
        """The agents of these fates; of all where none is named."""
        return [
            AgentPlace(agent_id=f"agent-{number}", host=address(number), port=self._port_of(number))
            for number in range(self.agents)
            if not fates or fate(number) in fates
        ]

    def _port_of(self, number: int) -> int:
        return self._closed_port if fate(number) is Fate.REFUSES else self._port

    def cycle(self, places: Sequence[AgentPlace], *, threads: int = THREADS) -> Cycle:
        """All shards of these agents at once, as the threads of a worker do it."""
        size = agents.SOURCE.agents_per_shard
        shards = [places[begin : begin + size] for begin in range(0, len(places), size)]
        began = time.monotonic()
        with ThreadPoolExecutor(max_workers=threads) as pool:
            ended = list(pool.map(self._shard, shards))
        nodes = [node for nodes, _ in ended for node in nodes]
        return Cycle(time.monotonic() - began, max(seconds for _, seconds in ended), nodes)

    def _shard(self, places: Sequence[AgentPlace]) -> tuple[Iterable[NodeOutcome], float]:
        target, began = Target(Kind.MESOS, f"http://127.0.0.1:{self._port}"), time.monotonic()
        try:
            ended: Harvest | PollError = agents.SOURCE.poll(
                target, Turn(tick=0, period_seconds=60, agents=tuple(places), shard=1)
            )
        except PollError as error:
            ended = error
        return ended.nodes, time.monotonic() - began


@dataclass(frozen=True)
class Measured:
    """The same healthy agents alone, beside the dead, and beside those of the dead that are still asked every time."""

    alone: Cycle
    beside_dead: Cycle
    rested: Cycle


def measure(agents: int) -> Measured:
    with Fleet(agents) as fleet:
        fleet.cycle(fleet.places(Fate.HEALTHY))  # the first one pays for starting
        return Measured(
            alone=fleet.cycle(fleet.places(Fate.HEALTHY)),
            beside_dead=fleet.cycle(fleet.places()),
            rested=fleet.cycle(fleet.places(Fate.HEALTHY, Fate.REFUSES)),
        )


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What the agent at the address that was called does."""
    _, _, third, fourth = (int(part) for part in writer.get_extra_info("sockname")[0].split("."))
    doing = fate(third * 250 + fourth - 1)
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            if doing is Fate.HANGS:
                await asyncio.sleep(60)
            elif doing is Fate.DRIPS:
                await drip(writer)
            await asyncio.sleep(ANSWER_SECONDS)
            writer.write(HEAD + BODY)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # the caller has hung up
    finally:
        writer.close()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    for place in range(len(BODY)):
        writer.write(BODY[place : place + 1])
        await writer.drain()
        await asyncio.sleep(0.5)


async def serve() -> None:
    """Listens on every address of this machine, prints its port, and goes on until it is killed."""
    server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        asyncio.run(serve())
    else:
        for name, cycle in vars(measure(int(sys.argv[1]))).items():
            print(
                f"{name}: {cycle.seconds:.1f} s, slowest shard {cycle.slowest_shard_seconds:.1f} s, "
                f"p95 {cycle.p95_seconds * 1000:.0f} ms, {dict(cycle.outcomes)}"
            )
