"""Apps: rows brought up to each list, readings of their instances, events of what operators look for."""

from __future__ import annotations

from datetime import timedelta
from math import inf, isnan

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.records import Resources, TaskFailure
from dashboard.models import App, AppVersion, Event, LaunchWait, Marathon, Reading, Subject
from dashboard.store import apps, retention
from tests import builders
from tests.applications import GIB
from tests.builders import NOON, later
from tests.marathon_says import Told, events, summary, waiting

pytestmark = pytest.mark.django_db
Kind = Event.Kind


@pytest.fixture
def told() -> Told:
    return Told(builders.cluster())


def test_the_first_list_is_no_change(told: Told) -> None:
    told.apps(summary(), summary("/shop/api", running=0, healthy=0))
    assert Event.objects.count() == 0
    assert dict(App.objects.values_list("app_id", "state")) == {"/shop/web": "running", "/shop/api": "unhealthy"}
    assert Marathon.objects.get().apps_taken_at == NOON


def test_an_app_that_is_new_later_is_told(told: Told) -> None:
    told.apps(summary())
    told.apps(summary(), summary("/shop/api"))
    assert events(Kind.APP_STATE) == [("marathon:/shop/api", "", "running")]


def test_a_change_of_state_is_an_event_with_its_moment(told: Told) -> None:
    told.apps(summary())
    told.apps(summary(running=1, healthy=1))
    told.apps(summary(running=1, healthy=1))
    assert events(Kind.APP_STATE) == [("marathon:/shop/web", "running", "degraded")]
    assert App.objects.get().state_since == later(30)


def test_what_is_scaled_and_what_is_configured_anew_are_told_apart(told: Told) -> None:
    told.apps(summary())
    told.apps(summary(instances=4, running=4, healthy=4, version="v2"))
    told.apps(summary(instances=4, running=4, healthy=4, version="v3"))
    assert events(Kind.APP_SCALED) == [("marathon:/shop/web", "2", "4")]
    assert events(Kind.APP_VERSION) == [("marathon:/shop/web", "v2", "v3")]


def test_every_configuration_is_kept_once_and_the_newest_fifty(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "MOST_VERSIONS", 3)
    for number in (1, 1, 2, 3, 4):
        told.apps(summary(version=f"v{number}", config={"cpus": str(number)}))
    kept = AppVersion.objects.order_by("pk").values_list("version", "config")
    assert list(kept) == [(f"v{number}", {"cpus": str(number)}) for number in (2, 3, 4)]


def test_an_app_that_a_whole_list_leaves_out_is_gone_and_may_come_back(told: Told) -> None:
    told.apps(summary(), summary("/other"))
    told.queue(waiting())
    told.apps(summary("/other"), whole=False)
    assert App.objects.get(app_id="/shop/web").gone_at is None
    told.apps(summary("/other"))
    assert App.objects.get(app_id="/shop/web").gone_at == later(90) and not LaunchWait.objects.exists()
    told.apps(summary(), summary("/other"))
    assert App.objects.get(app_id="/shop/web").gone_at is None
    changes = [change for change in events(Kind.APP_STATE) if change[0] == "marathon:/shop/web"]
    subject = "marathon:/shop/web"
    assert changes == [(subject, "running", "gone"), (subject, "gone", "running")]
    assert App.objects.get(app_id="/shop/web").state_since == later(120)


def test_two_marathons_may_have_an_app_of_one_id(told: Told) -> None:
    told.apps(summary())
    Told(told.cluster, key="team").apps(summary(instances=1, running=1, healthy=1))
    assert sorted(App.objects.values_list("marathon__key", "instances")) == [("marathon", 2), ("team", 1)]
    assert Subject.objects.filter(kind=Subject.Kind.APP).count() == 2


def test_a_reading_holds_what_its_instances_were_allocated(told: Told) -> None:
    told.apps(summary(staged=1, running=1, healthy=1, each=Resources(cpus=0.5, mem_bytes=GIB, disk_bytes=10.0)))
    held = dict(zip(apps.LAYOUT, memoryview(Reading.objects.get().data).cast("d"), strict=True))
    assert (held["instances"], held["staged"], held["running"]) == (2, 1, 1)
    assert (held["cpus_allocated"], held["mem_allocated_bytes"], held["disk_allocated_bytes"]) == (1.0, 2 * GIB, 20.0)


