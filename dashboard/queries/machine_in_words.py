"""What the page of a node says before it shows: how it is, what follows from that, and why use is missing. Pure."""

from __future__ import annotations

from datetime import datetime

from dashboard import figures
from dashboard.queries import reasons
from dashboard.queries.machine import Node
from dashboard.queries.marks import Mark
from dashboard.queries.nodes import NodeRow
from dashboard.queries.use import SOURCE

NAMED = 3


def verdict(found: Node, now: datetime) -> tuple[Mark, str]:
    """The node in a word and a sentence: the worst that is known of it."""
    row = found.row
    if row.silent or row.state.mark in ("warn", "unk", "mute"):
        return row.state, _state(found, now)
    sick = [unit for unit in found.units if unit.state.mark == "bad"]
    if sick:
        names = ", ".join(unit.name for unit in sick[:NAMED])
        more = f" and {len(sick) - NAMED} more" if len(sick) > NAMED else ""
        since = figures.duration(now - min(unit.since for unit in sick))
        return Mark("bad", "Unhealthy"), f"{names}{more} unhealthy for {since}"
    full = [disk for disk in found.disks if disk.nearly_full]
    if full:
        share = figures.percent(max(full[0].used_ratio or 0.0, full[0].inodes_ratio or 0.0))
        return Mark("warn", "Nearly full"), f"{full[0].filesystem.path} is {share} full"
    return row.state, _state(found, now)


def _state(found: Node, now: datetime) -> str:
    """Since when the worst of it is so, and what that puts at risk."""
    row = found.row
    if row.master is not None:
        uptime = row.master.uptime_seconds
        return row.master.reason or (f"process up {figures.duration(uptime)}" if uptime is not None else "")
    agent = found.agent
    if agent is None:
        return ""
    since = agent.node.state_since
    lasting = f"since {figures.instant(since, now)}, {figures.duration(now - since)}"
    if row.state.mark == "unk":
        seen = agent.node.last_seen
        return f"last seen {agent.state.word.lower()} at {figures.instant(seen, now)}, {figures.ago(now - seen)}"
    if row.lost and agent.tasks_at_risk:
        return f"{lasting}; {figures.counted(agent.tasks_at_risk, 'task')} at risk"
    return lasting


def at_risk(found: Node) -> str:
    """What is lost with a lost agent, as Mesos last knew it; empty for one that is not lost."""
    agent = found.agent
    if agent is None or not agent.lost:
        return ""
    node = agent.node
    amounts = (
        figures.counted_cores(node.cpus_allocated),
        f"{figures.byte_size(node.mem_allocated_bytes)} of memory",
        f"{figures.byte_size(node.disk_allocated_bytes)} of disk",
    )
    tasks = figures.counted(agent.tasks_at_risk, "task")
    return (
        f"{tasks} may be gone or cut off, with {', '.join(amounts)} allocated, as Mesos last counted them here. "
        "If the agent stays silent its tasks are declared lost, and their frameworks start them elsewhere."
    )


def title(row: NodeRow) -> str:
    """What it is: private agent, public agent or master, and where."""
    place = [row.region, row.zone]
    kind = "Master" if row.kind == "master" else f"{row.kind.capitalize()} agent"
    return " · ".join([kind, *(part for part in place if part)])


def size(found: Node) -> str:
    """What the machine has: 16 cores, 60 GiB of memory; empty before it was measured."""
    machine = found.machine
    if machine is None:
        return ""
    parts = []
    if machine.cores is not None:
        parts.append(f"{figures.cores(machine.cores)}{figures.NO_BREAK}cores")
    if machine.mem_total_bytes is not None:
        parts.append(f"{figures.byte_size(machine.mem_total_bytes)} of memory")
    return ", ".join(parts)


def why_unmeasured(found: Node) -> str:
    """Why there is no figure of use now; empty while there are some."""
    if found.row.measured.current:
        return ""
    if SOURCE not in found.sources:
        return "plain Mesos has no metrics of machines, only what it allocates itself"
    if found.collected is None:
        return "it has not been asked by itself yet"
    return reasons.why_old(found.collected.outcome, found.collected.detail)
