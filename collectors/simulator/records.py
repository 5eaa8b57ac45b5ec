"""What a poll would have read of machines and containers, as its records: for a past of thousands of answers.

Their JSON would be written and read by nobody else, and cost more than all that is in it. A test holds both ways together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.decoding import from_rfc3339
from collectors.metrics import CONTAINER_METRICS, HOST_METRICS
from collectors.noise import is_noise_interface
from collectors.records import AgentContainers, ContainerReading, FilesystemReading, HostMetrics, InterfaceReading
from collectors.records.containers import NOTHING_MEASURED, values_of
from collectors.simulator import hosts
from collectors.simulator.container_figures import figures, io_of
from collectors.simulator.container_lives import Container, containers_of
from collectors.simulator.containers import framework_id, is_answering, pid_of
from collectors.simulator.host_mounts import Mount, counters, links_of, noise_mounts
from collectors.simulator.hosts import DCOS_METRICS, Host
from collectors.simulator.plan import Agent
from collectors.simulator.state import World
from collectors.sources.container_lists import heirs, task_name

MACHINE = tuple(metric.name for metric in HOST_METRICS)
MEASURED = tuple(metric.name for metric in CONTAINER_METRICS)


def machine_records(world: World, at: float) -> Iterator[HostMetrics]:
    """Every machine that had something to show then, as dcos-metrics tells it: masters first."""
    for place in hosts.places(world):
        host = hosts.host_at(world, at, place) if hosts.is_on(world, at, place.host) else None
        if host is not None:
            yield _machine(world, host)


def _machine(world: World, host: Host) -> HostMetrics:
    place, said, own = host.place, hosts.figures_of(world, host), hosts.own_mounts(world, host)
    links = list(enumerate(links_of(host.key, is_agent=host.is_agent)))
    kept = [(number, link) for number, link in links if not is_noise_interface(link.name)]
    interfaces = []
    for number, link in sorted(kept, key=lambda one: one[1].name):
        counted = counters(link, host.key + 10 * number, booted_at=host.booted_at, at=host.at)
        interfaces.append(InterfaceReading(name=link.name, **{_field(wire): value for wire, value in counted}))
    taken_at = from_rfc3339(hosts.timestamp(host.at, telegraf=False))
    assert taken_at is not None
    return HostMetrics(
        host=place.host,
        role="agent" if isinstance(place, Agent) else "master",
        agent_id=place.agent_id if isinstance(place, Agent) else "",
        taken_at=taken_at,
        generation=DCOS_METRICS,
        metrics={name: said[name] for name in MACHINE if name in said},
        filesystems=tuple(_filesystem(mount) for mount in sorted(own)),
        interfaces=tuple(interfaces),
        filtered=len(list(noise_mounts(host.key, own, telegraf=False))) + len(links) - len(kept),
    )


def _field(wire: str) -> str:
    """`network.in` is in_bytes, `network.in.packets` is in_packets."""
    _, way, what = f"{wire}.bytes".split(".")[:3]
    return f"{way}_{what}"


def _filesystem(mount: Mount) -> FilesystemReading:
    """One that makes inodes as it needs them tells none."""
    total, used = (mount.inodes, mount.inodes_used) if mount.inodes else (None, None)
    return FilesystemReading(
        path=mount.path,
        total_bytes=mount.total,
        used_bytes=mount.used,
        free_bytes=mount.free,
        inodes_total=total,
        inodes_used=used,
        inodes_free=None if total is None or used is None else total - used,
    )


def container_records(world: World, at: float) -> Iterator[AgentContainers]:
    """Every agent that would have answered then, asked through its operator API."""
    answered_at = datetime.fromtimestamp(at, UTC)
    for agent in world.plan.agents:
        if is_answering(world, agent, at):
            readings = (_container(world, each, at, answered_at) for each in containers_of(world, agent, at))
            yield AgentContainers(
                host=agent.host,
                agent_id=agent.agent_id,
                taken_at=answered_at,
                route="operator-api",
                containers=tuple(heirs(readings)),
                partial="",
            )


def _container(world: World, each: Container, at: float, answered_at: datetime) -> ContainerReading:
    """What Mesos 1.11 says of a nested container while it starts is its id alone, not even whose it is."""
    return ContainerReading(
        container_id=each.container_id,
        parent_id=each.parent_id if each.is_measured else "",
        framework_id="" if each.parent_id else framework_id(world, each),
        framework_name="",
        executor_id=each.executor_id,
        executor_name=each.executor_name,
        task_name=task_name(None, each.executor_id, each.executor_name),
        taken_at=answered_at,
        pid=pid_of(each) if each.is_measured else None,
        labels={},
        values=values_of(_metrics(each, at)) if each.is_measured else NOTHING_MEASURED,
    )


def _metrics(each: Container, at: float) -> dict[str, float]:
    said = figures(each, at)
    metrics = {name: said[name] for name in MEASURED if name in said}
    if not each.parent_id:
        io = io_of(each, at)
        metrics |= {
            "blkio_read_bytes": io.read,
            "blkio_write_bytes": io.written,
            "blkio_reads": io.reads,
            "blkio_writes": io.writes,
        }
    return metrics
