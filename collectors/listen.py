"""python -m collectors listen URL: what a cluster's event stream tells, a line a record, as it comes."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.records import StreamOpened, StreamRecord, TaskAdded, TaskChange
from collectors.streams import StreamKind, open_stream
from collectors.tables import shown
from collectors.target import Target

WAIT_SECONDS = 1.0


def listened(target: Target, stream: str) -> Iterator[StreamRecord]:
    """Until the stream is over, which PollError tells. `stream` is `mesos` for the leading master's, or a Marathon's key."""
    kind = StreamKind.MESOS if stream == StreamKind.MESOS else StreamKind.MARATHON
    with open_stream(target, kind, key=stream) as listening:
        while True:
            yield from listening.read(WAIT_SECONDS)


def as_line(record: StreamRecord) -> str:
    """For a terminal, which would obey control characters."""
    if isinstance(record, StreamOpened):
        return f"open: {listed(record)}"
    if isinstance(record, TaskAdded):
        task = record.task
        words: tuple[str, ...] = ("added", task.task_id, task.state, task.agent_id)
    elif isinstance(record, TaskChange):
        words = ("changed", record.task_id, record.state, record.reason, record.message)
    else:
        words = ("worth a look:", ", ".join(record.sources))
    return " ".join(shown(word) for word in words if word)


def listed(opened: StreamOpened) -> str:
    """How many tasks there were; a Marathon's stream, and one too large to read, leave them to the next poll."""
    return "tasks are not listed" if opened.tasks is None else f"{len(opened.tasks.tasks)} tasks are listed"
