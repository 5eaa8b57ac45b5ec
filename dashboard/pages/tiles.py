"""The eight panels of DC/OS's own dashboard, in its order and words: a number, what it is a number of, and its past day."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import numpy as np
from django.urls import reverse

from dashboard import figures
from dashboard.charts.sparkline import sparkline
from dashboard.models import Cluster
from dashboard.models.components import Health
from dashboard.pages import services_tile
from dashboard.pages.tile import Row, Tile, counts, span
from dashboard.queries import agents, marks, reasons, use_in_words
from dashboard.queries.capacity import LIMIT_RATIO
from dashboard.queries.components import ComponentRow, Overview
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.now import Now, ResourceTile
from dashboard.queries.readings import Rise
from dashboard.queries.use import USED, Use

ROWS = 3
COMPONENT_ROWS = 5
SPACING = timedelta(minutes=2)
"""Readings may lie so far apart: an hour that lacks no more than this at its beginning is called whole."""


def tiles(cluster: Cluster, now: Now, at: datetime) -> list[Tile]:
    """All eight, in the order DC/OS's users know."""
    stale = is_stale(now.sources["summary"])
    capacity = reverse("capacity", args=[cluster.name])
    return [
        *(_resource(resource, cluster, now.use, capacity, stale=stale) for resource in now.resources),
        _nodes(cluster, now, now.sources["summary"].sample_at or at if stale else at, stale=stale),
        services_tile.tile(cluster, now, stale=stale),
        _tasks(now, at, stale=stale),
        _components(cluster, now),
    ]


def is_stale(source: SourceAge) -> bool:
    """Whether there are figures, but too old ones to be called the present."""
    return source.freshness is Freshness.NO_DATA


def _resource(resource: ResourceTile, cluster: Cluster, use: Use, href: str, *, stale: bool) -> Tile:
    title = f"{resource.name} Allocation"
    if not resource.offered:
        return Tile(title=title, number="n/a", basis=_none_of(resource, cluster), href=href, stale=stale)
    share, _, unit = figures.percent(resource.ratio).partition(figures.NO_BREAK)
    ratio = resource.used.ratio
    used = "" if ratio is None else f" · {figures.percent(ratio)} used"
    return Tile(
        title=title,
        number=share,
        unit=f"{unit} allocated{used}" if unit else "",
        basis=f"{amounts(resource)} · active agents only" if unit else "not measured yet",
        beside=f"used: {use_in_words.told(use)}" if unit and resource.key in USED else "",
        href=href,
        spark=sparkline(resource.line.tolist(), top=1.0, limit=LIMIT_RATIO, area=resource.used_line.tolist()),
        resource=resource.key,
        spark_label=f"{resource.name} allocated, 24 h: {span(resource.line)}; used: {span(resource.used_line)}",
        stale=stale,
    )


def _none_of(resource: ResourceTile, cluster: Cluster) -> str:
    """Why there is nothing to allocate: lost agents take theirs with them, and the cluster still has it."""
    noun = resource.unit if resource.unit == "GPUs" else resource.name
    if not cluster.agents_active:
        return "no active agent"
    had_some = bool(np.isfinite(resource.line).any())
    return f"no {noun} on active agents" if had_some else f"no {noun} in this cluster"


def amounts(resource: ResourceTile) -> str:
    """Allocated of total, in the resource's unit: 12.6 of 32 cores · 2.36 TiB of 2.84 TiB."""
    if resource.unit == "bytes":
        return f"{figures.byte_size(resource.allocated)} of {figures.byte_size(resource.total)}"
    noun = resource.unit if resource.total != 1 else resource.unit.removesuffix("s")
    return f"{figures.cores(resource.allocated)} of {figures.cores(resource.total)}{figures.NO_BREAK}{noun}"


def _nodes(cluster: Cluster, now: Now, at: datetime, *, stale: bool) -> Tile:
    nodes, words = now.nodes, now.nodes.counts
    others = [f"{count} {word.lower()}" for word, count in words.items() if word != "Active"]
    gone = [f"{nodes.gone} gone in 24{figures.NO_BREAK}h"] if nodes.gone else []
    leads = "leads" if now.sources["masters"].freshness.current else "led last"
    leader = f", {now.masters.leader_host} {leads}" if now.masters.leader_host else ""
    masters = figures.counted(len(now.masters.rows) or None, "master")
    spark, said = counts(nodes.line)
    bad = [agent for agent in nodes.agents if agent.state.mark != "good"]
    rows = [_agent(cluster, agent, at) for agent in bad[:ROWS]]
    if well := words.get("Active", 0):
        word = figures.counted(well, "other agent") if bad else figures.counted(well, "agent")
        rows.append(Row(word=word, status="Active", state="good", quiet=True))
    known = now.sources["summary"].sample_at is not None
    return Tile(
        title="Nodes",
        number=figures.count(words.get("Active", 0)) if known else figures.ABSENT,
        unit=", ".join(["active", *others, *gone]) if known else "",
        basis=f"{figures.counted(len(nodes.agents) if known else None, 'agent')} · {masters}{leader}",
        href=reverse("nodes", args=[cluster.name]),
        spark=spark,
        spark_label=f"Active agents, 24 h: {said}",
        rows=rows,
        stale=stale,
    )


