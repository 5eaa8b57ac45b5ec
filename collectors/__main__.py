"""python -m collectors SOURCE URL: what a cluster says, as a table or as JSON lines."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from collectors.errors import PollError
from collectors.records import (
    AgentPlace,
    ClusterSummary,
    ClusterVersion,
    FilesystemReading,
    Harvest,
    HealthReport,
    HostMetrics,
    MasterSnapshot,
    Record,
    Turn,
)
from collectors.sources import SOURCES_BY_NAME, Source, summary
from collectors.target import Kind, Target
from collectors.turns import agents_in, turns
from collectors.version import read_version

Row = tuple[object, ...]

MACHINE_HEAD: Row = ("machine", "role", "cpu %", "load", "mem GiB", "of", "fullest", "interfaces", "measured UTC")


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m collectors", description="Prints what a cluster says.")
    parser.add_argument("source", metavar="SOURCE", choices=list(SOURCES_BY_NAME), help=", ".join(SOURCES_BY_NAME))
    parser.add_argument("url", metavar="URL", help="Admin Router's URL, or a Mesos master's")
    parser.add_argument("--kind", choices=[str(kind) for kind in Kind], help="found out where it is left out")
    parser.add_argument("--master", metavar="URL", action="append", default=[], help="another master; may be repeated")
    parser.add_argument("--token-file", metavar="F", type=Path, help="a file that holds the login token")
    parser.add_argument("--ca-file", metavar="F", type=Path, help="a PEM file with the authority to trust")
    parser.add_argument("--json", action="store_true", help="one record a line, as JSON")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """The exit code: 0 for an answer, 1 for none, 2 for a call that cannot be meant."""
    given = arguments(words)
    try:
        target = target_of(given)
        source = SOURCES_BY_NAME[given.source]
        if target.kind not in source.kinds:
            raise ValueError(f"{source.name} exists on {', '.join(sorted(source.kinds))} only, this is {target.kind}")
    except (ValueError, OSError) as error:
        print(f"collectors: {error}", file=sys.stderr)
        return 2
    try:
        harvests = list(ask(source, target))
    except PollError as error:
        print(f"collectors: {error.outcome}: {error.detail}", file=sys.stderr)
        return 1
    records = [record for harvest in harvests for record in harvest.records]
    for line in as_json(records) if given.json else as_table(records):
        print(line)
    for line in chain.from_iterable(map(remarks, harvests)):
        print(line, file=sys.stderr)
    return 0


def ask(source: Source, target: Target) -> Iterator[Harvest]:
    """The source's whole cluster, shard by shard; a source that asks each agent has them from the summary. PollError."""
    tick = int(time.time()) // 60 * 60  # a full minute asks for everything a source may yield
    agents: tuple[AgentPlace, ...] = ()
    if source.agents_per_shard:
        agents = agents_in(summary.SOURCE.poll(target, Turn(tick=1, period_seconds=1)).records)
    for turn in turns(source, agents, tick=tick):
        yield source.poll(target, turn)


def target_of(given: argparse.Namespace) -> Target:
    """The target the call names. ValueError or OSError says what is wrong with it."""
    token = given.token_file.read_text().strip() if given.token_file else None
    ca_pem = given.ca_file.read_text() if given.ca_file else None
    target = Target(Kind(given.kind or Kind.DCOS), given.url, tuple(given.master), token, ca_pem)
    return target if given.kind else with_kind_found(target)


def with_kind_found(target: Target) -> Target:
    """dcos where Admin Router tells its version, else mesos."""
    with target.open(deadline_seconds=5.0) as client:
        try:
            read_version(client, target.url)
        except PollError:
            return Target(Kind.MESOS, target.url, target.master_urls, target.token, target.ca_pem)
    return target


def as_json(records: list[Record]) -> Iterator[str]:
    for record in records:
        tagged: dict[str, Any] = {"record": type(record).__name__, **msgspec.structs.asdict(record)}
        yield msgspec.json.encode(tagged).decode()


def remarks(harvest: Harvest) -> Iterator[str]:
    """What is missing from the answer, and why."""
    for node in harvest.nodes:
        if node.detail:
            yield f"{node.place}: {node.outcome}: {node.detail}"
    for reason, times in harvest.dropped.items():
        yield f"dropped {times}: {reason}"
    yield from harvest.notes


def as_table(records: list[Record]) -> Iterator[str]:
    """Every kind of record as a table of its own, columns as wide as their widest cell."""
    masters = [record for record in records if isinstance(record, MasterSnapshot)]
    if masters:
        yield from table(("master", "port", "leads", "up", "version", "metrics"), map(master_row, masters))
    machines = sorted((record for record in records if isinstance(record, HostMetrics)), key=lambda one: one.host)
    if machines:
        yield from table(MACHINE_HEAD, map(machine_row, machines))
    for record in records:
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


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` may leave before the end
    sys.exit(main(sys.argv[1:]))
