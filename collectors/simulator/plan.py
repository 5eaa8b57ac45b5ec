"""What a cluster is made of before any time passes: masters, agents, frameworks and the places of tasks on agents."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import log
from typing import NamedTuple

PUBLIC_PORTS = "[1-21, 23-5050, 5052-32000]"
PRIVATE_PORTS = "[1025-2180, 2182-3887, 3889-5049, 5052-8079, 8082-8180, 8182-32000]"
# Shares of an agent that are always allocated, and that come and go with the load of the day.
STEADY_CPU, STEADY_MEM = 0.485, 0.64
BREATHING_CPU, BREATHING_MEM = 0.26, 0.245
AGENTS_IN_A_SUBNET = 200
MASTERS = 3


class Amount(NamedTuple):
    """Resources as whole numbers, so that sums are exact: thousandths of a CPU, MB (Mesos' mebibytes), GPUs."""

    cpus_milli: int
    mem_mb: int
    disk_mb: int
    gpus: int = 0


class App(NamedTuple):
    """Something a framework runs: all its tasks are alike. With more than one task it is a pod."""

    name: str
    framework: int
    amount: Amount
    tasks: int = 1
    is_checked: bool = False
    """Whether its framework checks its health."""


class Framework(NamedTuple):
    """A scheduler registered with Mesos."""

    name: str
    role: str
    web_path: str
    capabilities: tuple[str, ...]


class Slot(NamedTuple):
    """A place for one task or pod. A steady one is always taken, a breathing one while the load is above its threshold,
    a job's for `busy_seconds` of every `period_seconds`."""

    app: App
    threshold: float = 0.0
    period_seconds: int = 0
    busy_seconds: int = 0
    phase_seconds: int = 0

    @property
    def framework(self) -> int:
        return self.app.framework

    @property
    def amount(self) -> Amount:
        return self.app.amount


@dataclass(frozen=True, slots=True)
class Agent:
    """One Mesos agent and its places for tasks."""

    index: int
    agent_id: str
    host: str
    hostname: str
    public: bool
    zone: str
    attributes: dict[str, str]
    total: Amount
    ports: str
    steady: tuple[Slot, ...] = ()
    breathing: tuple[Slot, ...] = ()
    jobs: tuple[Slot, ...] = ()
    frameworks: frozenset[int] = field(default_factory=frozenset)
    """Indices of the frameworks that ever have a task here."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every place for a task, in one order."""
        return (*self.steady, *self.breathing, *self.jobs)


@dataclass(frozen=True, slots=True)
class Master:
    index: int
    host: str
    hostname: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole cluster at rest. `run_id` is the first leader's id, which all other ids begin with."""

    key: int
    run_id: str
    cluster: str
    masters: tuple[Master, ...]
    agents: tuple[Agent, ...]


PUBLIC_ROLE = "slave_public"
"""What DC/OS reserves all of a public agent for, and subscribes Marathon to."""
MODERN = ("RESERVATION_REFINEMENT", "MULTI_ROLE", "PARTITION_AWARE", "TASK_KILLING_STATE")
FRAMEWORKS = (
    Framework(
        "marathon", PUBLIC_ROLE, "/marathon", ("MULTI_ROLE", "PARTITION_AWARE", "TASK_KILLING_STATE", "REGION_AWARE")
    ),
    Framework("metronome", "*", "/metronome", ("MULTI_ROLE", "PARTITION_AWARE")),
    Framework("kafka", "kafka-role", "/service/kafka", MODERN),
    Framework("cassandra", "cassandra-role", "/service/cassandra", MODERN),
    Framework("spark", "*", "/service/spark", ("GPU_RESOURCES", "MULTI_ROLE")),
)
MARATHON, METRONOME, KAFKA, CASSANDRA, SPARK = range(5)
STEADY_APPS = (
    App("search", MARATHON, Amount(1_500, 8_192, 20_480), is_checked=True),
    App("accounts", MARATHON, Amount(1_000, 4_096, 2_048), is_checked=True),
    App("sessions", MARATHON, Amount(500, 6_144, 1_024), is_checked=True),
    App("kafka-broker", KAFKA, Amount(1_500, 6_144, 61_440)),
    App("cassandra-node", CASSANDRA, Amount(2_000, 12_288, 71_680), tasks=2),
    App("cron-proxy", MARATHON, Amount(500, 2_048, 512)),
)
BREATHING_APPS = (
    App("web", MARATHON, Amount(750, 3_072, 1_024), is_checked=True),
    App("api", MARATHON, Amount(1_000, 4_096, 2_048), is_checked=True),
    App("spark-executor", SPARK, Amount(1_500, 6_144, 8_192)),
)
EDGE_STEADY = (
    App("marathon-lb", MARATHON, Amount(1_000, 4_096, 1_024)),
    App("edge-cache", MARATHON, Amount(500, 6_144, 20_480)),
)
EDGE_BREATHING = (App("edge-proxy", MARATHON, Amount(500, 2_048, 512), is_checked=True),)
TRAINER = App("trainer", SPARK, Amount(2_000, 8_192, 20_480, 1))
JOB = App("report", METRONOME, Amount(250, 1_024, 2_048))
EVEN_CPU, EVEN_MEM, EVEN_DISK = 0.7, 0.8, 0.5
"""Shares of an agent that a given number of tasks has in all."""

PRIVATE_SIZE = Amount(16_000, 63_488, 552_960)
GPU_SIZE = Amount(32_000, 126_976, 1_105_920, 2)
PUBLIC_SIZE = Amount(8_000, 30_720, 102_400)


def master_hosts(net: int) -> tuple[str, ...]:
    return tuple(f"127.{net}.0.{11 + index}" for index in range(MASTERS))


def make(*, seed: int, agents: int, net: int, tasks_per_agent: int | None = None, apps: int = 1) -> Plan:
    """The cluster for a seed: `agents` agents on 127.<net>.1.21 and on, masters on 127.<net>.0.11 and on.

    With `tasks_per_agent` every agent always runs so many tasks, all alike and of one container each; of so many `apps`,
    each in turn, or of one.
    """
    chance = random.Random(seed)
    run_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    public_from = agents - max(min(2, agents // 2), agents // 50)
    gpu_agents = range(2, 4) if agents >= 8 else range(0)
    made = [
        _agent(index, net, chance, run_id=run_id, public=index >= public_from, gpu=index in gpu_agents)
        for index in range(agents)
    ]
    if tasks_per_agent is not None:
        made = [_with_even_tasks(agent, tasks_per_agent, apps) for agent in made]
    return Plan(
        key=chance.getrandbits(48),
        run_id=run_id,
        cluster="demo",
        masters=tuple(Master(i, host, f"master-{i + 1}") for i, host in enumerate(master_hosts(net))),
        agents=tuple(_with_thresholds(made, chance)),
    )


def _agent(index: int, net: int, chance: random.Random, *, run_id: str, public: bool, gpu: bool) -> Agent:
    subnet, place = divmod(index, AGENTS_IN_A_SUBNET)
    total = PUBLIC_SIZE if public else GPU_SIZE if gpu else PRIVATE_SIZE
    steady = _fill(EDGE_STEADY if public else STEADY_APPS, total, STEADY_CPU, STEADY_MEM, chance)
    breathing = _fill(EDGE_BREATHING if public else BREATHING_APPS, total, BREATHING_CPU, BREATHING_MEM, chance)
    if gpu:
        steady, breathing = [*steady, Slot(TRAINER)], [*breathing, Slot(TRAINER)]
    jobs = [] if public or index % 2 else [_job(chance)]
    attributes = {"rack": f"r{index % 4 + 1}"} | ({"public_ip": "true"} if public else {})
    return Agent(
        index=index,
        agent_id=f"{run_id}-S{index}",
        host=f"127.{net}.{1 + subnet}.{21 + place}",
        hostname=f"{'public' if public else 'agent'}-{index + 1:02d}",
        public=public,
        zone=f"eu-west-{index % 3 + 1}",
        attributes=attributes,
        total=total,
        ports=PUBLIC_PORTS if public else PRIVATE_PORTS,
        steady=tuple(steady),
        breathing=tuple(breathing),
        jobs=tuple(jobs),
        frameworks=frozenset(slot.framework for slot in (*steady, *breathing, *jobs)),
    )


def _with_even_tasks(agent: Agent, tasks: int, apps: int) -> Agent:
    """An app of many has tasks on agents of every size, and asks for the same of each."""
    whole = agent.total if apps == 1 else PUBLIC_SIZE
    shares = zip(whole[:3], (EVEN_CPU, EVEN_MEM, EVEN_DISK), strict=True)
    even = App("even", MARATHON, Amount(*(int(each * share / max(1, tasks)) for each, share in shares)))
    first = agent.index * tasks
    names = ["even" if apps == 1 else f"even-{(first + n) % apps + 1:04d}" for n in range(tasks)]
    slots = tuple(Slot(even._replace(name=name)) for name in names)
    return replace(agent, steady=slots, breathing=(), jobs=(), frameworks=frozenset({MARATHON} if tasks else ()))


def _job(chance: random.Random) -> Slot:
    period = chance.choice((600, 900, 1_800))
    busy = round(period * chance.uniform(0.3, 0.7))
    return Slot(JOB, period_seconds=period, busy_seconds=busy, phase_seconds=chance.randrange(period))


def _fill(apps: Iterable[App], total: Amount, cpu: float, mem: float, chance: random.Random) -> list[Slot]:
    """Tasks that fill these shares of an agent, CPU and memory at about the same rate."""
    cpus_left, mem_left = total.cpus_milli * cpu, total.mem_mb * mem
    slots: list[Slot] = []
    while fitting := [a for a in apps if a.amount.cpus_milli <= cpus_left and a.amount.mem_mb <= mem_left]:
        wanted = cpus_left / mem_left
        jitter = [chance.random() for _ in fitting]
        misfits = [abs(log(app.amount.cpus_milli / app.amount.mem_mb / wanted)) for app in fitting]
        app = fitting[min(range(len(fitting)), key=lambda i: misfits[i] + jitter[i])]
        slots.append(Slot(app))
        cpus_left -= app.amount.cpus_milli
        mem_left -= app.amount.mem_mb
    return slots


def _with_thresholds(agents: list[Agent], chance: random.Random) -> Iterable[Agent]:
    """Thresholds for the breathing places, even over the whole cluster: at load x, a share x of them is taken."""
    count = sum(len(agent.breathing) for agent in agents)
    thresholds = [(place + 0.5) / count for place in range(count)]
    chance.shuffle(thresholds)
    for agent in agents:
        own = tuple(slot._replace(threshold=thresholds.pop()) for slot in agent.breathing)
        yield replace(agent, breathing=own)
