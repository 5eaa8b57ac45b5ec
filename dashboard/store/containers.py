"""Containers: what each agent says of those it runs; rows for the present, readings for the past.

An answer is the list of what runs: a container that its agent no longer lists has ended. One with the sample of its row
again, or without any, is listed and leaves no reading: it is absent, not repeated. The containers of an agent that does
not answer stay as they were last known, until it answers or is forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from dashboard.store.moments import as_text, moment
from dashboard.store.upserts import update_values, upsert_values
from dashboard.store.writing import Writing, Written

MOST_RUNNING = 20_000
"""So many containers of a cluster are kept at once; the newest past them are refused."""
MOST_KEPT = 200_000
"""The same with those that ended within two days: they start by the hundred thousand a day at most."""
UNLISTED_FOR = timedelta(minutes=10)
"""A container that answers left out for so long has ended, even if each of them may have left out some that run."""

LONGEST_PARTIAL = 200
CPUS_USED = figures.RATES.index("cpus_used")

UNIQUE = ["cluster", "host", "container_id"]
SAID = [
    *("agent_id", "parent_id", "framework_id", "framework_name", "executor_id", "executor_name", "task_name"),
    *("labels", "route", "partial", "listed_at", "measured_at"),
    *(*figures.RATES, *figures.GAUGES, "mem_used_bytes", "counters"),
]
NEW = [*SAID, *UNIQUE, "first_seen", "ended_at"]

Key = tuple[str, str]
"""Host and container id."""


class Known(NamedTuple):
    """What is known of a container that ran until now."""

    pk: int
    host: str
    container_id: str
    task_name: str
    measured: str
    """When, as the database writes it."""
    counters: bytes
    subject: int | None
    """Of its readings; None where that has to be asked for."""

    @property
    def key(self) -> Key:
        return self.host, self.container_id


class Unlisted(NamedTuple):
    """What is known of one that ran until now, and that its host's answers leave out."""

    pk: int
    agent_id: str
    parent_id: str
    framework_id: str
    listed_at: datetime


class Listed(NamedTuple):
    """A container and the answer that lists it."""

    answer: AgentContainers
    said: ContainerReading


class Fresh(NamedTuple):
    """Containers with a sample that is not in their rows yet, in one order: what it says, what it comes to."""

    listed: Mapping[Key, Listed]
    samples: figures.Matrix
    rates: figures.Matrix


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
    fresh = _fresh(writing, {key: one for key, one in listed.items() if _is_fresh(one.said, known.get(key))}, known)
    _write_rows(writing, fresh, known)
    same = [known[key].pk for key in listed.keys() - fresh.listed.keys()]
    if same:
        Container.objects.filter(pk__in=same).update(listed_at=writing.now)
    _end(writing, answers, [row.pk for key, row in known.items() if key not in listed], partial)
    written.kept = _write_readings(writing, fresh, known)
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
    said = running.annotate(measured=as_text("measured_at"), subject=container_readings.subject_of(writing.now))
    rows = map(Known._make, said.values_list(*Known._fields))
    return {row.key: row for row in rows}


def _listed(answers: Sequence[AgentContainers], written: Written) -> dict[Key, Listed]:
    """Every container once, roots first: an id is unique below one parent only, and a root is what the framework asked for."""
    listed: dict[Key, Listed] = {}
    every = [Listed(answer, said) for answer in answers for said in answer.containers]
    every.sort(key=lambda one: bool(one.said.parent_id))
    for one in every:
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
    return known is None or (bool(said.metrics) and said.taken_at != moment(known.measured))


def _fresh(writing: Writing, listed: Mapping[Key, Listed], known: Mapping[Key, Known]) -> Fresh:
    """With the rates of each container from its row to the answer; NaN where they are not known."""
    samples = figures.measured([one.said.metrics for one in listed.values()])
    nothing = codec.pack([None] * len(figures.COUNTERS))
    rows = [known.get(key) for key in listed]
    before = codec.unpack([bytes(row.counters) if row else nothing for row in rows], width=len(figures.COUNTERS))
    seconds = [
        (one.said.taken_at - moment(row.measured)).total_seconds() if row else 0.0
        for one, row in zip(listed.values(), rows, strict=True)
    ]
    rates = figures.rates(before, figures.counters(samples), np.array(seconds), writing.longest_step)
    return Fresh(listed, samples, rates)


def _write_rows(writing: Writing, fresh: Fresh, known: Mapping[Key, Known]) -> None:
    """Bring the rows up to the answers; one that had ended and is listed again runs again."""
    names = _framework_names(writing)
    present = figures.present(fresh.samples, fresh.rates, figures.mems_used(fresh.samples))
    counters = [row.tobytes() for row in figures.counters(fresh.samples)]
    new, changed = [], []
    for (key, one), shown, counted in zip(fresh.listed.items(), present, counters, strict=True):
        said = [*_said(writing, one, names), *shown, counted]
        row = known.get(key)
        if row is None:
            new.append([*said, writing.cluster.pk, *key, writing.now, None])
        else:
            changed.append([*said, row.pk])
    upsert_values(Container, NEW, new, unique=UNIQUE, update=[*SAID, "ended_at"])
    update_values(Container, SAID, changed)


def _framework_names(writing: Writing) -> dict[str, str]:
    """By id: agents tell only the ids of the frameworks whose containers they run. One query."""
    return dict(Framework.objects.filter(cluster=writing.cluster).values_list("framework_id", "name"))


def _said(writing: Writing, one: Listed, names: Mapping[str, str]) -> list[Any]:
    """What a row holds in words and times, in SAID order."""
    answer, said = one
    framework_name = said.framework_name or names.get(said.framework_id, "")
    return [
        *(answer.agent_id, said.parent_id, said.framework_id, framework_name, said.executor_id, said.executor_name),
        *(said.task_name, said.labels, answer.route, answer.partial[:LONGEST_PARTIAL], writing.now, said.taken_at),
    ]


def _write_readings(writing: Writing, fresh: Fresh, known: Mapping[Key, Known]) -> int:
    """One for each sample that tells anything."""
    told, said, subjects = [], [], []
    for place, (key, (_, one)) in enumerate(fresh.listed.items()):
        if one.metrics:
            row = known.get(key)
            told.append(place)
            said.append((key[0], one))
            # Its subject is called by the name of its task: another name has to be written.
            subjects.append(row.subject if row is not None and row.task_name == one.task_name else None)
    return container_readings.write(writing, said, subjects, fresh.samples[told], fresh.rates[told, CPUS_USED])


def _end(
    writing: Writing, answers: Sequence[AgentContainers], unlisted: Sequence[int], partial: Collection[str]
) -> None:
    """Note which of the containers that were not listed have ended. Three queries where there are any."""
    if not unlisted:
        return
    rows = map(Unlisted._make, Container.objects.filter(pk__in=unlisted).values_list(*Unlisted._fields))
    said = {answer.agent_id: answer for answer in answers}
    there = Node.objects.filter(cluster=writing.cluster, host__in=[answer.host for answer in answers])
    agents = set(there.values_list("agent_id", flat=True))
    ended = [row.pk for row in rows if _has_ended(writing, row, said.get(row.agent_id), agents, partial)]
    Container.objects.filter(pk__in=ended).update(ended_at=writing.now)


def _has_ended(
    writing: Writing, row: Unlisted, answer: AgentContainers | None, agents: Collection[str], partial: Collection[str]
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
