"""The simulator as one thing: a world, its routes, failures and faults, served from a thread or from a process."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from collectors.simulator import agents, control, hosts, marathon, plan
from collectors.simulator.answers import Answer, Request
from collectors.simulator.failures import Failures
from collectors.simulator.faults import CONTROL_PATH, Faults
from collectors.simulator.incidents import Timing
from collectors.simulator.logins import LIFE_SECONDS, Logins
from collectors.simulator.mesos import AGENT_PORT, PORT
from collectors.simulator.routes import ROUTER, Routes
from collectors.simulator.server import Server, listen_on
from collectors.simulator.state import World

HOUR_SECONDS = 3_600
NETS = range(90, 250)
MOST_AGENT_PORTS = 250
START_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a simulator can be told. Without a net it takes the first whose master addresses are free."""

    agents: int = 12
    tasks_per_agent: int | None = None
    """So many tasks on every agent at any time, of one container each, for benchmarks; None: as the load of the day has it."""
    apps: int = 1
    """How many apps of Marathon these tasks belong to."""
    net: int | None = None
    router_host: str = "127.0.0.1"
    router_port: int = 0
    token: str = ""
    user: str = ""
    """Who may sign in at the router with `password`, which then asks everybody for a token."""
    password: str = field(default="", repr=False)
    token_life_seconds: float = LIFE_SECONDS
    with_control: bool = False
    seed: int = 1
    anchor: float | None = None
    """The "now" of the demo's stories, seconds since 1970; None: the last whole hour."""
    timing: Timing | None = None
    with_stories: bool = True
    generation: str = hosts.DCOS_METRICS
    """Who measures the machines: "dcos-metrics" (DC/OS 1.9–1.11) or "telegraf" (from 1.12 on)."""
    marathon_generation: str = marathon.LATEST
    """How Marathon says what it measures, and which version it is: "1.4", "1.5" or "1.11"."""
    clock: Callable[[], float] = time.time


def world_of(settings: Settings, *, net: int) -> World:
    """The world that a simulator with these settings on this net shows: another process may tell its history."""
    now = settings.clock() // HOUR_SECONDS * HOUR_SECONDS
    return World(
        plan.make(
            seed=settings.seed,
            agents=settings.agents,
            net=net,
            tasks_per_agent=settings.tasks_per_agent,
            apps=settings.apps,
        ),
        anchor=now if settings.anchor is None else settings.anchor,
        timing=settings.timing,
        with_stories=settings.with_stories,
    )


