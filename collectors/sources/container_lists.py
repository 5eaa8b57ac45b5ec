"""An agent's list of containers, as its operator API or its older endpoint tells it.

Endpoint: POST /api/v1 GET_CONTAINERS (roots, nested and standalone), GET /containers (roots only)
Document: https://mesos.apache.org/documentation/latest/operator-http-api/#get_containers-1,
          https://mesos.apache.org/documentation/latest/endpoints/slave/containers/

A nested container says whose it is in `container_id` or, in Mesos 1.11, in `container_status` only; framework and executor
it has from its root. Neither endpoint says a task's own name: it is in `source` or can be read off the executor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

import msgspec

from collectors.decoding import Dropped, count, decode, each, name, one, usual
from collectors.records import ContainerReading
from collectors.records.containers import NOTHING_MEASURED
from collectors.sources.container_entries import (
    Container,
    Document,
    Id,
    Root,
    RootWords,
    Status,
    UsualDocument,
    UsualRoot,
    Words,
)
from collectors.sources.container_statistics import Measured, Statistics, measured, of_usual
from collectors.sources.container_values import NOTHING

ID = re.compile(r"(?!\.{1,2}\Z)[^\x00-\x1f\x7f/\\\ud800-\udfff]{1,255}\Z")
COMMAND_EXECUTOR = "Command Executor ("
"""How Mesos calls the executor it starts for a task with a command; the executor's id is then the task's."""
MOST_PARENTS = 32
LARGEST_PID = 2**31
_key = attrgetter("parent_id", "container_id")


def of_operator_api(body: bytes, dropped: Dropped, *, answered_at: datetime, url: str = "") -> list[ContainerReading]:
    """Every container in the order of the answer; PollError where it is no list of containers."""
    reader = Reader(dropped, answered_at)
    document = usual(body, UsualDocument)
    if document is not None:
        listed = document.get_containers.containers or ()
        made = [
            reader.of_container(wire, wire.container_status, reader.usual(wire.resource_statistics)) for wire in listed
        ]
    else:
        entries = decode(body, Document, url=url).get_containers.containers or []
        made = [
            reader.of_container(wire, reader.status(wire.container_status), reader.measured(wire.resource_statistics))
            for _, wire in each(entries, Container, dropped, what="container")
        ]
    return heirs(distinct(made, dropped))


def of_containers(body: bytes, dropped: Dropped, *, answered_at: datetime, url: str = "") -> list[ContainerReading]:
    """The same of the older endpoint."""
    reader = Reader(dropped, answered_at)
    roots = usual(body, list[UsualRoot])
    if roots is not None:
        made = [reader.of_root(wire, wire.status, reader.usual(wire.statistics)) for wire in roots]
    else:
        entries = decode(body, list[msgspec.Raw], url=url)
        made = [
            reader.of_root(wire, reader.status(wire.status), reader.measured(wire.statistics))
            for _, wire in each(entries, Root, dropped, what="container")
        ]
    return heirs(distinct(made, dropped))


class Reader(NamedTuple):
    """Readings out of the entries of one answer."""

    dropped: Dropped
    answered_at: datetime

    def usual(self, statistics: Statistics | None) -> Measured:
        if statistics is None:
            return Measured(self.answered_at, NOTHING_MEASURED)
        return of_usual(statistics, self.dropped, answered_at=self.answered_at)

    def measured(self, raw: msgspec.Raw) -> Measured:
        return measured(raw, self.dropped, answered_at=self.answered_at)

    def status(self, raw: msgspec.Raw) -> Status | None:
        if raw is NOTHING or bytes(raw) == b"null":
            return None
        return one(raw, Status, self.dropped, what="container status")

    def of_container(self, wire: Words, status: Status | None, found: Measured) -> ContainerReading | None:
        own = wire.container_id
        return self._reading(
            own.value,
            own.parent,
            wire.framework_id.value if wire.framework_id else None,
            wire.executor_id.value if wire.executor_id else None,
            wire.executor_name,
            None,
            status,
            found,
        )

    def of_root(self, wire: RootWords, status: Status | None, found: Measured) -> ContainerReading | None:
        return self._reading(
            wire.container_id,
            None,
            wire.framework_id,
            wire.executor_id,
            wire.executor_name,
            wire.source,
            status,
            found,
        )

    def _reading(
        self,
        container_id: str,
        parent: Id | None,
        framework_id: str | None,
        executor_id: str | None,
        executor_name: str | None,
        source: str | None,
        status: Status | None,
        found: Measured,
    ) -> ContainerReading | None:
        if not is_id(container_id):
            count(self.dropped, "container: an id that Mesos does not allow")
            return None
        pid = None
        if status is not None:
            pid = status.executor_pid
            parent = parent or (status.container_id.parent if status.container_id else None)
        return ContainerReading(
            container_id=container_id,
            parent_id=parent.value if parent and is_id(parent.value) else "",
            framework_id=name(framework_id or ""),
            framework_name="",
            executor_id=name(executor_id or ""),
            executor_name=name(executor_name or ""),
            task_name=task_name(source, executor_id, executor_name),
            taken_at=found.taken_at,
            pid=pid if pid is not None and 0 < pid < LARGEST_PID else None,
            values=found.values,
        )


def is_id(value: str) -> bool:
    """Whether Mesos would take it as an id: 1–255 characters, not `.` or `..`, no control character, no slash."""
    return bool(ID.match(value))


def task_name(source: str | None, executor_id: str | None, executor_name: str | None) -> str:
    """What the framework calls it: `source`, else the executor's name, or its id where Mesos made up the name."""
    named = executor_name if executor_name and not executor_name.startswith(COMMAND_EXECUTOR) else executor_id
    return name(source or named or "")


def distinct(readings: Iterable[ContainerReading | None], dropped: Dropped) -> list[ContainerReading]:
    """Every container once, the first: ids are unique below one parent."""
    listed = [reading for reading in readings if reading is not None]
    first = {_key(reading): reading for reading in reversed(listed)}
    count(dropped, "container: listed twice", len(listed) - len(first))
    return listed if len(listed) == len(first) else [first[key] for key in dict.fromkeys(map(_key, listed))]


def heirs(readings: Iterable[ContainerReading]) -> list[ContainerReading]:
    """Nested containers with the framework and the executor of the nearest container above that says them."""
    listed = list(readings)
    if not any(reading.parent_id for reading in listed):
        return listed
    by_id = {reading.container_id: reading for reading in reversed(listed)}
    return [_heir(reading, by_id) if reading.parent_id else reading for reading in listed]


def _heir(reading: ContainerReading, by_id: Mapping[str, ContainerReading]) -> ContainerReading:
    above = _above(reading, by_id)
    if above is None:
        return reading
    return msgspec.structs.replace(
        reading,
        framework_id=above.framework_id,
        executor_id=reading.executor_id or above.executor_id,
        executor_name=reading.executor_name or above.executor_name,
    )


def _above(reading: ContainerReading, by_id: Mapping[str, ContainerReading]) -> ContainerReading | None:
    for _ in range(MOST_PARENTS):
        above = by_id.get(reading.parent_id) if reading.parent_id and not reading.framework_id else None
        if above is None or above.framework_id:
            return above
        reading = above
    return None
