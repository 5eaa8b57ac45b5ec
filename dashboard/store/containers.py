"""Containers: what each agent says of those it runs; rows for the present, readings for the past.

An answer is the list of what runs: a container that its agent no longer lists has ended. One with the sample of its row
again, or without any, is listed and leaves no reading: it is absent, not repeated. The containers of an agent that does
not answer stay as they were last known, until it answers or is forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from collectors.errors import Outcome
from collectors.records import AgentContainers, ContainerReading, Harvest
from collectors.sources.container_routes import Route
from dashboard import codec
from dashboard.models import Container, Framework, Node
from dashboard.store import container_figures as figures
from dashboard.store import container_readings
from dashboard.store.upserts import upsert_values
from dashboard.store.writing import Writing, Written

MOST_RUNNING = 20_000
"""So many containers of a cluster are kept at once; the newest past them are refused."""
MOST_KEPT = 200_000
"""The same with those that ended within two days: they start by the hundred thousand a day at most."""
UNLISTED_FOR = timedelta(minutes=10)
"""A container that answers left out for so long has ended, even if each of them may have left out some that run."""

LONGEST_PARTIAL = 200

UNIQUE = ["cluster", "host", "container_id"]
SAID = [
    *("agent_id", "parent_id", "framework_id", "framework_name", "executor_id", "executor_name", "task_name"),
    *("labels", "route", "partial", "listed_at", "measured_at"),
    *(*figures.RATES, *figures.GAUGES, "mem_used_bytes", "counters"),
]
COLUMNS = [*UNIQUE, *SAID, "first_seen", "ended_at"]

Key = tuple[str, str]
"""Host and container id."""


class Known(NamedTuple):
    """What is known of a container that ran until now."""

    pk: int
    host: str
    container_id: str
    agent_id: str
    parent_id: str
    framework_id: str
    listed_at: datetime
    measured_at: datetime
    counters: bytes

    @property
    def key(self) -> Key:
        return self.host, self.container_id


@dataclass(frozen=True)
class Listed:
    """A container and the answer that lists it."""

    answer: AgentContainers
    said: ContainerReading


def write(writing: Writing, answers: Iterable[AgentContainers], *, partial: Collection[str] = ()) -> Written:
    """Write what agents say of their containers. A fixed number of queries, however many.

    `partial` are the hosts whose answers may have left out containers that run: nothing ends by being left out there.
    """
    answers = list(answers)
    written = Written(refused={one.host: why for one in answers if (why := _refusal(writing, one))})
    answers = [one for one in answers if one.host not in written.refused]
    known = _known(writing, [one.host for one in answers])
    listed = _listed(answers, written)
    _keep_within_budget(writing, listed, known, written)
    fresh = {key: one for key, one in listed.items() if _is_fresh(one.said, known.get(key))}
    counters = figures.counters([one.said.metrics for one in fresh.values()])
    rates = _rates(writing, fresh, known, counters)
    _write_rows(writing, fresh, known, rates, counters)
    same = [known[key].pk for key in listed.keys() - fresh.keys()]
    Container.objects.filter(pk__in=same).update(listed_at=writing.now)
    _end(writing, answers, [row for key, row in known.items() if key not in listed], partial)
    samples = [
        (writing.tick, one.answer.host, one.said, cpus_used)
        for one, (cpus_used, *_) in zip(fresh.values(), rates, strict=True)
        if one.said.metrics
    ]
    written.kept = container_readings.write_many(writing.cluster, samples, seen_at=writing.now)
    return written


def partial_hosts(brought: Harvest) -> frozenset[str]:
    """Hosts whose answers may have left out containers. What was dropped does not say whose it was, so then it is all."""
    left_out = any(reason.startswith("container:") or reason == "other reasons" for reason in brought.dropped)
    return frozenset(node.host for node in brought.nodes if left_out or node.outcome is not Outcome.OK)


def _refusal(writing: Writing, answer: AgentContainers) -> str:
    times = [answer.taken_at, *(said.taken_at for said in answer.containers)]
    return writing.refusal(min(times)) or writing.refusal(max(times))


def _known(writing: Writing, hosts: Sequence[str]) -> dict[Key, Known]:
    """The containers that ran on these hosts until now."""
    running = Container.objects.filter(cluster=writing.cluster, host__in=hosts, ended_at=None)
    rows = map(Known._make, running.values_list(*Known._fields))
    return {row.key: row for row in rows}


def _listed(answers: Sequence[AgentContainers], written: Written) -> dict[Key, Listed]:
    """Every container once, roots first: an id is unique below one parent only, and a root is what the framework asked for."""
    listed: dict[Key, Listed] = {}
    every = [Listed(answer, said) for answer in answers for said in answer.containers]
    for one in sorted(every, key=lambda one: bool(one.said.parent_id)):
        if listed.setdefault((one.answer.host, one.said.container_id), one) is not one:
            written.dropped["container: another one of its host has its id"] += 1
    return listed


def _keep_within_budget(
    writing: Writing, listed: dict[Key, Listed], known: Mapping[Key, Known], written: Written
) -> None:
    """Leave out the newest containers past the cluster's budget: those that are not known yet. Two queries."""
    new = [key for key in listed if key not in known]
    kept = Container.objects.filter(cluster=writing.cluster)
    room = min(MOST_RUNNING - kept.filter(ended_at=None).count(), MOST_KEPT - kept.count())
    for key in new[max(0, room) :]:
        del listed[key]
        written.dropped[f"container: over {MOST_RUNNING} of one cluster"] += 1


