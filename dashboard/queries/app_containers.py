"""What the containers of an app's instances use over time: each of them, and all that run together.

Together is of the instances that run now: a step in which one of them lived and was not measured has no sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard import subject_keys
from dashboard.models import App, Container, Subject, Task
from dashboard.queries import container_history
from dashboard.queries.container_history import COUNTERS, GAUGES, History, Measured, Values
from dashboard.queries.readings import loaded
from dashboard.queries.window import Window

MOST_INSTANCES = 50
"""So many are read; of an app with more the sum would be of these only, so it is not told."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    task: Task
    container: Container
    history: History


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """Of instances whose containers an agent lists, by task id."""

    window: Window
    running: int
    """Instances that run, listed by an agent or not."""
    instances: tuple[Instance, ...]
    together: History | None
    """None where there is no container, or not all of those that run are among the instances."""


def of(app: App, window: Window) -> Measurements:
    """Four queries and as many as `loaded`."""
    running = Task.objects.filter(app=app, ended_at=None)
    tasks = list(running.order_by("task_id")[:MOST_INSTANCES])
    found = _containers(app, tasks)
    keys = {subject_keys.key_of(f"{one.host}/{one.container_id}"): one.pk for one in found.values()}
    subjects = Subject.objects.filter(cluster=app.cluster_id, kind=Subject.Kind.CONTAINER, key__in=keys)
    ids = {keys[key]: pk for pk, key in subjects.values_list("pk", "key")}
    read = loaded(sorted(ids.values()), window, names=container_history.NAMES)
    listed = [(task, one) for task in tasks if (one := found.get((task.host, task.container_id)))]
    told = {one.pk: container_history.measured(read, ids.get(one.pk, 0)) for _, one in listed}
    count = len(tasks) if len(tasks) < MOST_INSTANCES else running.count()
    return Measurements(
        window=read.window,
        running=count,
        instances=tuple(
            Instance(
                task=task,
                container=one,
                history=container_history.of(told[one.pk], read.window, one.first_seen, one.ended_at),
            )
            for task, one in listed
        ),
        together=_together([one for _, one in listed], told, read.window) if listed and len(listed) == count else None,
    )


def _containers(app: App, tasks: Iterable[Task]) -> dict[tuple[str, str], Container]:
    """By host and id. One query."""
    ids = [task.container_id for task in tasks if task.container_id]
    found = Container.objects.filter(cluster=app.cluster_id, container_id__in=ids).defer("counters")
    return {(one.host, one.container_id): one for one in found}


def _together(containers: Sequence[Container], told: dict[int, Measured], window: Window) -> History:
    unique = {one.pk: one for one in containers}
    moments = window.first_tick + np.arange(window.steps) * window.step_seconds
    alive = [moments >= one.first_seen.timestamp() for one in unique.values()]
    own = [told[pk] for pk in unique]
    gauges = {name: _sum([one.gauges[name] for one in own], alive) for name in GAUGES}
    rates = {name: _sum([one.rates[name] for one in own], alive) for name in COUNTERS}
    return container_history.of(Measured(gauges, rates), window, min(one.first_seen for one in containers), None)


def _sum(each: Sequence[Values], alive: Sequence[NDArray[np.bool_]]) -> Values:
    """Of those that lived; NaN where one of them was not measured, and where none lived."""
    lived = np.any(alive, axis=0)
    total: Values = np.sum([np.where(lives, values, 0.0) for values, lives in zip(each, alive, strict=True)], axis=0)
    return np.where(lived, total, np.nan)
