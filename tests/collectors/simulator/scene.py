"""A cluster at a time of the test's choosing, asked without sockets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from collectors.simulator import World
from collectors.simulator.answers import Answer, Request
from collectors.simulator.failures import Failures
from collectors.simulator.routes import ROUTER, Routes

NOW = 1_800_000_000.0


@dataclass
class Scene:
    """A world on net 88, its cues and its answers, with a clock that only the test moves."""

    world: World
    now: float = NOW
    token: str = ""
    failures: Failures = field(init=False)
    routes: Routes = field(init=False)

    def __post_init__(self) -> None:
        self.failures = Failures(self.world, lambda: self.now)
        self.routes = Routes(self.world, lambda: self.now, token=self.token)

    def ask(self, path: str, *, listener: str = ROUTER, **headers: str) -> Answer:
        return self.routes.answer(Request(listener, "GET", path, headers)).whole()

    def read(self, path: str, *, listener: str = ROUTER) -> Any:
        """The answer's JSON."""
        return msgspec.json.decode(self.body(path, listener=listener))

    def body(self, path: str, *, listener: str = ROUTER, **headers: str) -> bytes:
        body = self.ask(path, listener=listener, **headers).body
        assert isinstance(body, bytes)
        return body

    @property
    def leader(self) -> str:
        leader = self.world.at(self.now).leader
        assert leader is not None
        return leader.host

    @property
    def agents(self) -> list[str]:
        return [agent.host for agent in self.world.plan.agents]

    @property
    def masters(self) -> list[str]:
        return [master.host for master in self.world.plan.masters]


Stage = Callable[..., Scene]
