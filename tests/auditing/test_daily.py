from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.auditing import daily
from dashboard.models import AuditEntry, Cluster, Event, Node, Stream, Upkeep
from dashboard.queries import audit_entries
from dashboard.store import audit, upkeep
from tests import applications, builders
from tests.auditing.entries import content
from tests.builders import NOON, agent, later, summary, write

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 23, 0, 6, tzinfo=UTC)


def made_at(now: datetime) -> int:
    return daily.make_due(lambda: now)


def test_the_first_entry_is_made_on_the_first_day(prod: Cluster) -> None:
    assert not daily.is_due(prod, later(9 * 60))
    assert made_at(later(10 * 60)) == 1
    entry = AuditEntry.objects.get()
    assert (entry.number, entry.day, entry.cluster_id) == (1, date(2026, 11, 22), prod.pk)


def test_a_day_has_one_entry_a_little_after_midnight(prod: Cluster) -> None:
    assert made_at(later(3600)) == 1 and made_at(later(7200)) == 0
    assert made_at(MORNING - timedelta(minutes=2)) == 0
    assert made_at(MORNING) == 1 and made_at(MORNING) == 0
    assert [entry.day.day for entry in AuditEntry.objects.order_by("number")] == [22, 23]


def test_a_missed_day_is_not_invented_and_its_events_are_in_the_next_entry(prod: Cluster) -> None:
    made_at(later(3600))
    missed = MORNING + timedelta(hours=12)
    Event.objects.create(cluster=prod, kind="version", subject="mesos", name="Mesos", taken_at=missed, seen_at=missed)
    made_at(MORNING + timedelta(days=2))
    first, second = map(content, AuditEntry.objects.order_by("number"))
    assert second["day"] == "2026-11-25" and second["compared_with"] == "2026-11-22"
    assert second["events"]["since"] == first["events"]["until"]
    assert [event["subject"] for event in second["events"]["listed"]] == ["mesos"]


def test_a_clock_that_was_ahead_costs_no_event(prod: Cluster) -> None:
    made_at(MORNING + timedelta(days=400))
    seen = MORNING + timedelta(hours=3)
    Event.objects.create(cluster=prod, kind="version", subject="mesos", name="Mesos", taken_at=seen, seen_at=seen)
    made_at(MORNING + timedelta(hours=6))
    said = content(AuditEntry.objects.get(number=2))["events"]
    assert [event["subject"] for event in said["listed"]] == ["mesos"] and said["since"] < said["until"]
    assert said["until"] < "2026-11-24"


def test_an_entry_says_what_there_is_how_it_is_and_how_old_that_is(prod: Cluster) -> None:
    daily.make(prod, later(3600))
    said = content(AuditEntry.objects.get())
    inventory, health, now = said["inventory"], said["health"], said["capacity"]["now"]
    assert [row["host"] for row in inventory["agents"]] == ["10.0.0.1", "10.0.0.2"]
    assert inventory["agents"][0]["attributes"] == {"rack": "r1"}
    assert inventory["agents"][0]["total"] == {"cpus": 4, "mem_bytes": 8 << 30, "disk_bytes": 100 << 30, "gpus": 0}
    assert [row["name"] for row in inventory["frameworks"]] == ["marathon"]
    assert [row["unit"] for row in inventory["components"]] == ["dcos-log.service", "dcos-net.service"]
    assert now["total"]["cpus"] == 8 and now["taken_at"] == "2026-11-22T12:00:00Z"
    # An hour after the last answer nothing of it is the present.
    assert health["verdict"]["word"] == "Unknown" and health["not_known"]
    assert {row["health"] for row in health["components"]["units"]} == {"No data"}
    sources = {row["source"]: row for row in health["sources"]}
    assert sources["summary"]["age_seconds"] == 3600 and sources["summary"]["freshness"] == "no_data"


def test_apps_are_in_the_inventory_and_what_comes_and_goes_by_the_second_is_not(prod: Cluster) -> None:
    marathon = applications.make_marathon(prod, NOON)
    app = applications.make_app(marathon, "/shop/cart", NOON)
    applications.make_app(marathon, "/shop/gone", NOON, gone_at=NOON)
    applications.make_task(prod, 1, NOON, app=app)
    Stream.objects.create(cluster=prod, kind=Stream.Kind.MESOS)
    daily.make(prod, later(3600))
    inventory = content(AuditEntry.objects.get())["inventory"]
    (told,) = inventory["apps"]
    assert (told["marathon_key"], told["app_id"], told["instances"]) == ("marathon", "/shop/cart", 2)
    assert (told["cpus"], told["taken_at"]) == (0.5, "2026-11-22T12:00:00Z")
    assert (told["healthy"], told["unhealthy"]) == (2, 0)
    assert not {"tasks", "streams", "app_metrics", "deployments"} & inventory.keys()


