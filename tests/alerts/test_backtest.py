from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.alerts import backtest as tried
from dashboard.alerts import catalogue, trial
from dashboard.alerts.backtest import Backtest, NoHistory, backtest
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Alert, Cluster, Event, Notice, Reading, Rule, Subject
from dashboard.store import readings
from tests import builders
from tests.builders import NOON
from tests.cost import least_cpu_seconds

pytestmark = pytest.mark.django_db
Kind = Subject.Kind
DAY = 86_400


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def past(
    of: Cluster,
    kind: Kind,
    keys: list[str],
    names: tuple[str, ...],
    series: list[Any],
    *,
    step: int,
    parents: bool = False,
) -> None:
    """A reading for each subject at each step, the last of them at noon; rows of `series` are lists of value tuples."""
    ids = readings.subjects(of, {(kind.value, key): key for key in keys}, seen_at=NOON)
    first = int(NOON.timestamp()) - step * (len(series[0]) - 1)
    readings.write_many(
        names,
        [
            (first + step * at, ids[kind.value, key], values)
            for key, row in zip(keys, series, strict=True)
            for at, values in enumerate(row)
            if values is not None
        ],
    )


def rule(kind: Kind, metric: str, **columns: Any) -> Rule:
    said = {"key": "own-1", "own": True, "warning": 0.9, "warning_on": True, **columns}
    return Rule(subject_kind=kind, metric=metric, **said)


SHARE = ("mem_allocated_bytes", "mem_total_bytes")


def month(of: Cluster, shares: list[float], step: int = 300) -> None:
    past(of, Kind.CLUSTER, [""], SHARE, [[(share * 100, 100.0) for share in shares]], step=step)


def text(found: Backtest) -> str:
    return tried.title(found).replace("\u00a0", " ")


def test_a_rule_of_the_catalogue_is_tried_on_a_month_and_nothing_is_written(cluster: Cluster) -> None:
    day = DAY // 300
    shares = [0.7] * (30 * day)
    shares[5 * day : 5 * day + 24] = [0.95] * 24
    shares[20 * day : 20 * day + 12] = [0.93] * 12
    month(cluster, shares)
    proposed = catalogue.row(BY_KEY["R20"])
    with CaptureQueriesContext(connection) as queries:
        found = backtest(cluster, proposed, NOON, days=30)
    assert [round(one.worst, 2) for one in found.episodes] == [0.93, 0.95]
    assert text(found).startswith("It would have fired 2 times in 30 d")
    assert (found.judged_seconds, len(queries) <= 7) == (300, True)
    assert not any(query["sql"].lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) for query in queries)
    assert not (Alert.objects.exists() or Event.objects.exists() or Notice.objects.exists() or proposed.pk)


def test_the_line_is_the_worst_subject_and_short_enough_to_be_drawn(cluster: Cluster) -> None:
    day = DAY // 300
    quiet, busy = [(50.0, 100.0)] * (10 * day), [(50.0, 100.0)] * (10 * day)
    busy[4 * day] = (97.0, 100.0)
    past(cluster, Kind.ZONE, ["a", "b"], SHARE, [quiet, busy], step=300)
    found = backtest(cluster, rule(Kind.ZONE, "mem_allocated_bytes÷mem_total_bytes"), NOON, days=30)
    assert (found.subjects, [one.subject for one in found.episodes]) == (2, ["b"])
    assert found.window.steps <= 720
    assert np.nanmax(found.values) == 0.97
    assert len(found.values) == found.window.steps
    assert found.since is not None
    assert abs(found.since - (NOON - timedelta(days=10))) < timedelta(hours=1)


def test_other_limits_are_tried_in_the_same_pass(cluster: Cluster) -> None:
    month(cluster, [0.7] * 600 + [0.88] * 30 + [0.7] * 600 + [0.97] * 30 + [0.7] * 30)
    found = backtest(cluster, rule(Kind.CLUSTER, "mem_allocated_bytes÷mem_total_bytes"), NOON, days=7)
    assert [(one.text.replace("\u00a0", " "), one.fired) for one in found.others] == [
        ("above 80 %", 2),
        ("above 85 %", 2),
        ("above 95 %", 1),
    ]
    assert found.fired == 1


