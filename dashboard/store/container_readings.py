"""The readings of containers: a subject for each, below the subject of the machine it runs on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat
from numpy.typing import NDArray

from collectors.records import ContainerReading
from dashboard import subject_keys
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
    ids = subjects(cluster, [(host, said) for _, host, said, _ in samples], seen_at)
    matrix = figures.readings(
        figures.measured([said.values for _, _, said, _ in samples]),
        np.array([cpus_used for *_, cpus_used in samples], dtype=float),
        [age_seconds(tick, said.taken_at) for tick, _, said, _ in samples],
    )
    ticks = (tick for tick, *_ in samples)
    return readings.write_many(figures.LAYOUT, zip(ticks, ids, matrix, strict=True))


def write(
    writing: Writing,
    ids: Sequence[int],
    taken: NDArray[np.float64],
    samples: figures.Matrix,
    cpus_used: NDArray[np.float64],
) -> int:
    """The same of this tick, of known subjects and samples that are side by side already, as `figures.measured` puts them.

    `taken` is when, in seconds since 1970.
    """
    ages = np.round(writing.tick - taken, 3)  # as `age_seconds`
    return readings.write_matrix(writing.tick, figures.LAYOUT, ids, figures.readings(samples, cpus_used, ages))


def subject_of(now: datetime) -> Subquery:
    """The subject of a row of Container, as `readings.subject_of` tells it."""
    here = Concat(OuterRef("host"), Value("/"), OuterRef("container_id"))
    return readings.subject_of(OuterRef("cluster"), CONTAINER, here, now=now)


def subjects(cluster: Cluster, said: Sequence[Said], seen_at: datetime) -> list[int]:
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
    return CONTAINER, subject_keys.key_of(f"{host}/{container_id}")
