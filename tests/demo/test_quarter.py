"""The demo's months: as a poller of the same world would have kept them, tier for tier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db.models import Max, Min

from collectors.simulator import Settings, World, world_of
from dashboard.demo import quarter
from dashboard.demo.settling import Figures, settle
from dashboard.models import Chunk, Cluster, Reading, Subject
from dashboard.queries.readings import series
from dashboard.queries.window import LONG_RANGES, of
from dashboard.store import compaction, readings, roll_up, use_totals
from dashboard.tiers import Tier, settled_before
from tests import builders

pytestmark = pytest.mark.django_db

BEGINS_AT = 1_800_000_000
NOW = datetime.fromtimestamp(BEGINS_AT, UTC)
USE = dict.fromkeys(use_totals.LAYOUT, 0.0) | {
    "cpus_used": 60.0,
    "cpus_measured": 208.0,
    "mem_used_bytes": 4e11,
    "mem_measured_bytes": 8e11,
    "disk_used_bytes": 3e12,
    "disk_measured_bytes": 8e12,
    "agents_measured": 12.0,
    "agents_expected": 12.0,
}


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(Settings(anchor=BEGINS_AT + 86_400), net=119)


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster("demo")


@pytest.fixture
def found(cluster: Cluster, world: World) -> dict[tuple[str, str], Figures]:
    """By kind and key of the subject."""
    use = {key: list(USE.values()) for key in ("cluster", "zone:eu-west-1", "pool:public")}
    figures = list(quarter.figures(cluster, world, BEGINS_AT, use))
    keys = Subject.objects.in_bulk([int(one.subjects[0]) for one in figures])
    return {(one.kind, keys[int(one.subjects[0])].key): one for one in figures}


def line(figures: Figures, name: str) -> np.ndarray:
    return figures.values[:, figures.layout.index(name)]


def test_the_parts_hold_together_what_the_cluster_holds(found: dict[tuple[str, str], Figures], world: World) -> None:
    whole = line(found["cluster", ""], "cpus_allocated")
    for kind in ("zone", "framework", "role"):
        parts = [line(one, "cpus_allocated") for (of_kind, _), one in found.items() if of_kind == kind]
        assert len(parts) > 2 and np.allclose(sum(parts), whole), kind
    frameworks = sorted(key for kind, key in found if kind == "framework")
    assert frameworks == [f"{world.plan.run_id}-{index:04d}" for index in range(5)]
    assert {kind for kind, _ in found} == {"cluster", "zone", "framework", "role", "use"}


def test_it_leads_up_to_what_the_world_holds_then(found: dict[tuple[str, str], Figures], world: World) -> None:
    whole = found["cluster", ""]
    moment = world.at(float(whole.ticks[-1]))
    held = sum(agent.used.cpus_milli for agent in moment.agents) / 1000
    assert line(whole, "cpus_allocated")[-1] == pytest.approx(held)
    assert line(found["use", "cluster"], "cpus_used")[-1] == pytest.approx(60, rel=0.05)


def test_it_grows_slowly_and_breathes_with_the_days(found: dict[tuple[str, str], Figures]) -> None:
    whole = found["cluster", ""]
    memory = line(whole, "mem_allocated_bytes")[whole.ticks % 3600 == 0]
    assert len(memory) == 90 * 24
    weeks = memory[: 12 * 168].reshape(12, 168).mean(axis=1)
    assert 1.1 < weeks[-1] / weeks[0] < 1.6 and all(np.diff(weeks) > -0.02 * weeks[0])
    days = memory.reshape(-1, 24)
    assert float((days.max(axis=1) / days.min(axis=1)).min()) > 1.03


def test_a_role_keeps_its_quota_all_the_time(found: dict[tuple[str, str], Figures]) -> None:
    kafka = found["role", "kafka-role"]
    assert line(kafka, "mem_limit_bytes").min() > line(kafka, "mem_guarantee_bytes").max() > 0
    assert np.isnan(line(found["role", "*"], "mem_limit_bytes")).all()


def test_each_tier_has_what_it_would_keep_by_now_and_the_first_turns_find_nothing_to_do(
    cluster: Cluster, found: dict[tuple[str, str], Figures]
) -> None:
    of_cluster = found["cluster", ""]
    settle(cluster, [of_cluster, found["use", "cluster"]], NOW)
    whole, settled = Chunk.objects.filter(subject=int(of_cluster.subjects[0])), settled_before(BEGINS_AT)
    first = {tier: whole.filter(tier=tier).aggregate(at=Min("begins_at"))["at"] for tier in Tier}
    days = {tier: (BEGINS_AT - at) / 86_400 for tier, at in first.items()}
    assert 2 <= days[Tier.RAW] < 3 and 30 <= days[Tier.FIVE_MINUTES] < 31 and 89 < days[Tier.HOURS] <= 90
    assert whole.filter(tier=Tier.RAW).aggregate(at=Max("begins_at"))["at"] == settled - 3600
    assert Reading.objects.aggregate(at=Min("tick"))["at"] == settled
    _have_no_seam(of_cluster)
    before = Chunk.objects.count(), Reading.objects.count()
    for turn in (compaction.run, roll_up.run):
        done = turn(cluster.pk, lambda: NOW)
        assert done is not None and not done.amount
    assert (Chunk.objects.count(), Reading.objects.count()) == before


def _have_no_seam(figures: Figures) -> None:
    """Every range has a figure at every step, and each is of what was given at that time."""
    subject, given = int(figures.subjects[0]), line(figures, "cpus_allocated")
    for name in ("7d", "30d", "90d"):
        read = series([subject], ["cpus_allocated"], of(name, NOW - timedelta(seconds=1), ranges=LONG_RANGES))
        values = read["cpus_allocated"]
        # The widest begins before the first figure does.
        assert np.isfinite(values[1:]).all(), name
        within = (figures.ticks >= read.window.first_tick) & (figures.ticks % 3600 == 0)
        assert float(np.nanmean(values)) == pytest.approx(float(given[within].mean()), rel=0.02), name


def test_what_was_polled_meanwhile_takes_its_place_among_the_older_figures(
    cluster: Cluster, found: dict[tuple[str, str], Figures]
) -> None:
    figures = found["cluster", ""]
    subject, tick = int(figures.subjects[0]), BEGINS_AT - 20 * 3600
    values = figures.values[0] * 0 + 7.0
    readings.write(tick, figures.layout, [(subject, values.tolist())])
    settle(cluster, [figures], NOW)
    assert not Reading.objects.filter(tick=tick).exists()
    read = series([subject], ["cpus_allocated"], of("24h", NOW, ranges=LONG_RANGES))
    assert 7.0 in read["cpus_allocated"].tolist()