def _is_fresh(said: ContainerReading, known: Known | None) -> bool:
    return known is None or (bool(said.metrics) and said.taken_at != known.measured_at)


def _rates(
    writing: Writing, fresh: Mapping[Key, Listed], known: Mapping[Key, Known], counters: figures.Matrix
) -> list[list[float | None]]:
    """The rates of each container from its row to the answer; None where they are not known."""
    nothing = codec.pack([None] * len(figures.COUNTERS))
    rows = [known.get(key) for key in fresh]
    before = codec.unpack([bytes(row.counters) if row else nothing for row in rows], width=len(figures.COUNTERS))
    seconds = [
        (one.said.taken_at - row.measured_at).total_seconds() if row else 0.0
        for one, row in zip(fresh.values(), rows, strict=True)
    ]
    found = figures.rates(before, counters, np.array(seconds), writing.longest_step)
    return [[None if value != value else value for value in row] for row in found.tolist()]


def _write_rows(
    writing: Writing,
    fresh: Mapping[Key, Listed],
    known: Mapping[Key, Known],
    rates: Sequence[Sequence[float | None]],
    counters: figures.Matrix,
) -> None:
    """Bring the rows up to the answers; one that had ended and is listed again runs again."""
    packed = [row.tobytes() for row in counters]
    names = _framework_names(writing)
    rows: dict[bool, list[list[Any]]] = {True: [], False: []}
    for (key, one), rate, counted in zip(fresh.items(), rates, packed, strict=True):
        rows[key in known].append(_row(writing, one, names, rate, counted))
    upsert_values(Container, COLUMNS, rows[False], unique=UNIQUE, update=[*SAID, "ended_at"])
    upsert_values(Container, COLUMNS, rows[True], unique=UNIQUE, update=SAID)


def _framework_names(writing: Writing) -> dict[str, str]:
    """By id: agents tell only the ids of the frameworks whose containers they run. One query."""
    return dict(Framework.objects.filter(cluster=writing.cluster).values_list("framework_id", "name"))


def _row(
    writing: Writing, one: Listed, names: Mapping[str, str], rates: Sequence[float | None], counters: bytes
) -> list[Any]:
    """A row's values in COLUMNS order."""
    answer, said, metrics = one.answer, one.said, one.said.metrics
    framework_name = said.framework_name or names.get(said.framework_id, "")
    return [
        *(writing.cluster.pk, answer.host, said.container_id),
        *(answer.agent_id, said.parent_id, said.framework_id, framework_name, said.executor_id),
        *(said.executor_name, said.task_name, dict(said.labels), answer.route, answer.partial[:LONGEST_PARTIAL]),
        *(writing.now, said.taken_at, *rates, *figures.gauges(metrics), figures.mem_used(metrics), counters),
        *(writing.now, None),
    ]


def _end(
    writing: Writing, answers: Sequence[AgentContainers], unlisted: Sequence[Known], partial: Collection[str]
) -> None:
    """Note which of the containers that were not listed have ended. Two queries."""
    said = {answer.agent_id: answer for answer in answers}
    there = Node.objects.filter(cluster=writing.cluster, host__in=[answer.host for answer in answers])
    agents = set(there.values_list("agent_id", flat=True))
    ended = [row.pk for row in unlisted if _has_ended(writing, row, said.get(row.agent_id), agents, partial)]
    Container.objects.filter(pk__in=ended).update(ended_at=writing.now)


def _has_ended(
    writing: Writing, row: Known, answer: AgentContainers | None, agents: Collection[str], partial: Collection[str]
) -> bool:
    if answer is None:
        # Another agent of the host answered. Its own will answer yet, or has been replaced and will not.
        return row.agent_id not in agents
    is_known_root = bool(row.framework_id and not row.parent_id)
    # The metrics service leaves out what it has no figures of just then, whether that runs or not.
    told = answer.route == Route.OPERATOR_API or (answer.route == Route.CONTAINERS and is_known_root)
    if told and answer.host not in partial:
        return True
    return writing.now - row.listed_at > UNLISTED_FOR
