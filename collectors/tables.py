"""What records look like in a terminal: every kind of record as a table of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from collectors.application_tables import rows_of
from collectors.records import (
    AgentContainers,
    AgentSnapshot,
    AppMetricsReading,
    ClusterRegistry,
    ClusterSummary,
    ClusterVersion,
    ContainerReading,
    FilesystemReading,
    Flags,
    HealthReport,
    HostMetrics,
    MasterSnapshot,
    Record,
)

Row = tuple[object, ...]

MACHINE_HEAD: Row = ("machine", "role", "cpu %", "load", "mem GiB", "of", "fullest", "interfaces", "measured UTC")
AGENT_HEAD: Row = ("agent", "registered", "up", "running", "failed", "cpus allocated", "of", "mem GiB allocated", "of")

CONTAINER_HEAD: Row = ("agent", "task", "container", "in", "cpu s", "cpus of", "mem MiB", "of", "measured UTC")
APP_METRIC_HEAD: Row = ("agent", "container", "tags", "metric", "value", "measured UTC")


def as_table(records: list[Record]) -> Iterator[str]:
    """The lines, an empty one after each table; columns are as wide as their widest cell."""
    masters = [record for record in records if isinstance(record, MasterSnapshot)]
    if masters:
        yield from table(("master", "port", "leads", "up", "version", "metrics"), map(master_row, masters))
    machines = sorted((record for record in records if isinstance(record, HostMetrics)), key=lambda one: one.host)
    if machines:
        yield from table(MACHINE_HEAD, map(machine_row, machines))
    agents = sorted((record for record in records if isinstance(record, AgentSnapshot)), key=lambda one: one.host)
    if agents:
        yield from table(AGENT_HEAD, map(agent_row, agents))
    lists = sorted((record for record in records if isinstance(record, AgentContainers)), key=lambda one: one.host)
    if lists:
        yield from table(CONTAINER_HEAD, (container_row(one.host, each) for one in lists for each in one.containers))
    flags = [record for record in records if isinstance(record, Flags)]
    if flags:
        yield from table(("process", "role", "flag", "value"), (row for one in flags for row in flag_rows(one)))
    yield from app_metric_table([record for record in records if isinstance(record, AppMetricsReading)])
    for record in records:
        for head, rows in rows_of(record):
            yield from table(head, rows)
        yield from record_table(record)


def master_row(master: MasterSnapshot) -> Row:
    up = "" if master.uptime_seconds is None else f"{master.uptime_seconds:.0f} s"
    return master.host, master.port, "yes" if master.elected else "no", up, master.version or "", len(master.metrics)


def machine_row(machine: HostMetrics) -> Row:
    """Figures that the machine did not tell are blank."""
    said = machine.metrics
    memory = [said.get(f"memory.{part}") for part in ("total", "free", "buffers", "cached")]
    total, *spare = memory
    used = None if total is None or None in spare else total - sum(part or 0 for part in spare)
    fullest = max(((full(one), one.path) for one in machine.filesystems), default=(0.0, ""))
    return (
        machine.host,
        machine.role,
        figure(said.get("cpu.total"), ".1f"),
        figure(said.get("load.1min"), ".2f"),
        figure(used and used / 2**30, ".2f"),
        figure(total and total / 2**30, ".2f"),
        f"{fullest[1]} {fullest[0]:.0f} %" if fullest[1] else "",
        len(machine.interfaces),
        f"{machine.taken_at:%H:%M:%S}",
    )


def agent_row(agent: AgentSnapshot) -> Row:
    """Figures that the agent did not tell are blank; memory comes in MiB."""
    said = agent.metrics
    memory = [said.get(f"slave/mem_{part}") for part in ("used", "total")]
    return (
        agent.host,
        "yes" if agent.registered else "no",
        "" if agent.uptime_seconds is None else f"{agent.uptime_seconds:.0f} s",
        *(figure(said.get(f"slave/tasks_{state}"), ".0f") for state in ("running", "failed")),
        *(figure(said.get(f"slave/cpus_{part}"), "g") for part in ("used", "total")),
        *(figure(mib and mib / 1024, ".2f") for mib in memory),
    )


def container_row(host: str, container: ContainerReading) -> Row:
    """Figures that were not measured are blank; memory is that without file cache."""
    said = container.metrics
    times = [said.get(f"cpus_{part}_time_secs") for part in ("user", "system")]
    return (
        host,
        container.task_name or container.executor_id,
        container.container_id,
        container.parent_id,
        "" if None in times else figure(sum(part or 0 for part in times), ".2f"),
        figure(said.get("cpus_limit"), "g"),
        *(figure(size and size / 2**20, ".1f") for size in map(said.get, ("mem_rss_bytes", "mem_limit_bytes"))),
        f"{container.taken_at:%H:%M:%S}",
    )


def app_metric_table(told: Iterable[AppMetricsReading]) -> Iterator[str]:
    """One for all; none where no application tells anything."""
    rows = [row for one in told for row in app_metric_rows(one)]
    if rows:
        yield from table(APP_METRIC_HEAD, rows)


def app_metric_rows(told: AppMetricsReading) -> Iterator[Row]:
    for one in told.sets:
        tags = ", ".join(f"{tag}={value}" for tag, value in one.tags.items())
        for metric, value in one.values.items():
            yield told.host, told.container_id, tags, metric, f"{value:g}", f"{one.taken_at:%H:%M:%S}"


def flag_rows(flags: Flags) -> Iterator[Row]:
    for name, value in flags.flags.items():
        yield flags.host, "agent" if flags.agent_id else "master", name, value


def full(filesystem: FilesystemReading) -> float:
    """Percent of what its users may have; 0 where it does not say."""
    used, free = filesystem.used_bytes, filesystem.free_bytes
    return 100 * used / (used + free) if used and free is not None else 0.0


def figure(value: float | None, shape: str) -> str:
    return "" if value is None else format(value, shape)


def record_table(record: Record) -> Iterator[str]:
    if isinstance(record, ClusterVersion):
        yield from table(("version", "variant"), [(record.dcos_version or "", record.dcos_variant or "")])
    elif isinstance(record, ClusterSummary):
        yield from summary_tables(record)
    elif isinstance(record, ClusterRegistry):
        yield from registry_tables(record)
    elif isinstance(record, HealthReport):
        yield from table(("node", "role", "health", "unit", "unit health"), health_rows(record))


def summary_tables(summary: ClusterSummary) -> Iterator[str]:
    yield from table(
        ("agent", "active", "cpus", "of", "mem GiB", "of", "running"),
        (
            (
                agent.host,
                "yes" if agent.active else "no",
                f"{agent.allocated.cpus:g}",
                f"{agent.total.cpus:g}",
                f"{agent.allocated.mem_bytes / 2**30:.2f}",
                f"{agent.total.mem_bytes / 2**30:.2f}",
                agent.tasks.running,
            )
            for agent in sorted(summary.agents, key=lambda agent: agent.host)
        ),
    )
    yield from table(
        ("framework", "active", "agents", "running"),
        ((f.name, "yes" if f.active else "no", f.agents, f.tasks.running) for f in summary.frameworks),
    )


def registry_tables(registry: ClusterRegistry) -> Iterator[str]:
    left = [(agent, "unreachable", at) for agent, at in registry.unreachable.items()]
    left += [(agent, "marked gone", at) for agent, at in registry.gone.items()]
    yield from table(("agent away", "how", "since UTC"), ((agent, how, clock(at)) for agent, how, at in left))
    yield from table(
        ("machine", "mode", "from UTC", "until UTC"),
        (
            (one.hostname or one.ip, one.mode.lower(), clock(one.begins_at), clock(one.ends_at))
            for one in registry.machines
        ),
    )


def clock(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def health_rows(report: HealthReport) -> Iterator[Row]:
    words = {0: "healthy", 1: "unhealthy", 2: "warning", 3: "unknown"}
    for node in sorted(report.nodes, key=lambda node: node.host):
        if not node.units:
            yield node.host, node.role, words[node.health], "no data", ""
        for unit in sorted(node.units or (), key=lambda unit: unit.unit):
            yield node.host, node.role, words[node.health], unit.unit, words[unit.health]


def table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """Lines of a table; control characters in a cluster's text are shown as escapes, for a terminal would obey them."""
    cells = [[shown(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""


def shown(cell: object) -> str:
    return "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in str(cell))
