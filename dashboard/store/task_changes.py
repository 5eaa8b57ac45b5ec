"""What streams tell of tasks, written as polls would write it: a row that changes, an event for each that failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from collectors.records import StreamOpened, StreamRecord, TaskAdded, TaskChange, WorthALook
from dashboard.models import Marathon, Stream, Task
from dashboard.store import tasks
from dashboard.store.task_standing import AWAY, turn
from dashboard.store.tasks import TOLD, Failed, Key
from dashboard.store.writing import Writing

LOOK = tasks.SOURCE
TURNED = [
    *("state", "is_active", "healthy", "reason", "message", "source", "container_id"),
    *("first_status_at", "running_at", "last_status_at", "ended_at"),
]
"""What of a row a status changes."""


@dataclass
class Applied:
    """What became of a batch."""

    told: int = 0
    """How many failures became events."""
    looks: set[str] = field(default_factory=set)
    """Sources that tell whole what the stream told only in part."""


def apply(writing: Writing, stream: Stream, records: Sequence[StreamRecord]) -> Applied:
    """Write what one stream told, in its order. What begins it is a list of all tasks, and is written as a poll's is."""
    done = Applied()
    opened = max((place for place, one in enumerate(records) if isinstance(one, StreamOpened)), default=-1)
    _change(writing, stream, records[: max(opened, 0)], done)
    if opened >= 0:
        _begin(writing, records[opened], done)
    _change(writing, stream, records[opened + 1 :], done)
    done.looks.update(source for one in records if isinstance(one, WorthALook) for source in one.sources)
    return done


def openings(records: Sequence[StreamRecord]) -> int:
    """How often a stream began anew among these."""
    return sum(isinstance(one, StreamOpened) for one in records)


def _begin(writing: Writing, record: StreamRecord, done: Applied) -> None:
    """What it could not say of the time when nobody read it, a poll does."""
    if isinstance(record, StreamOpened) and record.tasks is not None:
        tasks.write(writing, record.tasks)
    else:
        done.looks.add(LOOK)


def _change(writing: Writing, stream: Stream, records: Sequence[StreamRecord], done: Applied) -> None:
    every = [one.task for one in records if isinstance(one, TaskAdded)]
    added = [task for task in every if task.is_active]
    if len(added) < len(every):
        done.looks.add(LOOK)  # ended before it was told of
    changes = [one for one in records if isinstance(one, TaskChange)]
    if added:
        there = tasks.add(writing, added)
        _look_where_they_ended(writing, there, done)
    if changes:
        _turn(writing, stream, changes, done)


def _look_where_they_ended(writing: Writing, there: Iterable[Key], done: Applied) -> None:
    """A task that is added again after it ended, or was lost, is back: how it stands the list says."""
    ids = {task_id for _, task_id in there}
    if ids and Task.objects.filter(cluster=writing.cluster, task_id__in=ids, ended_at__isnull=False).exists():
        done.looks.add(LOOK)


def _turn(writing: Writing, stream: Stream, changes: Sequence[TaskChange], done: Applied) -> None:
    """The changes one after another, each row written once. Two queries, more where tasks failed."""
    rows = _rows(writing, stream, changes)
    turned: dict[int, Task] = {}
    failed: dict[int, Task] = {}
    for said in changes:
        found = rows.get((said.framework_id or stream.key, said.task_id[:255]))
        before = found.state if found else ""
        if found is None or not turn(found, said, writing.now):
            _wonder(found, said, done)
            continue
        turned[found.pk] = found
        if found.state in TOLD and before != found.state:
            failed[found.pk] = found
    Task.objects.bulk_update(turned.values(), TURNED)
    if failed:
        done.told += tasks.tell(writing, map(_failed, failed.values()), tasks.places_of(writing))


def _wonder(found: Task | None, said: TaskChange, done: Applied) -> None:
    """A task that nobody knows, or that seems to come back, is looked up."""
    if found is None or (found.state != said.state and found.state in AWAY) or said.state in AWAY - {found.state}:
        done.looks.add(LOOK)


def _rows(writing: Writing, stream: Stream, changes: Sequence[TaskChange]) -> dict[Key, Task]:
    """Those the changes are of, by framework, in place of which a Marathon's own stand under its key, and id."""
    own = ""
    if stream.kind == Stream.Kind.MARATHON:
        ids = Marathon.objects.filter(cluster=writing.cluster, key=stream.key).values_list("framework_id", flat=True)
        own = ids.first() or ""
    found = Task.objects.filter(cluster=writing.cluster, task_id__in={said.task_id[:255] for said in changes})
    rows = {(row.framework_id, row.task_id): row for row in found}
    return rows | {(stream.key, row.task_id): row for row in found if own and row.framework_id == own}


def _failed(row: Task) -> Failed:
    ids = (row.framework_id, row.task_id, row.executor_id, row.agent_id)
    return Failed(*ids, row.name, row.state, row.reason, row.ended_at)
