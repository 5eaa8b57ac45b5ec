from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import MarathonQueue, Rejection, Resources, RunKind, Waiting
from collectors.sources.queue import decode_queue
from tests.collectors.sources.marathon_documents import waiting

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIB = 1024.0**2


def decoded(*entries: Any) -> tuple[MarathonQueue, Counter[str]]:
    dropped: Counter[str] = Counter()
    return decode_queue(json.dumps({"queue": entries}).encode(), "marathon", NOW, dropped), dropped


def one(**said: Any) -> Waiting:
    found, dropped = decoded(waiting(**said))
    assert not dropped
    return found.waiting[0]


def unused(host: str, *reasons: str, at: str = "10", **offer: Any) -> dict[str, Any]:
    return {"offer": {"hostname": host, **offer}, "reason": reasons, "timestamp": f"2026-11-20T{at}:00:00Z"}


def test_what_an_old_marathon_does_not_say_is_not_known() -> None:
    found = one()
    assert (found.kind, found.app_id, found.count, found.overdue) == (RunKind.APP, "/web", 1, True)
    assert (found.since, found.offers_processed, found.offers_unused, found.nearest) == (None, None, None, ())


def test_a_pod_waits_like_an_app() -> None:
    found = one(app=None, pod={"id": "/pod"}, delay={"overdue": False, "timeLeftSeconds": 90})
    assert (found.kind, found.app_id, found.overdue, found.delay_seconds) == (RunKind.POD, "/pod", False, 90.0)


def test_reasons_keep_their_order_and_new_ones_are_text_and_a_repeated_one_counts_once() -> None:
    said = [("InsufficientCpus", 3, 9), ("BrandNewReason", 1, 6), ("InsufficientCpus", 3, 9)]
    rejected = [{"reason": reason, "declined": no, "processed": all_} for reason, no, all_ in said]
    summary = {"processedOffersCount": 9, "unusedOffersCount": 4, "rejectSummaryLastOffers": rejected}
    found = one(processedOffersSummary=summary)
    assert found.last_offers == (
        Rejection(reason="InsufficientCpus", declined=3, processed=9),
        Rejection(reason="BrandNewReason", declined=1, processed=6),
    )
    assert (found.offers_processed, found.offers_unused, found.since_launch) == (9, 4, ())


def test_the_offers_with_the_fewest_reasons_come_first_the_newest_before_older_ones() -> None:
    offers = [unused("a", "X", at="10"), unused("b", "X", "Y", at="12"), unused("c", "X", at="11")]
    assert [offer.host for offer in one(lastUnusedOffers=offers).nearest] == ["c", "a", "b"]
    assert len(one(lastUnusedOffers=offers * 5).nearest) == 10


def test_an_offers_resources_are_read_in_marathons_and_in_mesos_shape() -> None:
    bare = [
        {"name": "cpus", "scalar": 2, "role": "*"},
        {"name": "ports", "ranges": [{"begin": 1, "end": 2}], "role": "*"},
    ]
    mesos = [
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": 1.5}, "allocation_info": {"role": "dev"}},
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.5}, "role": "ops"},
        {"name": "mem", "type": "SCALAR", "scalar": {"value": 64}},
    ]
    plain, full = one(lastUnusedOffers=[unused("a", resources=bare), unused("b", resources=mesos)]).nearest
    assert (plain.offered, plain.role) == (Resources(cpus=2.0), "*")
    assert (full.offered, full.role) == (Resources(cpus=2.0, mem_bytes=64 * MIB), "dev")


def test_an_offer_that_cannot_be_read_is_dropped_alone_and_the_queue_stays_whole() -> None:
    found, dropped = decoded(waiting(lastUnusedOffers=[7, unused("a", "X")]))
    assert ([offer.host for offer in found.waiting[0].nearest], found.whole) == (["a"], True)
    assert dropped.total() == 1


def test_an_entry_that_cannot_be_read_is_dropped_and_the_queue_is_not_whole() -> None:
    found, dropped = decoded(waiting(), waiting(app=None), waiting(delay=None), {"count": 1})
    assert (len(found.waiting), found.whole, dropped.total()) == (1, False, 3)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"queue": null}'])
def test_another_shape_is_refused_with_the_reason(body: bytes) -> None:
    with pytest.raises(PollError) as caught:
        decode_queue(body, "marathon", NOW, Counter())
    assert caught.value.outcome is Outcome.WRONG_SHAPE