class Simulator:
    """A cluster on loopback. Its addresses are taken when it is made; `running` or `serve` brings it to life."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        clock = self.settings.clock
        router = listen_on(self.settings.router_host, self.settings.router_port)
        net, masters = _take_masters(self.settings.net)
        self.world = world_of(self.settings, net=net)
        self.faults, self.failures = Faults(), Failures(self.world, clock)
        self.logins = _logins(self.settings)
        self._routes = Routes(
            self.world,
            clock,
            token=self.settings.token,
            generation=self.settings.generation,
            marathon_generation=self.settings.marathon_generation,
            logins=self.logins,
        )
        self._server = Server(self._answer, self._alive, self.faults, clock=clock)
        self.router_url = "http://{}:{}".format(*router.getsockname()[:2])
        self.master_urls = [f"http://{host}:{PORT}" for host in masters]
        self._agents = _take_agents(self.world)
        for name, listener in {ROUTER: router, **masters, **self._agents}.items():
            self._server.add(name, listener)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def requests_seen(self) -> list[Request]:
        """The last 10,000 requests, oldest first, with listener, path and headers."""
        return list(self._server.seen)

    @property
    def streams_open(self) -> int:
        """Event streams that somebody reads now."""
        return self._server.streams_open

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until cancelled; `ready` is called once all listeners are open."""
        await self._server.run(ready)

    @contextmanager
    def running(self) -> Iterator[Simulator]:
        """Serve from a thread of its own while the block lasts."""
        ready, stop = threading.Event(), asyncio.Event()

        async def live() -> None:
            self._loop = asyncio.get_running_loop()
            serving = asyncio.create_task(self.serve(ready.set))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving

        thread = threading.Thread(target=asyncio.run, args=(live(),), name="simulator", daemon=True)
        thread.start()
        if not ready.wait(START_SECONDS):
            raise TimeoutError("the simulator did not start")
        try:
            yield self
        finally:
            loop, self._loop = self._loop, None
            if loop is not None:
                loop.call_soon_threadsafe(stop.set)
            thread.join(START_SECONDS)

    def cue(self, name: str, /, **details: str) -> None:
        """A failure by name (failures.py), in force when this returns."""
        self.failures.cue(name, **details)
        self.settle()

    def fault(self, path: str, manner: str, value: object = "", *, listener: str = "") -> None:
        """A fault on a path (faults.py), in force when this returns."""
        self.faults.add(control.fault(path, manner, value, listener))
        self.settle()

    def clear(self, path: str = "") -> None:
        """End the faults of one path, or all."""
        self.faults.clear(path)
        self.settle()

    def cut_streams(self) -> None:
        """Every event stream that is open has been reset when this returns."""
        self.faults.cut_streams()
        self.settle()

    def settle(self) -> None:
        """Open and close listeners as the present demands; needed only after a test moved its own clock."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._server.reconcile(), self._loop).result(START_SECONDS)

    def _alive(self, name: str) -> bool:
        if name == ROUTER:
            return True
        if name in self._agents:
            return agents.started_at(self.world, name, self.settings.clock()) is not None
        return self.world.lives(name, self.settings.clock())

    def _answer(self, request: Request) -> Answer:
        if self.settings.with_control and request.listener == ROUTER and request.path == CONTROL_PATH:
            return control.obey(request, self.failures, self.faults)
        return self._routes.answer(request)


def _logins(settings: Settings) -> Logins | None:
    if not settings.user:
        return None
    return Logins(settings.user, settings.password, life_seconds=settings.token_life_seconds, clock=settings.clock)


def _take_masters(net: int | None) -> tuple[int, dict[str, socket.socket]]:
    """The masters' addresses of this net, or of the first free one; those that cannot be had are named on stderr."""
    if net is None:
        offset = os.getpid() % len(NETS)
        for candidate in (*NETS[offset:], *NETS[:offset]):
            taken, lost = _listeners(candidate)
            if not lost:
                return candidate, taken
            for listener in taken.values():
                listener.close()
        net = NETS[0]
    taken, lost = _listeners(net)
    _tell(lost, PORT, "masters")
    return net, taken


def _listeners(net: int) -> tuple[dict[str, socket.socket], list[str]]:
    return _taken(plan.master_hosts(net), PORT)


def _take_agents(world: World) -> dict[str, socket.socket]:
    """The agents' own addresses, of the first 250: a process has only so many files."""
    taken, lost = _taken([agent.host for agent in world.plan.agents[:MOST_AGENT_PORTS]], AGENT_PORT)
    _tell(lost, AGENT_PORT, "agents")
    return taken


def _taken(hosts: Iterable[str], port: int) -> tuple[dict[str, socket.socket], list[str]]:
    taken: dict[str, socket.socket] = {}
    lost: list[str] = []
    for host in hosts:
        try:
            taken[host] = listen_on(host, port)
        except OSError:
            lost.append(host)
    return taken, lost


def _tell(lost: list[str], port: int, whose: str) -> None:
    if lost:
        addresses = ", ".join(f"{host}:{port}" for host in lost[:3]) + (
            f" and {len(lost) - 3} more" if lost[3:] else ""
        )
        sys.stderr.write(f"simulator: cannot listen on {addresses}; these {whose} answer only through the router\n")
