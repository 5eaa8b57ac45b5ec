"""What the demo's apps held and used in the months before its day, as far apart as charts of that range need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from django.utils import timezone

from collectors.simulator import World, marathon_records
from collectors.simulator.long_ago import instances
from collectors.simulator.plan import App
from collectors.simulator.rhythm import noises
from dashboard import applications, subject_keys
from dashboard.codec import Matrix, Ticks
from dashboard.demo.machines_past import OF_HOSTS, ticks
from dashboard.demo.quarter import SWING_SECONDS, UNITS, USE_SWINGS
from dashboard.demo.settling import Figures
from dashboard.models import Cluster
from dashboard.store import apps, container_totals, readings


def figures(cluster: Cluster, world: World, begins_at: int, use: Mapping[str, Sequence[float]]) -> Iterator[Figures]:
    """Of every app, up to `begins_at`, when their totals were those of `use`, in container_totals.LAYOUT order."""
    at = ticks(begins_at, OF_HOSTS)
    found = instances(world, [*at.tolist(), begins_at], until=begins_at)
    for app, running in found.items():
        key = subject_keys.key_of(applications.subject_key(marathon_records.KEY, f"/{app.name}"))
        yield _line(cluster, (apps.KIND, key), apps.LAYOUT, at, _held(app, running[:-1]))
        total = applications.use_key(marathon_records.KEY, f"/{app.name}")
        if total in use and running[-1]:
            matrix = _used(world, at, running, use[total])
            yield _line(
                cluster, (container_totals.KIND.value, subject_keys.key_of(total)), container_totals.LAYOUT, at, matrix
            )


def _line(cluster: Cluster, key: readings.SubjectKey, layout: tuple[str, ...], at: Ticks, matrix: Matrix) -> Figures:
    """Its subject is there by now; it keeps its name."""
    subject = readings.subjects(cluster, {key: key[1].partition(":")[2]}, seen_at=timezone.now())[key]
    return Figures(key[0], layout, np.full(len(at), subject), at, matrix)


def _held(app: App, running: Matrix) -> Matrix:
    """In apps.LAYOUT order: all that was wanted ran, and nothing of it was unwell where somebody looked."""
    matrix = np.zeros((len(running), len(apps.LAYOUT)))
    health = (
        {"healthy": running}
        if app.is_checked
        else dict.fromkeys(("healthy", "unhealthy"), np.full_like(running, np.nan))
    )
    for name, count in {"instances": running, "running": running, **health}.items():
        matrix[:, apps.LAYOUT.index(name)] = count
    for name, amount, unit in zip(AMOUNTS, app.amount, UNITS, strict=True):
        matrix[:, apps.LAYOUT.index(name)] = running * amount * unit
    return matrix


AMOUNTS = ("cpus_allocated", "mem_allocated_bytes", "disk_allocated_bytes", "gpus_allocated")


def _used(world: World, at: Ticks, running: Matrix, values: Sequence[float]) -> Matrix:
    """What it used when the day began, for as many instances as there were, with the swings of the cluster."""
    swings = noises(world.plan.key + 3, np.append(at, at[-1]).astype(float), SWING_SECONDS)
    follow = running[:-1] / running[-1] * (1 + USE_SWINGS * (swings[:-1] - swings[-1]))
    columns = dict(zip(container_totals.LAYOUT, values, strict=True))
    matrix = np.tile(np.array(values, dtype=float), (len(at), 1))
    for name in container_totals.AMOUNTS:
        matrix[:, container_totals.LAYOUT.index(name)] = columns[name] * follow
    for name in (*container_totals.AMOUNTS.values(), "containers"):
        matrix[:, container_totals.LAYOUT.index(name)] = running[:-1]
    return matrix
