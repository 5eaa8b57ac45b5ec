from __future__ import annotations

import numpy as np
import pytest

from dashboard import codec
from dashboard.models import Chunk
from dashboard.rolling import Rows
from dashboard.store import chunks, readings
from dashboard.tiers import Tier
from tests import builders
from tests.history import DAY, HOUR, MIDNIGHT, NAMES, rows_of, stored, subject

pytestmark = pytest.mark.django_db


def rows(of: int, *seconds: int) -> Rows:
    return rows_of(of, [MIDNIGHT + second for second in seconds], [[second, 1.0, 0.0] for second in seconds])


def test_each_subject_and_stretch_is_a_chunk_of_its_own() -> None:
    one, other = rows(1, 0, HOUR, 2 * HOUR), rows(2, 0)
    both = Rows(*(np.concatenate(pair) for pair in zip(*(vars(part).values() for part in (one, other)), strict=True)))
    raw = sorted(chunks.packed(Tier.RAW, 7, both))
    assert [packed[:5] for packed in raw] == [
        (1, 0, MIDNIGHT, 2, 7),
        (1, 0, MIDNIGHT + 2 * HOUR, 1, 7),
        (2, 0, MIDNIGHT, 1, 7),
    ]
    assert [packed.rows for packed in chunks.packed(Tier.HOURS, 7, one)] == [3]


def test_what_is_packed_in_parts_is_what_is_packed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    many = rows(1, *range(0, DAY, 600))
    whole = sorted(chunks.packed(Tier.RAW, 7, many))
    monkeypatch.setattr(chunks, "AT_ONCE_VALUES", 20)
    assert sorted(chunks.packed(Tier.RAW, 7, many)) == whole
    third = [MIDNIGHT + 6 * HOUR + 600 * n for n in range(12)]
    assert len(whole) == 12 and codec.decode(whole[3].data)[0].tolist() == third


def test_of_no_rows_there_is_no_chunk() -> None:
    assert list(chunks.packed(Tier.RAW, 7, rows(1))) == []
    assert chunks.write([]) == 0


def test_a_chunk_with_the_same_key_is_replaced() -> None:
    host, layout = subject(builders.cluster()), readings.layout_id(NAMES)
    assert chunks.write(chunks.packed(Tier.RAW, layout, rows(host, 0, 60))) == 1
    chunks.write(chunks.packed(Tier.RAW, layout, rows(host, 0, 120)))
    assert [tick - MIDNIGHT for tick, _ in stored(host)] == [0, 120]


def test_only_the_stretch_of_the_tick_is_cleared() -> None:
    host, layout = subject(builders.cluster()), readings.layout_id(NAMES)
    chunks.write(chunks.packed(Tier.RAW, layout, rows(host, 0, 2 * HOUR, 4 * HOUR)))
    chunks.write(chunks.packed(Tier.HOURS, layout, rows(host, 0)))
    assert chunks.clear([host], Tier.RAW, MIDNIGHT + 3 * HOUR + 1800) == 1
    assert [tick - MIDNIGHT for tick, _ in stored(host)] == [0, 4 * HOUR]
    assert Chunk.objects.filter(tier=Tier.HOURS).count() == 1