def _agent(cluster: Cluster, agent: agents.Agent, at: datetime) -> Row:
    since = f"{agent.state.word} {figures.age(agents.silent_for(agent, at))}"
    href = reverse("node", args=[cluster.name, agent.node.host])
    return Row(word=agent.node.host, status=since, state=agent.state.mark, href=href)


def _tasks(now: Now, at: datetime, *, stale: bool) -> Tile:
    tasks = now.tasks
    spark, said = counts(tasks.line)
    at_risk = sum(agent.tasks_at_risk for agent in now.nodes.agents if agent.lost)
    # The counters are the masters': without their answers nobody knows how many failed since.
    counted = now.sources["masters"].freshness.current
    rows = [
        _risen("Failed", tasks.failed if counted else None, at),
        _risen("Lost", tasks.lost if counted else None, at),
    ]
    if at_risk:
        rows.insert(0, Row(word="At risk on lost agents", status=figures.count(at_risk)))
    return Tile(
        title="Tasks",
        number=figures.count(tasks.running),
        unit="running" if tasks.running is not None else "",
        basis=f"{figures.count(tasks.staging)} staging, {figures.count(tasks.unreachable)} unreachable",
        spark=spark,
        spark_label=f"Running tasks, 24 h: {said}",
        rows=rows,
        stale=stale,
    )


def _risen(word: str, rise: Rise | None, at: datetime) -> Row:
    if rise is None:
        return Row(word=f"{word}, last hour", status=f"{figures.ABSENT} not known")
    whole = at - rise.since > timedelta(hours=1) - SPACING
    span = "last hour" if whole else f"since {figures.instant(rise.since, at)}"
    return Row(word=f"{word}, {span}", status=figures.count(rise.amount))


def _components(cluster: Cluster, now: Now) -> Tile:
    title, overview = "Components Health", now.components
    if overview is None:
        return Tile(title=title, number="n/a", basis="plain Mesos has no component health")
    href, source = reverse("components", args=[cluster.name]), overview.source
    if source.sample_at is None:
        why = reasons.reason(source.outcome, source.detail)
        return Tile(title=title, number=figures.ABSENT, basis=f"no report yet: {why}", href=href)
    spark, said = counts(now.components_line)
    stale = is_stale(source)
    well = sum(_shown(row, stale=stale) is marks.HEALTH[Health.HEALTHY] for row in overview.rows)
    return Tile(
        title=title,
        number=figures.count(well),
        unit=f"of {overview.total} healthy",
        basis=_report(overview, stale=stale),
        href=href,
        spark=spark,
        spark_label=f"Healthy components, 24{figures.NO_BREAK}h: {said}",
        rows=[
            *_worst_components(cluster, overview, stale=stale),
            Row(word=f"View all {overview.total} Components", href=href),
        ],
        stale=stale,
    )


def _shown(row: ComponentRow, *, stale: bool) -> Mark:
    """A component's state, or what it was when the report was last there."""
    return row.last_known if stale else row.state


def _report(overview: Overview, *, stale: bool) -> str:
    age = figures.age(overview.source.age_seconds)
    said = f"as of {age} ago, no report since" if stale else f"report {age} old"
    dark = len(overview.dark_nodes)
    return f"{said} · no data from {dark} of {figures.counted(overview.nodes, 'node')}" if dark else said


def _worst_components(cluster: Cluster, overview: Overview, *, stale: bool) -> list[Row]:
    """Those that are known to be bad by name; the rest, which one dark node alone makes many, by number."""
    states = [(row, _shown(row, stale=stale)) for row in overview.rows]
    named = [(row, state) for row, state in states if state.mark in ("bad", "warn")][:COMPONENT_ROWS]
    unknown = Counter(state.word for _, state in states if state.mark == "unk")
    return [
        *(
            Row(word=row.name, status=state.word, state=state.mark, href=reverse("unit", args=[cluster.name, row.unit]))
            for row, state in named
        ),
        *(Row(word=figures.counted(count, "component"), status=word, state="unk") for word, count in unknown.items()),
    ]
