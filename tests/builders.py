"""Records as a cluster would give them, with only what a test is about spelled out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.errors import Outcome
from collectors.records import (
    AgentContainers,
    AgentSnapshot,
    AgentSummary,
    Bounds,
    ClusterRoles,
    ClusterSummary,
    ContainerReading,
    FilesystemReading,
    Flags,
    FrameworkSummary,
    Harvest,
    HealthReport,
    HostMetrics,
    InterfaceReading,
    MasterSnapshot,
    NodeHealth,
    NodeOutcome,
    Resources,
    RoleSummary,
    TaskCounts,
    UnitOnNode,
)
from collectors.records.containers import values_of
from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster
from dashboard.store import container_totals, ingest, use_totals
from dashboard.store.writing import Writing

MIB = 1024**2
GIB = 1024**3
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def cluster(name: str = "prod", kind: str = "dcos", **columns: Any) -> Cluster:
    return Cluster.objects.create(name=name, kind=kind, url="http://router.test", created_at=NOON, **columns)


def agent(host: str = "10.0.0.1", **said: Any) -> AgentSummary:
    said = {
        "agent_id": f"id-of-{host}",
        "port": 5051,
        "hostname": host,
        "active": True,
        "deactivated": False,
        "draining": False,
        "public": False,
        "region": "eu",
        "zone": "eu-a",
        "version": "1.11.0",
        "registered_at": NOON,
        "reregistered_at": None,
        "attributes": {},
        "total": Resources(cpus=4, mem_bytes=8 * GIB, disk_bytes=100 * GIB),
        "allocated": Resources(cpus=1, mem_bytes=2 * GIB, disk_bytes=10 * GIB),
        "offered": Resources(),
        "tasks": TaskCounts(running=3),
        **said,
    }
    return AgentSummary(host=host, **said)


def framework(name: str = "marathon", **said: Any) -> FrameworkSummary:
    said = {
        "framework_id": f"id-of-{name}",
        "active": True,
        "connected": True,
        "allocated": Resources(cpus=1, mem_bytes=2 * GIB),
        "offered": Resources(),
        "tasks": TaskCounts(running=3),
        "agents": 1,
        **said,
    }
    return FrameworkSummary(name=name, **said)


def summary(at: datetime = NOON, *agents: AgentSummary, **said: Any) -> ClusterSummary:
    said = {"leader_hostname": "10.0.0.101", "cluster_name": "prod", "frameworks": (framework(),), **said}
    return ClusterSummary(taken_at=at, agents=agents or (agent(),), **said)


def role(name: str = "*", **said: Any) -> RoleSummary:
    said = {
        "weight": 1.0,
        "allocated": Resources(cpus=1, mem_bytes=2 * GIB),
        "offered": Resources(),
        "reserved": Resources(),
        "guarantee": Bounds(),
        "limit": Bounds(),
        "frameworks": (),
        **said,
    }
    return RoleSummary(name=name, **said)


def roles(at: datetime = NOON, *listed: RoleSummary) -> ClusterRoles:
    return ClusterRoles(taken_at=at, roles=listed or (role(),))


def master(host: str = "10.0.0.101", at: datetime = NOON, **said: Any) -> MasterSnapshot:
    metrics = {"master/uptime_secs": 3600.0, "master/tasks_failed": 0.0, **said.pop("metrics", {})}
    elected = said.pop("elected", host == "10.0.0.101")
    return MasterSnapshot(
        host=host,
        port=5050,
        taken_at=at,
        elected=elected,
        uptime_seconds=said.pop("uptime_seconds", 3600.0),
        version="1.11.0",
        metrics={"master/elected": float(elected), **metrics},
    )


def unit(name: str = "dcos-net.service", health: int = 0, output: str = "") -> UnitOnNode:
    return UnitOnNode(unit=name, name=name.removeprefix("dcos-"), description="does it", health=health, output=output)


def node_health(
    host: str = "10.0.0.1", *units: UnitOnNode, health: int | None = None, dark: bool = False, asked: bool = True
) -> NodeHealth:
    """A node of the report; `dark`: diagnostics gave no units for it."""
    return NodeHealth(
        host=host,
        hostname=f"host-{host}",
        role="agent",
        health=(3 if dark else 0) if health is None else health,
        mesos_id="",
        units=None if dark or not asked else units or (unit(),),
        asked=asked,
    )


def report(at: datetime = NOON, *nodes: NodeHealth) -> HealthReport:
    return HealthReport(taken_at=at, nodes=nodes or (node_health(),))


def filesystem(path: str = "/", used_gib: float = 30, free_gib: float = 60, **said: Any) -> FilesystemReading:
    """A disk that keeps 10 GiB for root, so that its size is not what is used and free."""
    total = said.pop("total_bytes", (used_gib + free_gib + 10) * GIB)
    return FilesystemReading(path=path, total_bytes=total, used_bytes=used_gib * GIB, free_bytes=free_gib * GIB, **said)


def interface(name: str = "eth0", in_bytes: float | None = 1e6, out_bytes: float | None = 2e6) -> InterfaceReading:
    return InterfaceReading(name=name, in_bytes=in_bytes, out_bytes=out_bytes, in_errors=0, out_errors=0)


def host_metrics(host: str = "10.0.0.1", at: datetime = NOON, **said: Any) -> HostMetrics:
    """A machine of 4 cores and 8 GiB, an hour up at NOON: one core busy, 2 GiB used."""
    metrics = {
        "system.uptime": 3600 + (at - NOON).total_seconds(),
        "cpu.cores": 4.0,
        "cpu.total": 25.0,
        "cpu.wait": 1.0,
        "load.1min": 1.5,
        "memory.total": 8.0 * GIB,
        "memory.free": 3.0 * GIB,
        "memory.buffers": 1.0 * GIB,
        "memory.cached": 2.0 * GIB,
        "swap.used": 0.0,
        "process.count": 200.0,
        **said.pop("metrics", {}),
    }
    said = {
        "role": "agent",
        "agent_id": f"id-of-{host}",
        "generation": "dcos-metrics",
        "filesystems": (filesystem(),),
        "interfaces": (interface(),),
        "filtered": 0,
        **said,
    }
    known = {name: value for name, value in metrics.items() if value is not None}
    return HostMetrics(host=host, taken_at=at, metrics=known, **said)


def container_reading(container_id: str = "c1", at: datetime = NOON, **said: Any) -> ContainerReading:
    """A root container that has had an hour of half a core at NOON, of 2 it may use: 100 MiB of 1 GiB in use."""
    seconds = 3600 + (at - NOON).total_seconds()
    metrics = {
        "cpus_user_time_secs": 0.4 * seconds,
        "cpus_system_time_secs": 0.1 * seconds,
        "cpus_limit": 2.0,
        "cpus_nr_periods": 10 * seconds,
        "cpus_nr_throttled": 1 * seconds,
        "mem_rss_bytes": 100.0 * MIB,
        "mem_limit_bytes": 1.0 * GIB,
        "disk_used_bytes": 10.0 * MIB,
        "disk_limit_bytes": 1.0 * GIB,
        **said.pop("metrics", {}),
    }
    said = {
        "parent_id": "",
        "framework_id": "id-of-marathon",
        "framework_name": "",
        "executor_id": f"executor-of-{container_id}",
        "executor_name": "",
        "task_name": f"task-of-{container_id}",
        "pid": 42,
        "labels": {},
        **said,
    }
    known = {name: value for name, value in metrics.items() if value is not None}
    return ContainerReading(container_id=container_id, taken_at=at, values=values_of(known), **said)


def agent_containers(
    host: str = "10.0.0.1", *containers: ContainerReading, at: datetime = NOON, **said: Any
) -> AgentContainers:
    said = {"agent_id": f"id-of-{host}", "route": "operator-api", "partial": "", **said}
    oldest = min((container.taken_at for container in containers), default=at)
    return AgentContainers(host=host, taken_at=oldest, containers=containers, **said)


def agent_snapshot(host: str = "10.0.0.1", at: datetime = NOON, **said: Any) -> AgentSnapshot:
    """An agent that has been up for an hour at NOON and runs three executors; two tasks failed."""
    registered = said.pop("registered", True)
    uptime = said.pop("uptime_seconds", 3600.0 + (at - NOON).total_seconds())
    metrics = {
        "slave/registered": float(registered),
        "slave/uptime_secs": uptime,
        "slave/recovery_time_secs": 1.5,
        "slave/executors_running": 3.0,
        "slave/executors_terminated": 7.0,
        "slave/tasks_failed": 2.0,
        "slave/container_launch_errors": 0.0,
        "system/cpus_total": 4.0,
        "system/load_1min": 1.5,
        "system/mem_total_bytes": 8.0 * GIB,
        "system/mem_free_bytes": 3.0 * GIB,
        **said.pop("metrics", {}),
    }
    known = {name: value for name, value in metrics.items() if value is not None}
    said = {"agent_id": f"id-of-{host}", **said}
    return AgentSnapshot(host=host, taken_at=at, registered=registered, uptime_seconds=uptime, metrics=known, **said)


def flags(host: str = "10.0.0.1", at: datetime = NOON, **said: Any) -> Flags:
    """An agent's; `agent_id=""` makes them a master's."""
    said = {
        "agent_id": f"id-of-{host}",
        "flags": {"isolation": "cgroups/cpu,cgroups/mem", "gc_delay": "2days"},
        **said,
    }
    return Flags(host=host, taken_at=at, **said)


def write_containers(
    to: Cluster,
    *answers: AgentContainers,
    silent: tuple[str, ...] = (),
    dropped: dict[str, int] | None = None,
    now: datetime | None = None,
) -> Harvest:
    """Ingest agents' containers as if one poll had just brought them; returns the harvest as it stands after writing."""
    nodes = tuple(node for answer in answers for node in _nodes(answer))
    failed = tuple(NodeOutcome(host=host, outcome=Outcome.REFUSED, detail="refused") for host in silent)
    harvest = Harvest(records=answers, nodes=nodes + failed, dropped=dropped or {})
    return write_harvest(to, "containers", harvest, now=now or answers[0].taken_at)


