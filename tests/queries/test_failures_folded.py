from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.models import Cluster, Incident
from dashboard.queries import failures_folded, incident_rows
from dashboard.queries.incident_rows import Row
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def row(cluster: Cluster, name: str, **columns: Any) -> Row:
    usual = {"about": "tasks", "kind": "task", "subject": name, "began_at": NOON, "detected_at": NOON}
    over = {"state": "recovered", "ended_at": NOON, "tasks_failed": 1}
    made = Incident.objects.create(cluster=cluster, name=name, **{**usual, **over, **columns})
    return incident_rows.row(made, later(3600))


def test_single_task_failures_are_told_by_framework_the_most_first(cluster: Cluster) -> None:
    rows = [row(cluster, "spark"), row(cluster, "marathon"), row(cluster, "marathon")]
    folded = failures_folded.fold(rows)
    assert (folded.rows, folded.frameworks, folded.count) == ((), (("marathon", 2), ("spark", 1)), 3)


@pytest.mark.parametrize(
    "said",
    [
        {"state": "open", "ended_at": None},
        {"tasks_failed": 3},
        {"failures": 2, "ended_at": NOON + timedelta(minutes=8)},
        {"planned": True},
        {"about": "scheduler", "kind": "scheduler"},
    ],
)
def test_what_goes_on_or_repeats_or_is_another_failure_stands_for_itself(
    cluster: Cluster, said: dict[str, Any]
) -> None:
    kept = row(cluster, "kept", **said)
    folded = failures_folded.fold([row(cluster, "single"), kept])
    assert (folded.rows, folded.frameworks) == ((kept,), (("single", 1),))
