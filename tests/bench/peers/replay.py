"""A cluster's answers out of memory: what stands in the place of the network when only what comes after it is measured.

Everything else is the product's own, from the slot to the commit. Time is passed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest import mock

from collectors.client import Answer, Client
from collectors.crowd import Terms
from collectors.errors import PollError
from tests.bench.peers.bodies import Bodies
from tests.bench.peers.container_samples import TICK_SECONDS

AGENT = re.compile(r"/agent/agent-(\d+)/(api/v1|metrics/v0/node)$")
ANSWERED_AFTER = timedelta(seconds=30)
NEVER = datetime.fromtimestamp(0, UTC)


@dataclass
class Replay:
    """The answers of one tick at a time, made before they are asked for."""

    bodies: Bodies
    answers: dict[tuple[int, bool], bytes] = field(default_factory=dict)
    """By number of the machine, and whether it is its containers'."""
    now: datetime = NEVER

    def show(self, tick: int) -> None:
        """Make what is answered at this tick; the clock stands half a minute after it."""
        self.now = datetime.fromtimestamp(self.bodies.begins_at + TICK_SECONDS * tick, UTC) + ANSWERED_AFTER
        for number in range(self.bodies.fleet.machines):
            self.answers[number, False] = self.bodies.machine(tick, number)
            self.answers[number, True] = self.bodies.containers(tick, number)

    def clock(self) -> datetime:
        return self.now

    def ask_all(self, client: Client, urls: Iterable[str], terms: Terms) -> Iterator[tuple[str, Answer | PollError]]:
        """As `collectors.crowd.ask_all`. A master's machine is the first agent's: its answer is read and adds nothing."""
        for url in urls:
            asked = AGENT.search(url)
            number, of_containers = (int(asked[1]), asked[2] == "api/v1") if asked else (0, False)
            client.requests += 1
            body = self.answers[number, of_containers]
            yield url, Answer(url=url, status=200, headers={}, body=body, taken_at=self.now, seconds=0.01)

    @contextmanager
    def playing(self) -> Iterator[None]:
        with (
            mock.patch("collectors.each_agent.ask_all", self.ask_all),
            mock.patch("collectors.sources.nodes.ask_all", self.ask_all),
        ):
            yield