def test_health_that_nobody_checks_is_not_measured_and_not_0(told: Told) -> None:
    told.apps(summary(healthy=0, unhealthy=0, has_health_checks=False))
    held = dict(zip(apps.LAYOUT, memoryview(Reading.objects.get().data).cast("d"), strict=True))
    assert isnan(held["healthy"]) and isnan(held["unhealthy"]) and held["running"] == 2


def test_unlimited_is_told_from_unsaid(told: Told) -> None:
    told.apps(summary(cpus_limit=inf, mem_limit_bytes=None))
    assert App.objects.values_list("cpus_limit", "mem_limit_bytes").get() == (apps.UNLIMITED, None)


def test_the_last_failure_is_asked_for_where_a_task_was_lost_since(told: Told) -> None:
    told.apps(summary(), summary("/calm"))
    assert {app_id for _, app_id in apps.to_ask(told.cluster, told.at)} == {"/shop/web", "/calm"}
    failure = TaskFailure(
        task_id="t", host="10.0.0.9", state="TASK_FAILED", message="oops", failed_at=NOON, version="v1"
    )
    told.apps(summary(last_failure=failure), summary("/calm"), asked=("/shop/web", "/calm"))
    assert apps.to_ask(told.cluster, told.at) == ()
    assert App.objects.get(app_id="/shop/web").failure_message == "oops"
    App.objects.filter(app_id="/shop/web").update(task_lost_at=told.at)
    assert apps.to_ask(told.cluster, told.at) == (("marathon", "/shop/web"),)


def test_an_app_that_was_asked_in_vain_is_asked_again_in_an_hour_or_when_it_loses_a_task(told: Told) -> None:
    told.apps(summary(), summary("/calm"), asked=("/calm",), refused=("/shop/web",))
    assert App.objects.get(app_id="/shop/web").failure_asked_at is None
    assert apps.to_ask(told.cluster, told.at + timedelta(minutes=59)) == ()
    assert apps.to_ask(told.cluster, told.at + timedelta(minutes=61)) == (("marathon", "/shop/web"),)
    App.objects.filter(app_id="/shop/web").update(task_lost_at=told.at)
    assert apps.to_ask(told.cluster, told.at) == (("marathon", "/shop/web"),)
    told.apps(summary(), summary("/calm"), asked=("/shop/web",))
    assert App.objects.get(app_id="/shop/web").failure_refused_at is None


def test_a_list_that_does_not_ask_keeps_the_failure_that_is_known(told: Told) -> None:
    failure = TaskFailure(task_id="t", host="h", state="TASK_FAILED", message="oops", failed_at=NOON, version="v1")
    told.apps(summary(last_failure=failure), asked=("/shop/web",))
    told.apps(summary(running=1, healthy=1))
    assert App.objects.get().failure_task_id == "t"


def test_texts_that_are_too_long_are_cut_to_their_columns(told: Told) -> None:
    told.apps(summary(version="v" * 99, role="r" * 300, image="i" * 900))
    assert len(App.objects.get().image) == 500


def test_an_app_that_went_is_forgotten_after_a_week(told: Told) -> None:
    told.apps(summary())
    App.objects.update(gone_at=NOON - timedelta(days=8))
    retention.prune(NOON)
    assert not App.objects.exists()


def test_a_replayed_list_changes_nothing(told: Told) -> None:
    told.apps(summary())
    told.apps(summary(instances=3, version="v2"))
    before = everything()
    told.at -= timedelta(seconds=30)
    told.apps(summary(instances=3, version="v2"))
    assert everything() == before


def everything() -> list[object]:
    """All that lists of apps write, as values."""
    kept = App.objects.all(), AppVersion.objects.all(), Event.objects.all(), Marathon.objects.all()
    return [*(list(rows.order_by("pk").values()) for rows in kept), Reading.objects.count()]


def test_an_unchanged_list_costs_the_same_queries_however_many_apps_it_has(told: Told) -> None:
    asked = []
    for apps_listed in (2, 40):
        listed = [summary(f"/app-{number}") for number in range(apps_listed)]
        told.apps(*listed)
        with CaptureQueriesContext(connection) as queries:
            told.apps(*listed)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 12
