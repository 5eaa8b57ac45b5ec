from __future__ import annotations

import pytest

from dashboard.alerts.rules.frameworks import frameworks
from dashboard.models import Cluster
from tests import builders
from tests.alerts.rules.judging import facts, told
from tests.applications import make_marathon
from tests.builders import framework, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db


def list_frameworks(cluster: Cluster, seconds: float, *names: str, away: tuple[str, ...] = ()) -> None:
    listed = tuple(framework(name, connected=name not in away, active=name not in away) for name in names)
    write(cluster, summary(later(seconds), frameworks=listed))


def test_a_framework_that_is_away_is_a_warning_and_marathon_is_critical() -> None:
    cluster = builders.cluster()
    list_frameworks(cluster, 0, "marathon", "spark", "kafka")
    list_frameworks(cluster, 60, "marathon", "spark", "kafka", away=("spark",))
    found = told("R24", cluster, later(120))
    assert {key: (one.value, one.critical_value) for key, one in found.items()} == {
        "id-of-marathon": (0.0, 0.0),
        "id-of-spark": (1.0, 0.0),
        "id-of-kafka": (0.0, 0.0),
        "marathon": (0.0, 0.0),
    }
    assert (
        found["id-of-spark"].says.replace("\u00a0", " ") == "spark disconnected for 1 min, 3 tasks running without it"
    )
    list_frameworks(cluster, 180, "marathon", away=("marathon",))
    assert told("R24", cluster, later(180))["id-of-marathon"].critical_value == 1


def test_a_dcos_cluster_without_marathon_is_critical_and_a_mesos_cluster_needs_none() -> None:
    dcos, mesos = builders.cluster(), builders.cluster("plain", kind="mesos")
    for cluster in (dcos, mesos):
        list_frameworks(cluster, 0, "marathon", "spark")
        list_frameworks(cluster, 60, "spark")
    root = told("R24", dcos, later(60))["marathon"]
    assert (root.value, root.critical_value) == (1.0, 1.0)
    assert "marathon" not in told("R24", mesos, later(60))


def test_a_framework_that_completed_ends_its_alert() -> None:
    cluster = builders.cluster()
    list_frameworks(cluster, 0, "marathon", "spark")
    list_frameworks(cluster, 60, "marathon", "spark", away=("spark",))
    list_frameworks(cluster, 120, "marathon")
    assert told("R24", cluster, later(120), opened=frozenset({"id-of-spark"}))["id-of-spark"].value == 0
    assert "id-of-spark" not in told("R24", cluster, later(120))


def test_before_any_summary_no_marathon_is_missed() -> None:
    assert told("R24", builders.cluster()) == {}


def test_offers_are_counted_for_each_active_agent() -> None:
    cluster = builders.cluster()
    metrics = {"master/outstanding_offers": 60.0, "master/slaves_active": 10.0}
    write_masters(cluster, master(metrics=metrics))
    (found,) = told("R30", cluster).values()
    assert found.value == 6
    assert found.says.replace("\u00a0", " ") == "60 offers unanswered, 10 agents active"


def test_frameworks_that_completed_are_read_only_where_their_alert_is_open() -> None:
    cluster = builders.cluster()
    list_frameworks(cluster, 0, "marathon", *(f"job {number}" for number in range(50)))
    list_frameworks(cluster, 60, "marathon")
    asked = facts(cluster, later(60), R24=frozenset({"id-of-job 7"}))
    assert {row.name for row in frameworks(asked)} == {"marathon", "job 7"}


def test_marathon_is_known_by_the_id_it_gave_whatever_it_is_called() -> None:
    cluster = builders.cluster()
    make_marathon(cluster, later(0), framework_id="id-of-our scheduler")
    list_frameworks(cluster, 0, "our scheduler", "marathon")
    list_frameworks(cluster, 60, "our scheduler", "marathon", away=("our scheduler", "marathon"))
    found = told("R24", cluster, later(120))
    assert found["id-of-our scheduler"].critical_value == 1
    assert found["id-of-marathon"].critical_value == 0
    assert found["marathon"].value == 0, "it is registered"