def test_an_app_without_health_checks_is_neither_healthy_nor_not_in_the_inventory(prod: Cluster) -> None:
    marathon = applications.make_marathon(prod, NOON)
    applications.make_app(marathon, "/shop/cart", NOON, has_health_checks=False, healthy=0)
    daily.make(prod, later(3600))
    (told,) = content(AuditEntry.objects.get())["inventory"]["apps"]
    assert (told["healthy"], told["unhealthy"], told["running"]) == (None, None, 2)


def test_what_is_not_measured_is_null_and_never_0(prod: Cluster) -> None:
    daily.make(prod, later(60))
    now = content(AuditEntry.objects.get())["capacity"]["now"]
    assert now["used"]["cpus"] is None and now["agents_measured"] is None


def test_an_entry_tells_what_changed_since_the_one_before(prod: Cluster) -> None:
    daily.make(prod, later(60))
    write(prod, summary(later(120), agent("10.0.0.1", version="1.11.1"), agent("10.0.0.3")))
    Node.objects.filter(host="10.0.0.2").update(state=Node.State.GONE)
    daily.make(prod, MORNING)
    changes = [change.replace("\u00a0", " ") for change in content(AuditEntry.objects.get(number=2))["changes"]]
    assert "1 agent new: 10.0.0.3" in changes and "1 agent gone: 10.0.0.2" in changes
    assert "Another version on 1 agent: 10.0.0.1" in changes


def test_no_secret_is_in_an_entry(prod: Cluster) -> None:
    prod.url = "https://admin:canary@router.test:8443/path?token=canary"
    prod.ca_pem = "canary"
    prod.save()
    write(prod, builders.flags(flags={"credential": "canary"}))
    daily.make(prod, later(60))
    text = audit_entries.content(AuditEntry.objects.get())
    assert "canary" not in text and "https://router.test:8443" in text


def test_many_events_are_counted_and_digested_and_the_first_are_listed(
    prod: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.queries.audit_events.MOST_LISTED", 2)
    Event.objects.all().delete()
    for number in range(3):
        Event.objects.create(cluster=prod, kind="version", subject=str(number), taken_at=NOON, seen_at=NOON)
    events = daily.gather(prod, later(3600), None)["events"]
    assert events["count"] == 3 and [event["subject"] for event in events["listed"]] == ["0", "1"]
    Event.objects.filter(subject="2").update(after="other")
    assert daily.gather(prod, later(3600), None)["events"]["sha256"] != events["sha256"]


def test_one_cluster_that_cannot_be_told_costs_the_others_nothing(
    prod: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = builders.cluster("other")
    real = daily.gather

    def gather(cluster: Cluster, now: datetime, last: AuditEntry | None) -> object:
        if cluster == prod:
            raise RuntimeError("a row that cannot be read")
        return real(cluster, now, last)

    monkeypatch.setattr(daily, "gather", gather)
    assert made_at(later(3600)) == 1
    assert AuditEntry.objects.get().cluster_id == other.pk


def test_the_job_says_how_it_went(prod: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    made_at(later(3600))
    job = Upkeep.objects.get(job=Upkeep.Job.AUDIT)
    assert job.outcome == Upkeep.Outcome.OK and job.amount == 1 and "number 1, of prod" in job.detail
    monkeypatch.setenv("DAYTWO_AUDIT_KEY", "no key")
    assert made_at(MORNING) == 0
    job.refresh_from_db()
    assert job.outcome == Upkeep.Outcome.FAILED and "no entry of prod: ValueError: An audit key is" in job.detail
    monkeypatch.undo()
    assert made_at(MORNING + timedelta(minutes=10)) == 1
    job.refresh_from_db()
    assert job.outcome == Upkeep.Outcome.OK


def test_while_a_worker_is_at_it_no_other_begins(prod: Cluster) -> None:
    held = upkeep.lease(Upkeep.Job.AUDIT, later(3600))
    assert held is not None and made_at(later(3601)) == 0
    assert made_at(later(3600 + 121)) == 1, "its lease ended"


def test_the_chain_stays_when_a_cluster_is_removed(prod: Cluster) -> None:
    daily.make(prod, later(60))
    prod.delete()
    entry = AuditEntry.objects.get()
    assert entry.cluster is None and entry.cluster_name == "prod"


def test_only_the_oldest_are_forgotten_and_never_the_last(prod: Cluster) -> None:
    for days in range(4):
        daily.make(prod, NOON + timedelta(days=days))
    assert audit.forget(None) == 0 and audit.forget(date(2026, 11, 24)) == 2
    assert [entry.number for entry in AuditEntry.objects.order_by("number")] == [3, 4]
    assert audit.forget(date(2027, 1, 1)) == 1 and AuditEntry.objects.get().number == 4