def test_what_it_cannot_tell_is_said(cluster: Cluster) -> None:
    past(cluster, Kind.HOST, ["10.0.0.1"], ("load.5min", "cores"), [[(1.0, 4.0)] * 60], step=60)
    proposed = rule(Kind.HOST, "load.5min÷cores", for_seconds=60, warning=2.0)
    notes = " ".join(backtest(cluster, proposed, NOON, days=30).notes).replace("\u00a0", " ")
    assert "1 min is too short to be told apart in steps of 1 min" in notes
    assert "Figures of this kind that are fine enough, and not too many to look at, reach back 2 d." in notes


def test_a_rule_with_both_severities_off_is_tried_with_those_it_has(cluster: Cluster) -> None:
    month(cluster, [0.7] * 100 + [0.95] * 30)
    off = rule(Kind.CLUSTER, "mem_allocated_bytes÷mem_total_bytes", warning_on=False)
    found = backtest(cluster, off, NOON, days=7)
    assert (found.fired, found.limits, off.warning_on) == (1, (("warning", 0.9),), False)


def test_times_without_figures_are_gaps_and_fire_nothing(cluster: Cluster) -> None:
    rows: list[Any] = [(70.0, 100.0)] * 50 + [None] * 50 + [(70.0, 100.0)] * 50
    past(cluster, Kind.CLUSTER, [""], SHARE, [rows], step=300)
    below = rule(Kind.CLUSTER, "mem_allocated_bytes÷mem_total_bytes", comparison="below", warning=0.5)
    found = backtest(cluster, below, NOON, days=7)
    assert found.fired == 0
    assert np.isnan(found.values).sum() > 40
    assert text(found) == "It would not have fired in 12 h 25 min"


def test_nothing_measured_is_not_nothing_fired(cluster: Cluster) -> None:
    found = backtest(cluster, rule(Kind.CLUSTER, "tasks_running"), NOON, days=7)
    assert (found.since, text(found)) == (None, "Nothing was measured in this time")


def test_the_leader_is_whoever_led_and_standbys_count_as_nothing(cluster: Cluster) -> None:
    names = ("master/event_queue_dispatches", "master/elected")
    first = [(500.0, 1.0)] * 60 + [(0.0, 0.0)] * 60
    second = [(0.0, 0.0)] * 60 + [(20.0, 1.0)] * 60
    past(cluster, Kind.MASTER, ["a:5050@1", "b:5050@1"], names, [first, second], step=10)
    found = backtest(cluster, catalogue.row(BY_KEY["R25"]), NOON, days=1)
    assert found.subjects == 1
    measured = found.values[np.isfinite(found.values)]
    assert (measured.max(), measured.min()) == (500.0, 20.0)


def test_an_increase_is_taken_over_its_window_and_a_reset_counts_from_zero(cluster: Cluster) -> None:
    counter = [
        (float(value), 1e5 + 60 * at) for at, value in enumerate([0, 0, 5, 9, 9, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    ]
    past(cluster, Kind.AGENT, ["h"], ("slave/tasks_failed", "slave/uptime_secs"), [counter], step=60)
    asked = rule(Kind.AGENT, "slave/tasks_failed", measure="increase", window_seconds=180, warning=8.0)
    found = backtest(cluster, asked, NOON, days=1)
    assert np.nanmax(found.values) == 9.0
    assert found.fired == 1


def test_a_rule_whose_past_is_no_number_says_so(cluster: Cluster) -> None:
    with pytest.raises(NoHistory, match="not kept"):
        backtest(cluster, catalogue.row(BY_KEY["R31"]), NOON)


def test_subjects_that_pass_the_limit_at_every_step_do_not_keep_anybody_waiting(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_JUDGED", 100)
    flicker = [(1.0,) if at % 2 else (0.0,) for at in range(240)]
    past(cluster, Kind.HOST, [f"h{at}" for at in range(20)], ("load.1min",), [flicker] * 20, step=60)
    found = backtest(cluster, rule(Kind.HOST, "load.1min", warning=0.5), NOON, days=1)
    assert any("more passed a limit" in note for note in found.notes)


@pytest.mark.slow
def test_a_month_of_the_cluster_costs_no_more_than_it_is_longer(cluster: Cluster) -> None:
    rng = np.random.default_rng(1)
    month(cluster, (0.8 + 0.15 * rng.random(30 * DAY // 300)).tolist())
    assert Reading.objects.count() == 8640

    def over(days: int) -> None:
        assert backtest(cluster, catalogue.row(BY_KEY["R20"]), NOON, days=days).subjects == 1

    assert least_cpu_seconds(lambda: over(30)) < 2 * 10 * least_cpu_seconds(lambda: over(3))
