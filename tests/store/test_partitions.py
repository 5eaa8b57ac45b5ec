"""PostgreSQL's partitions of the chunk table. On SQLite there are none, and nothing of this asks the database anything."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from dashboard.models import Chunk
from dashboard.store import chunks, partitions, readings
from dashboard.store.chunks import Packed
from dashboard.tiers import Tier
from tests import builders
from tests.history import DAY, MIDNIGHT, NAMES, checked, subject

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions")


def names() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE %s", ["%chunk%"]
        )
        return {name for (name,) in cursor.fetchall()}


def put(of: int, tier: Tier, tick: int) -> None:
    chunks.write([Packed(of, tier, tick, 1, readings.layout_id(NAMES), b"x" * 3000)])
    checked()


@pytest.mark.django_db
def test_without_partitions_nothing_is_asked() -> None:
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL has partitions")
    with CaptureQueriesContext(connection) as captured:
        partitions.make([(Tier.RAW, MIDNIGHT)])
        assert partitions.drop(Tier.RAW, MIDNIGHT) == []
    assert not captured and not partitions.used()


@on_postgresql
@pytest.mark.django_db
def test_a_raw_partition_is_a_day_and_the_others_are_a_month() -> None:
    host = subject(builders.cluster())
    for tier in Tier:
        put(host, tier, MIDNIGHT)
        put(host, tier, MIDNIGHT + DAY - 1)
    made = {name.removeprefix("dashboard_chunk_") for name in names()}
    assert made == {"raw_20261122", "five_minutes_202611", "hours_202611"}
    assert Chunk.objects.count() == 6


@on_postgresql
@pytest.mark.django_db
def test_what_is_compressed_is_not_compressed_again() -> None:
    put(subject(builders.cluster()), Tier.RAW, MIDNIGHT)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage::text FROM pg_attribute "
            "WHERE attname = 'data' AND attrelid = 'dashboard_chunk_raw_20261122'::regclass"
        )
        assert cursor.fetchone() == ("e",)


@on_postgresql
@pytest.mark.django_db
def test_partitions_that_are_there_cost_one_query() -> None:
    partitions.make([(Tier.RAW, MIDNIGHT), (Tier.HOURS, MIDNIGHT)])
    with CaptureQueriesContext(connection) as captured:
        partitions.make([(Tier.RAW, MIDNIGHT), (Tier.HOURS, MIDNIGHT)])
    assert len(captured) == 1


@on_postgresql
@pytest.mark.django_db
def test_only_partitions_that_are_wholly_past_are_dropped() -> None:
    host = subject(builders.cluster())
    for day in (3, 2, 1, 0):
        put(host, Tier.RAW, MIDNIGHT - day * DAY)
    assert partitions.drop(Tier.RAW, MIDNIGHT - DAY) == ["dashboard_chunk_raw_20261119", "dashboard_chunk_raw_20261120"]
    assert Chunk.objects.count() == 2


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_need_the_same_partition_both_get_it() -> None:
    failed: list[Exception] = []

    def work() -> None:
        try:
            partitions.make([(Tier.RAW, MIDNIGHT + 40 * DAY), (Tier.HOURS, MIDNIGHT + 40 * DAY)])
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and {"dashboard_chunk_raw_20270101", "dashboard_chunk_hours_202701"} <= names()
    assert partitions.drop(Tier.RAW, MIDNIGHT + 90 * DAY) and partitions.drop(Tier.HOURS, MIDNIGHT + 90 * DAY)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_partition_that_somebody_reads_is_left_to_the_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "PATIENCE_MILLISECONDS", 50)
    partitions.make([(Tier.RAW, MIDNIGHT + 50 * DAY)])
    reading, read = threading.Event(), threading.Event()

    def read_on() -> None:
        with transaction.atomic():
            list(Chunk.objects.filter(begins_at__gte=MIDNIGHT))
            reading.set()
            read.wait(20)
        connection.close()

    thread = threading.Thread(target=read_on)
    thread.start()
    assert reading.wait(20)
    assert partitions.drop(Tier.RAW, MIDNIGHT + 90 * DAY) == []
    read.set()
    thread.join()
    assert partitions.drop(Tier.RAW, MIDNIGHT + 90 * DAY) == ["dashboard_chunk_raw_20270111"]
