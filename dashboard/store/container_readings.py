"""The readings of containers: a subject for each, below the subject of the machine it runs on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from collectors.records import ContainerReading
from dashboard.models import Cluster, Subject
from dashboard.store import container_figures as figures
from dashboard.store import readings
from dashboard.store.readings import SubjectKey

CONTAINER = Subject.Kind.CONTAINER.value
HOST = Subject.Kind.HOST.value

Sample = tuple[int, str, ContainerReading, float | None]
"""Tick, the agent's host, what it said of the container then, and the cores that it used."""


def write_many(cluster: Cluster, samples: Sequence[Sample], *, seen_at: datetime) -> int:
    """One reading for each sample; returns how many. A fixed number of queries."""
    machines = readings.subjects(cluster, {(HOST, host): host for _, host, _, _ in samples}, seen_at=seen_at)
    keys = [key(host, said.container_id) for _, host, said, _ in samples]
    names, parents = {}, {}
    for one, (_, host, said, _) in zip(keys, samples, strict=True):
        names[one], parents[one] = said.task_name or said.container_id, machines[HOST, host]
    ids = readings.subjects(cluster, names, seen_at=seen_at, parents=parents)
    return readings.write_many(
        figures.LAYOUT,
        (
            (tick, ids[one], figures.values(said, tick, cpus_used))
            for one, (tick, _, said, cpus_used) in zip(keys, samples, strict=True)
        ),
    )


def key(host: str, container_id: str) -> SubjectKey:
    """Subject of a container, `host/id`."""
    return CONTAINER, readings.key_of(f"{host}/{container_id}")
