"""The months of the demo's apps: they lead up to the day, and grow with the cluster."""

from __future__ import annotations

import numpy as np
import pytest

from collectors.simulator import Settings, World, marathon_records, world_of
from dashboard.demo import apps_past, quarter
from dashboard.demo.settling import Figures
from dashboard.models import Cluster, Subject
from dashboard.store import container_totals, summary
from tests import builders

pytestmark = pytest.mark.django_db

BEGINS_AT = 1_800_000_000
USE = dict.fromkeys(container_totals.LAYOUT, 1.0) | {"cpus_used": 2.5, "mem_used_bytes": 4e9}


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(Settings(anchor=BEGINS_AT + 86_400), net=119)


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster("demo")


@pytest.fixture
def found(cluster: Cluster, world: World) -> dict[tuple[str, str], Figures]:
    figures = list(apps_past.figures(cluster, world, BEGINS_AT, {"app:marathon:/search": list(USE.values())}))
    keys = Subject.objects.in_bulk([int(one.subjects[0]) for one in figures])
    return {(one.kind, keys[int(one.subjects[0])].key): one for one in figures}


def line(figures: Figures, name: str) -> np.ndarray:
    return figures.values[:, figures.layout.index(name)]


def test_the_last_figures_are_those_of_the_moment_at_which_the_day_begins(
    found: dict[tuple[str, str], Figures], world: World
) -> None:
    told = {f"marathon:{one.app_id}": one for one in marathon_records.apps(world, BEGINS_AT - 600).apps if one.running}
    own = {key: one for (kind, key), one in found.items() if kind == "app"}
    assert {key: line(one, "running")[-1] for key, one in own.items()} == {key: a.running for key, a in told.items()}
    search = own["marathon:/search"]
    assert line(search, "cpus_allocated")[-1] == told["marathon:/search"].running * told["marathon:/search"].each.cpus
    assert line(search, "mem_allocated_bytes")[-1] == pytest.approx(
        told["marathon:/search"].running * told["marathon:/search"].each.mem_bytes
    )


def test_health_was_told_of_those_that_are_checked_only(found: dict[tuple[str, str], Figures], world: World) -> None:
    checked = {f"marathon:{one.app_id}": one.has_health_checks for one in marathon_records.apps(world, BEGINS_AT).apps}
    told = {key: bool(np.isfinite(line(one, "healthy")).all()) for (kind, key), one in found.items() if kind == "app"}
    assert told == {key: checked[key] for key in told} and len(set(told.values())) == 2


def test_apps_hold_together_what_their_framework_held(
    cluster: Cluster, found: dict[tuple[str, str], Figures], world: World
) -> None:
    whole = next(
        one
        for one in quarter.figures(cluster, world, BEGINS_AT, {})
        if one.layout == summary.READING_LAYOUT
        and Subject.objects.get(pk=int(one.subjects[0])).key == f"{world.plan.run_id}-0000"
    )
    own = [one for (kind, _), one in found.items() if kind == "app"]
    _, here, there = np.intersect1d(own[0].ticks, whole.ticks, return_indices=True)
    assert len(here) > 2_000
    together = sum(line(one, "cpus_allocated")[here] for one in own)
    assert np.allclose(together, line(whole, "cpus_allocated")[there])


def test_use_ends_at_what_was_measured_and_follows_the_instances(found: dict[tuple[str, str], Figures]) -> None:
    used, held = found["container_use", "app:marathon:/search"], found["app", "marathon:/search"]
    assert line(used, "cpus_used")[-1] == pytest.approx(2.5, rel=0.05)
    assert line(used, "containers").tolist() == line(held, "running").tolist()
    assert line(used, "cpus_used")[0] < 0.85 * line(used, "cpus_used")[-1]
    assert [key for kind, key in found if kind == "container_use"] == ["app:marathon:/search"]
