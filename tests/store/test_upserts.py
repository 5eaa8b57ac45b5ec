from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Container, Event, Subject
from dashboard.store.upserts import update_values, upsert_values
from tests import builders
from tests.builders import NOON, agent_containers, container_reading, later, write_containers

pytestmark = pytest.mark.django_db

COLUMNS = ("cluster", "kind", "key", "name", "first_seen", "last_seen")
UNIQUE = ["cluster", "kind", "key"]


def test_rows_are_found_by_what_is_unique_of_them() -> None:
    cluster = builders.cluster()
    for seconds in (0, 60):
        at = later(seconds)
        rows = [[cluster.pk, "host", key, f"{key} at {seconds}", at, at] for key in "ab"]
        upsert_values(Subject, COLUMNS, rows, unique=UNIQUE, update=["name", "last_seen"])
    found = Subject.objects.order_by("key").values_list("key", "name", "first_seen", "last_seen")
    assert list(found) == [(key, f"{key} at 60", NOON, later(60)) for key in "ab"]


def test_any_number_of_rows_is_one_query_and_of_one_that_comes_twice_the_last_stays() -> None:
    cluster = builders.cluster()
    for count in (1, 2, 132, 133, 134, 700):
        names = [*range(count), 0]
        rows = [[cluster.pk, "host", f"{name}", f"{name} in {count}", NOON, NOON] for name in names]
        rows[-1][3] = "again"
        with CaptureQueriesContext(connection) as queries:
            upsert_values(Subject, COLUMNS, rows, unique=UNIQUE, update=["name", "last_seen"])
        assert len(queries) == 1
        found = dict(Subject.objects.values_list("key", "name"))
        assert found == {"0": "again"} | {f"{name}": f"{name} in {count}" for name in range(1, count)}


def test_known_rows_are_changed_by_their_key_and_others_stay() -> None:
    cluster = builders.cluster()
    write_containers(cluster, agent_containers("h", container_reading("c1"), container_reading("c2")))
    row = Container.objects.get(container_id="c1")
    with CaptureQueriesContext(connection) as queries:
        update_values(Container, ["labels", "listed_at", "threads"], [[{"a": "b"}, later(5), None, row.pk]])
    assert len(queries) == 1
    row.refresh_from_db()
    assert (row.labels, row.listed_at, row.threads) == ({"a": "b"}, later(5), None)
    assert Container.objects.get(container_id="c2").labels == {}


def test_nothing_to_do_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        update_values(Event, ["after"], [])
        upsert_values(Event, ["after"], [], unique=["kind"], update=["after"])
    assert not len(queries)


def test_a_column_may_hold_whole_numbers_fractions_and_nothing_side_by_side() -> None:
    cluster = builders.cluster()
    write_containers(cluster, agent_containers("h", *(container_reading(f"c{number}") for number in range(3))))
    keys = list(Container.objects.order_by("container_id").values_list("pk", flat=True))
    told: list[list[Any]] = [[1, 7, b"\x00", {"a": 1}], [2.5, None, b"", {}], [None, 2**40, b"%s\\", {"b": [None]}]]
    with CaptureQueriesContext(connection) as queries:
        update_values(
            Container,
            ["cpus_limit", "mem_limit_bytes", "counters", "labels"],
            [[*values, key] for values, key in zip(told, keys, strict=True)],
        )
    assert len(queries) == 1
    rows = Container.objects.order_by("container_id")
    found = rows.values_list("cpus_limit", "mem_limit_bytes", "counters", "labels")
    assert [[cpus, mem, bytes(counters), labels] for cpus, mem, counters, labels in found] == told
