"""A simulated cluster that asks for a sign-in, with the sessions of a process of its own; the clock moves only when told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from collectors.errors import PollError
from collectors.login import Account
from collectors.sessions import Sessions
from collectors.simulator import Settings, Simulator
from collectors.simulator.logins import Logins
from collectors.target import Kind, Target

NOON = 1_800_000_000.0
LIFE_SECONDS = 1000.0
PASSWORD = "canary-password-7f3a"
SUMMARY = "/mesos/master/state-summary"


@dataclass
class Scene:
    """A cluster that asks for a sign-in, and this process' sessions, on one clock."""

    now: float = NOON
    simulator: Simulator = field(init=False)
    sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = Sessions(lambda: self.now)
        self.simulator = Simulator(
            Settings(
                agents=2,
                user="ana",
                password=PASSWORD,
                token_life_seconds=LIFE_SECONDS,
                with_stories=False,
                clock=lambda: self.now,
            )
        )

    @property
    def logins(self) -> Logins:
        assert self.simulator.logins is not None
        return self.simulator.logins

    def target(self, password: str = PASSWORD, url: str = "") -> Target:
        account = Account("ana", password)
        return Target(Kind.DCOS, url or self.simulator.router_url, account=account, sessions=self.sessions)

    def poll(self, password: str = PASSWORD) -> int:
        """One request by a client of its own; how many it took."""
        with self.target(password).open(deadline_seconds=20) as client:
            client.get(self.simulator.router_url + SUMMARY)
        return client.requests

    def refused(self, password: str = PASSWORD) -> PollError:
        with pytest.raises(PollError) as caught:
            self.poll(password)
        return caught.value
