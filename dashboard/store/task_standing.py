"""Which of two words about a task holds: polls and streams tell the same, late, twice and in any order. Pure.

Times of statuses are compared with each other, never with ours: they bear the clocks of agents and masters. What ended for
good stays so, because only its own words could be older. A task that was given up for lost may come back with a status from
before its loss, so that there the moment of the answer decides.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from collectors.records import TaskChange, TaskRecord
from dashboard.models import Task
from dashboard.store.moments import moment

FINAL = frozenset({"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_DROPPED", "TASK_GONE"})
"""No task leaves these. One that is lost, or gone by an operator's word, may come back with its agent."""
AWAY = frozenset({"TASK_UNREACHABLE", "TASK_LOST", "TASK_UNKNOWN", "TASK_GONE_BY_OPERATOR"})
"""Said by a master of what it cannot see."""
ORDER = ("TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", *sorted(AWAY))
RANK = {state: rank for rank, state in enumerate(ORDER)}
"""Of two states of one moment the later in a task's life holds."""
NEVER = datetime.min.replace(tzinfo=UTC)


class Known(NamedTuple):
    """What of a task's row a list of tasks is compared with."""

    framework_id: str
    task_id: str
    pk: int
    state: str
    healthy: bool | None
    reason: str
    last_status: str | None
    """When, as the database writes it."""
    ended: str | None
    """The same; None while it has not."""
    app: int | None

    @property
    def at(self) -> datetime:
        return moment(self.last_status) if self.last_status else NEVER

    @property
    def ended_at(self) -> datetime:
        return moment(self.ended) if self.ended else NEVER


def learns(known: Known, one: TaskRecord, app: int | None, taken_at: datetime) -> bool:
    """Whether a row takes over what a list that was taken at that time says of its task."""
    at = one.last_status_at or NEVER
    if known.state in FINAL:
        return _learns_of_its_end(known, one, at)
    if one.state in FINAL:
        return True
    if known.ended and one.is_active:
        return taken_at > known.ended_at
    same = (known.state, known.healthy, known.app) == (one.state, one.healthy, app)
    if known.state in AWAY and one.state != known.state and taken_at > known.at:
        return True
    said, standing = (at, rank(one.state)), (known.at, rank(known.state))
    return said > standing or (said == standing and not same)


def _learns_of_its_end(known: Known, one: TaskRecord, at: datetime) -> bool:
    """Of the same end more may be known than before. Only a task that began after that end is another of its id."""
    if one.state == known.state:
        return at > known.at or (bool(one.reason) and not known.reason)
    if one.state in FINAL:
        return at > known.at
    return one.is_active and one.first_status_at is not None and one.first_status_at > known.ended_at


def rank(state: str) -> int:
    return RANK.get(state, RANK["TASK_RUNNING"])


def turn(row: Task, said: TaskChange, now: datetime) -> bool:
    """Bring a row up to what a stream says of its task; False where that changes nothing of it.

    A Marathon's clock is its own: what it tells moves a task on, and leaves the time of the last status to Mesos.
    """
    by_mesos = bool(said.framework_id)
    if said.state in FINAL:
        return _end(row, said, now, by_mesos=by_mesos)
    if row.state in FINAL or not _is_later(row, said, by_mesos=by_mesos):
        return False
    row.state, row.is_active = said.state[:32], said.is_active
    row.ended_at = None if said.is_active else (said.status_at or now)
    if by_mesos:
        row.last_status_at = said.status_at or row.last_status_at
        row.healthy = said.healthy
        row.reason, row.message, row.source = said.reason[:64], said.message[:4000], said.source[:32]
    if said.state == "TASK_RUNNING" and row.running_at is None and by_mesos:
        row.running_at = said.status_at
    if row.first_status_at is None and by_mesos:
        row.first_status_at = said.status_at
    row.container_id = said.container_id[:255] or row.container_id
    return True


def _is_later(row: Task, said: TaskChange, *, by_mesos: bool) -> bool:
    if not by_mesos:
        # Whether it is lost, or is back, Mesos says itself.
        ahead = rank(said.state) > rank(row.state)
        return ahead and row.ended_at is None and not {row.state, said.state} & AWAY
    at, standing = said.status_at or NEVER, row.last_status_at or NEVER
    if (at, rank(said.state)) == (standing, rank(row.state)):
        return said.healthy is not None and said.healthy != row.healthy
    return (at, rank(said.state)) > (standing, rank(row.state))


def _end(row: Task, said: TaskChange, now: datetime, *, by_mesos: bool) -> bool:
    """An end that is known already is only completed: with the words that were missing, or with Mesos' own time of it."""
    before = (row.state, row.reason, row.message, row.source, row.last_status_at, row.ended_at)
    if row.state in FINAL and row.state != said.state:
        return False
    if row.state not in FINAL:
        row.reason = row.message = row.source = ""
        row.state, row.is_active, row.ended_at = said.state, False, now
    if by_mesos and said.status_at is not None and said.status_at > (row.last_status_at or NEVER):
        row.last_status_at = row.ended_at = said.status_at
    row.reason = row.reason or said.reason[:64]
    row.message = row.message or said.message[:4000]
    row.source = row.source or said.source[:32]
    return before != (row.state, row.reason, row.message, row.source, row.last_status_at, row.ended_at)
