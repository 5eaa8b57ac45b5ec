"""Frameworks: one row each, upserted from a summary; what changed becomes events."""

from __future__ import annotations

from datetime import datetime

from collectors.records import ClusterSummary, FrameworkSummary
from dashboard.models import Event, Framework
from dashboard.store import task_failures, totals
from dashboard.store.writing import Writing

State = Framework.State
WAITED_FOR = (State.ACTIVE, State.REREGISTERING)
"""A new leader has each framework's tasks before the framework itself is back: for a minute that is no failure."""
COLUMNS = [
    "name",
    "state",
    "state_since",
    "last_seen",
    "agents",
    *(totals.column(resource, "allocated") for resource in totals.RESOURCES),
    *(f"tasks_{state}" for state in totals.TASK_STATES),
]


def write(writing: Writing, summary: ClusterSummary, *, whole: bool) -> None:
    """Bring every framework's row up to this summary; one that a `whole` one no longer lists has completed."""
    known = {row.framework_id: row for row in Framework.objects.filter(cluster=writing.cluster)}
    first_look = not known
    listed = {framework.framework_id: framework for framework in summary.frameworks}
    for key, framework in listed.items():
        known[key] = _update(writing, known.get(key), framework, at=summary.taken_at, silent=first_look)
    missing = [known[key] for key in known.keys() - listed.keys()] if whole else []
    ended = [row for row in missing if _miss(writing, row, at=summary.taken_at)]
    Framework.objects.bulk_create(
        [*(known[key] for key in listed), *ended],
        update_conflicts=True,
        unique_fields=["cluster", "framework_id"],
        update_fields=COLUMNS,
    )


def state_of(framework: FrameworkSummary) -> Framework.State:
    if not framework.connected:
        return State.DISCONNECTED
    return State.ACTIVE if framework.active else State.INACTIVE


def _update(
    writing: Writing, row: Framework | None, framework: FrameworkSummary, *, at: datetime, silent: bool
) -> Framework:
    if row is None:
        row = Framework(cluster=writing.cluster, framework_id=framework.framework_id, first_seen=at, state="")
    row.name = framework.name
    state = state_of(framework)
    if state is not State.ACTIVE and row.state in WAITED_FOR and _is_settling(writing, at):
        state = State.REREGISTERING
    _set_state(writing, row, state, at=at, silent=silent)
    task_failures.note_listed(writing, row, framework.tasks, at=at)
    row.agents, row.last_seen = framework.agents, at
    for resource in totals.RESOURCES:
        setattr(row, totals.column(resource, "allocated"), getattr(framework.allocated, resource))
    for counted in totals.TASK_STATES:
        setattr(row, f"tasks_{counted}", getattr(framework.tasks, counted))
    return row


def _miss(writing: Writing, row: Framework, *, at: datetime) -> bool:
    """Note that a framework is not listed; whether that changes it."""
    before = row.state
    if not _is_settling(writing, at):
        _set_state(writing, row, State.COMPLETED, at=at, silent=False)
    elif before == State.ACTIVE:
        _set_state(writing, row, State.REREGISTERING, at=at, silent=False)
    return row.state != before


def _is_settling(writing: Writing, at: datetime) -> bool:
    until = writing.cluster.reregistering_until
    return until is not None and at < until


def _set_state(writing: Writing, row: Framework, state: Framework.State, *, at: datetime, silent: bool) -> None:
    if row.state == state:
        return
    is_quiet = state is State.REREGISTERING or (row.state == State.REREGISTERING and state is State.ACTIVE)
    if not silent and not is_quiet:
        writing.event(
            Event.Kind.FRAMEWORK_STATE, row.framework_id, name=row.name, before=row.state, after=state, taken_at=at
        )
    row.state, row.state_since = state, at