def write_machines(
    to: Cluster, *machines: HostMetrics, silent: tuple[str, ...] = (), now: datetime | None = None
) -> Harvest:
    """Ingest machines' answers as if one poll had just brought them; returns the harvest as it stands after writing."""
    nodes = tuple(node for machine in machines for node in _nodes(machine))
    failed = tuple(NodeOutcome(host=host, outcome=Outcome.REFUSED, detail="refused") for host in silent)
    harvest = Harvest(records=machines, nodes=nodes + failed)
    return write_harvest(to, "nodes", harvest, now=now or machines[0].taken_at)


def write_agents(to: Cluster, *snapshots: AgentSnapshot, now: datetime | None = None) -> Harvest:
    """The same of what agents say of themselves."""
    nodes = tuple(node for snapshot in snapshots for node in _nodes(snapshot))
    return write_harvest(to, "agents", Harvest(records=snapshots, nodes=nodes), now=now or snapshots[0].taken_at)


def write_use(to: Cluster, *machines: HostMetrics, now: datetime) -> None:
    """Ingest machines' answers, and the totals of use that they give."""
    write_machines(to, *machines, now=now)
    fresh = Cluster.objects.get(pk=to.pk)
    use_totals.write(Writing(cluster=fresh, tick=int(now.timestamp()) // 60 * 60, now=now))


def contain(to: Cluster, framework_id: str, *, cpus: float, at: datetime = NOON) -> None:
    """What this framework's three containers used, two of which told it, on three of four agents."""
    layout = dict.fromkeys(container_totals.LAYOUT, 0.0)
    layout |= {"cpus_used": cpus, "mem_used_bytes": 1.0 * GIB, "disk_used_bytes": 1.0 * GIB, "containers": 3.0}
    layout |= {"containers_with_cpus": 2.0, "containers_with_mem": 3.0, "containers_with_disk": 3.0}
    layout |= {"agents_measured": 3.0, "agents_expected": 4.0}
    values = list(layout.values())
    tick = int(at.timestamp())
    container_totals.write_many(to, [(tick, {"cluster": values, f"framework:{framework_id}": values})], seen_at=at)


def write(to: Cluster, record: Any, *, now: datetime | None = None, source: str = "") -> None:
    """Ingest one record as if a poll had just brought it."""
    sources = {
        "ClusterSummary": "summary",
        "ClusterRoles": "roles",
        "HealthReport": "component_health",
        "MasterSnapshot": "masters",
        "HostMetrics": "nodes",
        "AgentSnapshot": "agents",
        "AgentContainers": "containers",
        "Flags": "flags",
    }
    name = source or sources[type(record).__name__]
    write_harvest(to, name, Harvest(records=(record,), nodes=_nodes(record)), now=now or record.taken_at)


def write_masters(to: Cluster, *snapshots: MasterSnapshot, silent: tuple[str, ...] = (), now: datetime = NOON) -> None:
    nodes = tuple(node for snapshot in snapshots for node in _nodes(snapshot))
    failed = tuple(NodeOutcome(host=host, port=5050, outcome=Outcome.REFUSED, detail="refused") for host in silent)
    write_harvest(to, "masters", Harvest(records=snapshots, nodes=nodes + failed), now=now)


def write_harvest(to: Cluster, source: str, harvest: Harvest, *, now: datetime) -> Harvest:
    """Ingest a harvest; returns it as it stands after writing."""
    fresh = Cluster.objects.get(pk=to.pk)
    period = SOURCES_BY_NAME[source].period_seconds
    writing = Writing(cluster=fresh, tick=int(now.timestamp()) // period * period, now=now)
    return ingest.harvest(writing, source, harvest, duration_seconds=0.1).harvest


def _nodes(record: Any) -> tuple[NodeOutcome, ...]:
    if isinstance(record, HostMetrics | AgentSnapshot | AgentContainers | Flags):
        return (NodeOutcome(host=record.host, outcome=Outcome.OK, direct=False),)
    if not isinstance(record, MasterSnapshot):
        return ()
    return (NodeOutcome(host=record.host, port=record.port, outcome=Outcome.OK),)
