from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Event
from dashboard.store import bulk
from tests import builders
from tests.alerts.judging import when

pytestmark = pytest.mark.django_db


def events(number: int) -> list[Event]:
    cluster = builders.cluster()
    said = {"cluster": cluster, "kind": Event.Kind.RULE, "taken_at": when(0), "seen_at": when(0)}
    return [Event(subject=f"s{place}", **said) for place in range(number)]


def test_rows_are_inserted_changed_and_deleted_in_one_query_each() -> None:
    bulk.insert(events(2000))
    rows = list(Event.objects.order_by("pk"))
    for row in rows:
        row.after, row.taken_at, row.name = f"after {row.subject}", when(1), "not written"
    with CaptureQueriesContext(connection) as taken:
        bulk.update(rows, ["after", "taken_at"])
        bulk.delete(rows[:500])
    assert len(taken) == 2
    kept = list(Event.objects.order_by("pk"))
    assert [row.subject for row in kept] == [f"s{place}" for place in range(500, 2000)]
    assert {(row.after == f"after {row.subject}", row.taken_at, row.name) for row in kept} == {(True, when(1), "")}


def test_values_come_back_as_they_were() -> None:
    row = events(1)[0]
    row.poll, row.name = None, '100 % of "it\'s" {here}'
    bulk.insert([row])
    read = Event.objects.get()
    assert (read.kind, read.poll, read.name, read.taken_at) == ("rule", None, row.name, when(0))


def test_nothing_to_do_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as taken:
        bulk.insert([])
        bulk.update([], ["after"])
        bulk.delete([])
    assert len(taken) == 0
