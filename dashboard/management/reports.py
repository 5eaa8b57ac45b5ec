"""What `manage.py report` says of a node or a task: found by what it is called, read, and put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from django.core.management.base import CommandError

from dashboard import figures
from dashboard.hostile_text import visible
from dashboard.management.report_lines import Report
from dashboard.models import Cluster, Task
from dashboard.queries import (
    app_metrics,
    containers,
    dcos_cli,
    dcos_cli_task,
    freshness,
    machine,
    machine_in_words,
    named_things,
    reasons,
    tasks,
)
from dashboard.queries import task as one_task
from dashboard.queries.freshness import SourceAge
from dashboard.queries.named_things import MOST_NAMED, Place

NODE = "a host, an agent id or a hostname"
TASK = "a task's id, and how one begins"


def node(clusters: Sequence[Cluster], named: str, now: datetime, *, details: bool) -> Report:
    """Raises CommandError."""
    places = named_things.nodes(clusters, named)
    if len(places) > 1:
        _ambiguous("node", named, [_place(one) for one in places])
    found = machine.node(places[0].cluster, places[0].host, now) if places else None
    if found is None:
        _unknown("node", NODE, named, clusters)
    cluster, use = places[0].cluster, found.allocating.use
    values = dcos_cli.read(cluster, found.host) if found.machine else {}
    agent_id = found.agent.node.agent_id if found.agent else ""
    return Report(
        title=f"Node {found.host} of {cluster.name}",
        facts=[("state", machine_in_words.verdict(found, now)[0].word), ("agent", agent_id)],
        measured_at=found.machine.measured_at if found.machine else None,
        current=use is not None,
        old="" if use else machine_in_words.why_unmeasured(found),
        command=f"{dcos_cli.SUMMARY} {agent_id or found.host}",
        summary=dcos_cli.summary(found, values) if values else [],
        details=dcos_cli.details(found, values) if values else [],
        with_details=details,
    )


def task(clusters: Sequence[Cluster], named: str, now: datetime, *, details: bool) -> Report:
    """Raises CommandError."""
    named_so = named_things.tasks(clusters, named)
    if len(named_so) > 1:
        _ambiguous("task", named, [f"{one.task_id} of {one.cluster.name}, {_state(one)}" for one in named_so])
    if not named_so:
        _unknown("task", TASK, named, clusters)
    own, cluster = named_so[0], named_so[0].cluster
    sources = freshness.of(cluster, now)
    found = one_task.one(cluster, own.framework_id, own.task_id, sources, now)
    if found is None:  # it was forgotten a moment ago
        _unknown("task", TASK, named, clusters)
    values, container = dcos_cli_task.read(cluster, own), found.container
    current = container is not None and container.current
    return Report(
        title=f"Task {own.task_id} of {cluster.name}",
        facts=[
            ("state", found.row.state.word),
            ("framework", found.row.framework),
            ("host", own.host),
            ("container", own.container_id),
            ("listed", _when(sources[tasks.SOURCE].sample_at, now)),
        ],
        measured_at=container.container.measured_at if container else None,
        current=current,
        old="" if current else _why_old(own, sources[containers.SOURCE], now),
        command=f"{dcos_cli_task.SUMMARY} {own.task_id}",
        summary=dcos_cli_task.summary(own, container, values) if values else [],
        details=dcos_cli_task.details(values, app_metrics.newest_told(container, now)),
        with_details=details,
    )


def _place(one: Place) -> str:
    return f"{one.host} of {one.cluster.name}{f', agent {one.agent_id}' if one.agent_id else ''}"


def _when(at: datetime | None, now: datetime) -> str:
    return "" if at is None else f"{figures.iso(at)}, {figures.ago(now - at)}"


def _state(own: Task) -> str:
    return own.state if own.ended_at is None else f"{own.state}, ended {figures.iso(own.ended_at)}"


def _why_old(own: Task, source: SourceAge, now: datetime) -> str:
    if own.ended_at is not None:
        return f"the task ended {figures.ago(now - own.ended_at)}"
    return reasons.why_old(source.outcome, source.detail)


def _ambiguous(what: str, named: str, found: Sequence[str]) -> NoReturn:
    """Raises CommandError with the candidates."""
    shown = "".join(f"\n  {visible(one, one_line=True)}" for one in found[:MOST_NAMED])
    more = "\n  and more" if len(found) > MOST_NAMED else ""
    called = visible(named, one_line=True)
    raise CommandError(
        f"{called} is not one {what}: name it whole, or its cluster by --cluster.{shown}{more}".replace("\u00a0", " "),
        returncode=1,
    )


def _unknown(what: str, looked_for: str, named: str, clusters: Sequence[Cluster]) -> NoReturn:
    """Raises CommandError: what was looked for, where, and what to do."""
    where = ", ".join(one.name for one in clusters)
    raise CommandError(
        f"No {what} is called {visible(named, one_line=True)}. Looked for as {looked_for}, in {where}: among what Day Two "
        f"has read. If it is new, wait a minute, or ask now with `manage.py poll {clusters[0].name}`.",
        returncode=1,
    )
