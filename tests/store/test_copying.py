from __future__ import annotations

import pytest
from django.db import connection, transaction

from dashboard.models import Chunk
from dashboard.store import copying, partitions, readings
from dashboard.tiers import Tier
from tests import builders
from tests.history import MIDNIGHT, NAMES, subject

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL's COPY"),
]


@pytest.fixture
def chunk(db: None) -> copying.ChunkRow:
    partitions.make([(Tier.RAW, MIDNIGHT)])
    return (subject(builders.cluster()), int(Tier.RAW), MIDNIGHT, 60, readings.layout_id(NAMES), b"first")


def held() -> list[tuple[int, bytes]]:
    return [(rows, bytes(data)) for rows, data in Chunk.objects.order_by("pk").values_list("rows", "data")]


def test_chunks_are_replaced_and_of_one_key_that_comes_twice_the_last_stays(chunk: copying.ChunkRow) -> None:
    copying.upsert_chunks([chunk])
    assert held() == [(60, b"first")]
    copying.upsert_chunks([(*chunk[:3], 61, chunk[4], b"second"), (*chunk[:3], 62, chunk[4], b"third")])
    assert held() == [(62, b"third")]


def test_bytes_of_every_kind_and_length_come_back_as_they_were(chunk: copying.ChunkRow) -> None:
    data = [b"", bytes(range(256)) * 40, b"\xff\xff"]
    copying.upsert_chunks([(chunk[0], chunk[1], MIDNIGHT + 60 * n, n, chunk[4], one) for n, one in enumerate(data)])
    assert held() == list(enumerate(data))


def test_several_writes_in_one_transaction_and_one_that_is_rolled_back(chunk: copying.ChunkRow) -> None:
    with transaction.atomic():
        copying.upsert_chunks([chunk])
        copying.upsert_chunks([(*chunk[:2], MIDNIGHT + 60, *chunk[3:])])
    assert len(held()) == 2
    with pytest.raises(RuntimeError), transaction.atomic():
        copying.upsert_chunks([(*chunk[:2], MIDNIGHT + 120, *chunk[3:])])
        raise RuntimeError
    assert len(held()) == 2
    copying.upsert_chunks([chunk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'daytwo_chunks'")
        assert cursor.fetchone() == (0,)
