"""What the audit tells of apps that are not as they were a day before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from dashboard.audit_chain import canonical
from dashboard.auditing import daily
from dashboard.models import App, Cluster, Marathon
from dashboard.queries import audit_changes
from tests import applications, builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
NEXT_DAY = NOON + timedelta(days=1)
NEW_VERSION = "2026-11-23T09:00:00.000Z"
Entry = dict[str, Any]


@pytest.fixture
def prod() -> Cluster:
    return builders.cluster("prod")


@pytest.fixture
def marathon(prod: Cluster) -> Marathon:
    made = applications.make_marathon(prod, NOON)
    applications.make_app(made, "/shop/cart", NOON)
    applications.make_app(made, "/shop/old", NOON)
    return made


def entry(cluster: Cluster, now: datetime) -> Entry:
    """As it reads once it was signed."""
    read: Entry = msgspec.json.decode(canonical(daily.gather(cluster, now, None)))
    return read


def changes(before: Entry, after: Entry) -> list[str]:
    return [change.replace("\u00a0", " ") for change in audit_changes.between(before, after)]


def test_an_app_that_came_or_went_is_named(prod: Cluster, marathon: Marathon) -> None:
    before = entry(prod, later(60))
    App.objects.filter(app_id="/shop/old").update(gone_at=NEXT_DAY)
    applications.make_app(marathon, "/shop/new", NEXT_DAY)
    assert changes(before, entry(prod, NEXT_DAY)) == ["1 app new: /shop/new", "1 app gone: /shop/old"]


def test_another_configuration_is_told_with_its_version(prod: Cluster, marathon: Marathon) -> None:
    before = entry(prod, later(60))
    App.objects.filter(app_id="/shop/cart").update(version=NEW_VERSION, last_changed_at=NEXT_DAY)
    assert changes(before, entry(prod, NEXT_DAY)) == [f"Another configuration of 1 app: /shop/cart ({NEW_VERSION})"]


def test_scaling_is_no_other_configuration_though_marathon_gives_it_a_version(
    prod: Cluster, marathon: Marathon
) -> None:
    before = entry(prod, later(60))
    App.objects.filter(app_id="/shop/cart").update(version=NEW_VERSION, last_scaled_at=NEXT_DAY, instances=1200)
    assert changes(before, entry(prod, NEXT_DAY)) == ["Other instances wanted of 1 app: /shop/cart from 2 to 1,200"]


def test_of_a_pod_the_version_is_all_there_is(prod: Cluster, marathon: Marathon) -> None:
    App.objects.update(kind=App.Kind.POD, last_changed_at=None)
    before = entry(prod, later(60))
    App.objects.filter(app_id="/shop/cart").update(version="")
    assert changes(before, entry(prod, NEXT_DAY)) == ["Another configuration of 1 app: /shop/cart (version unknown)"]


def test_many_apps_are_counted_and_five_are_named(prod: Cluster, marathon: Marathon) -> None:
    before = entry(prod, later(60))
    for number in range(7):
        applications.make_app(marathon, f"/job-{number}", NEXT_DAY)
    assert changes(before, entry(prod, NEXT_DAY)) == ["7 apps new: /job-0, /job-1, /job-2, /job-3, /job-4 and 2 more"]


def test_apps_of_a_marathon_that_was_not_read_before_are_not_called_new(prod: Cluster, marathon: Marathon) -> None:
    Marathon.objects.update(apps_taken_at=None)
    App.objects.all().delete()
    before = entry(prod, later(60))
    Marathon.objects.update(apps_taken_at=NEXT_DAY)
    applications.make_app(marathon, "/shop/cart", NOON)
    assert changes(before, entry(prod, NEXT_DAY)) == ["1 Marathon read for the first time: root (1 app)"]


def test_an_app_of_another_marathon_is_told_with_it_and_is_another_app(prod: Cluster, marathon: Marathon) -> None:
    own = applications.make_marathon(prod, NOON, key="marathon-user")
    before = entry(prod, later(60))
    applications.make_app(own, "/shop/cart", NEXT_DAY)
    assert changes(before, entry(prod, NEXT_DAY)) == ["1 app new: /shop/cart of marathon-user"]


def test_an_entry_from_before_marathons_were_written_down_says_nothing_of_apps(
    prod: Cluster, marathon: Marathon
) -> None:
    before, after = entry(prod, later(60)), entry(prod, NEXT_DAY)
    del before["inventory"]["marathons"], before["inventory"]["apps"]
    assert changes(before, after) == [] and changes(after, before) == []
