"""The readings of containers: a subject for each, below the subject of the machine it runs on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat
from numpy.typing import NDArray

from collectors.records import ContainerReading
from dashboard.models import Cluster, Subject
from dashboard.store import container_figures as figures
from dashboard.store import readings
from dashboard.store.moments import age_seconds
from dashboard.store.readings import SubjectKey
from dashboard.store.writing import Writing

CONTAINER = Subject.Kind.CONTAINER.value
HOST = Subject.Kind.HOST.value

Said = tuple[str, ContainerReading]
"""The agent's host and what it said of a container."""
Sample = tuple[int, str, ContainerReading, float | None]
"""Tick, the agent's host, what it said of the container then, and the cores that it used."""


def write_many(cluster: Cluster, samples: Sequence[Sample], *, seen_at: datetime) -> int:
    """One reading for each sample, of many ticks; returns how many. A fixed number of queries."""
    ids = _subjects(cluster, [(host, said) for _, host, said, _ in samples], seen_at)
    matrix = figures.readings(
        figures.measured([said.metrics for _, _, said, _ in samples]),
        np.array([cpus_used for *_, cpus_used in samples], dtype=float),
        [age_seconds(tick, said.taken_at) for tick, _, said, _ in samples],
    )
    ticks = (tick for tick, *_ in samples)
    return readings.write_many(figures.LAYOUT, zip(ticks, ids, matrix, strict=True))


def write(
    writing: Writing,
    said: Sequence[Said],
    known: Sequence[int | None],
    samples: figures.Matrix,
    cpus_used: NDArray[np.float64],
) -> int:
    """The same of this tick, of samples that are side by side already, as `figures.measured` puts them.

    `known` are their subjects, as far as `subject_of` told them.
    """
    found = iter(
        _subjects(writing.cluster, [one for one, pk in zip(said, known, strict=True) if pk is None], writing.now)
    )
    ids = [next(found) if pk is None else pk for pk in known]
    ages = [age_seconds(writing.tick, one.taken_at) for _, one in said]
    return readings.write_matrix(writing.tick, figures.LAYOUT, ids, figures.readings(samples, cpus_used, ages))


def subject_of(now: datetime) -> Subquery:
    """The subject of a row of Container, as `readings.subject_of` tells it."""
    here = Concat(OuterRef("host"), Value("/"), OuterRef("container_id"))
    return readings.subject_of(OuterRef("cluster"), CONTAINER, here, now=now)


def _subjects(cluster: Cluster, said: Sequence[Said], seen_at: datetime) -> list[int]:
    """The subject of each."""
    if not said:
        return []
    hosts = {host for host, _ in said}
    machines = readings.subjects(cluster, {(HOST, host): host for host in hosts}, seen_at=seen_at)
    keys = [key(host, one.container_id) for host, one in said]
    names, parents = {}, {}
    for wanted, (host, one) in zip(keys, said, strict=True):
        names[wanted], parents[wanted] = one.task_name or one.container_id, machines[HOST, host]
    ids = readings.subjects(cluster, names, seen_at=seen_at, parents=parents)
    return [ids[wanted] for wanted in keys]


def key(host: str, container_id: str) -> SubjectKey:
    """Subject of a container, `host/id`."""
    return CONTAINER, readings.key_of(f"{host}/{container_id}")
