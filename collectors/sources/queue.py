"""What each Marathon would start and has not, and why: its launch queue.

Endpoint: GET /service/marathon/v2/queue?embed=lastUnusedOffers
Document: https://mesosphere.github.io/marathon/docs/rest-api/public/api/v2/queue.html
Yields:   MarathonQueue for each Marathon that answered, NodeOutcome for each that was asked

An entry says since when it waits from 1.4 on, and what became of offers from 1.5 on. Its resources are Marathon's bare
numbers, or Mesos' objects where a version passes an offer on as it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from collectors.client import Client
from collectors.decoding import Amount, Count, Dropped, count, decode, each, from_rfc3339, name
from collectors.each_marathon import LIMIT_BYTES, LIST_SECONDS, ask_marathons
from collectors.records import Harvest, MarathonQueue, Rejection, RunKind, Turn, UnusedOffer, Waiting
from collectors.sources.amounts import Resource, held
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, MarathonPlace, Target

MOST_OFFERS, MOST_REASONS = 10, 50
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Named(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(min_length=1)]


class Delay(msgspec.Struct, frozen=True, rename="camel"):
    overdue: bool
    time_left_seconds: Amount = 0.0


class Rejected(msgspec.Struct, frozen=True):
    reason: str
    declined: Count
    processed: Count


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    processed_offers_count: Count | None = None
    unused_offers_count: Count | None = None
    last_unused_offer_at: str | None = None
    last_used_offer_at: str | None = None
    reject_summary_last_offers: list[Rejected] | None = None
    reject_summary_launch_attempt: list[Rejected] | None = None


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    count: Count
    delay: Delay
    app: Named | None = None
    pod: Named | None = None
    since: str | None = None
    processed_offers_summary: Summary | None = None
    last_unused_offers: list[msgspec.Raw] | None = None


class Offer(msgspec.Struct, frozen=True, rename="camel"):
    hostname: str = ""
    agent_id: str | None = None
    slave_id: str | None = None
    resources: list[Resource] | None = None


class Unused(msgspec.Struct, frozen=True):
    offer: Offer
    reason: list[str]
    timestamp: str | None = None


class Answer(msgspec.Struct, frozen=True):
    queue: list[msgspec.Raw]


def decode_queue(body: bytes, key: str, taken_at: datetime, dropped: Dropped, *, url: str = "") -> MarathonQueue:
    """The entries in the answer's order; one that cannot be read is dropped with the reason, and so is an offer."""
    entries = decode(body, Answer, url=url).queue
    before = dropped.total()
    read = [wire for _, wire in each(entries, Entry, dropped, what="queue")]
    nameless = sum(wire.app is None and wire.pod is None for wire in read)
    count(dropped, "queue: an entry without an app or a pod", nameless)
    whole = dropped.total() == before
    waiting = tuple(one for one in (_waiting(wire, dropped) for wire in read) if one is not None)
    return MarathonQueue(key=key, taken_at=taken_at, waiting=waiting, whole=whole)


def _waiting(wire: Entry, dropped: Dropped) -> Waiting | None:
    named = wire.app or wire.pod
    if named is None:
        return None
    said = wire.processed_offers_summary or Summary()
    return Waiting(
        kind=RunKind.APP if wire.app else RunKind.POD,
        app_id=name(named.id),
        count=int(wire.count),
        overdue=wire.delay.overdue,
        delay_seconds=wire.delay.time_left_seconds,
        since=_time(wire.since),
        offers_processed=_whole(said.processed_offers_count),
        offers_unused=_whole(said.unused_offers_count),
        last_unused_at=_time(said.last_unused_offer_at),
        last_used_at=_time(said.last_used_offer_at),
        last_offers=_rejections(said.reject_summary_last_offers),
        since_launch=_rejections(said.reject_summary_launch_attempt),
        nearest=_nearest(wire.last_unused_offers or (), dropped),
    )


def _rejections(said: Iterable[Rejected] | None) -> tuple[Rejection, ...]:
    """Each reason once, the first: Marathon 1.5 says one of them twice."""
    first: dict[str, Rejection] = {}
    for said_ in said or ():
        if len(first) < MOST_REASONS:
            reason = name(said_.reason)
            first.setdefault(
                reason, Rejection(reason=reason, declined=int(said_.declined), processed=int(said_.processed))
            )
    return tuple(first.values())


def _nearest(entries: Iterable[msgspec.Raw], dropped: Dropped) -> tuple[UnusedOffer, ...]:
    read = [wire for _, wire in each(list(entries), Unused, dropped, what="unused offer")]
    offers = sorted(map(_offer, read), key=lambda offer: offer.received_at or LONG_AGO, reverse=True)
    return tuple(sorted(offers, key=lambda offer: len(offer.reasons))[:MOST_OFFERS])


def _offer(wire: Unused) -> UnusedOffer:
    parts = wire.offer.resources or ()
    offered, role = held(parts)
    unreserved = "*" if any(part.role == "*" for part in parts) else ""
    return UnusedOffer(
        host=name(wire.offer.hostname),
        agent_id=name(wire.offer.agent_id or wire.offer.slave_id or ""),
        role=role or unreserved,
        offered=offered,
        reasons=tuple(dict.fromkeys(map(name, wire.reason[:MOST_REASONS]))),
        received_at=_time(wire.timestamp),
    )


def _time(text: str | None) -> datetime | None:
    return from_rfc3339(text) if text else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def read(client: Client, place: MarathonPlace, dropped: Dropped) -> MarathonQueue:
    url = f"{place.url}/v2/queue?embed=lastUnusedOffers"
    answer = client.get(url, limit_bytes=LIMIT_BYTES, total_seconds=LIST_SECONDS)
    return decode_queue(answer.body, place.key, answer.taken_at, dropped, url=answer.url)


def poll(target: Target, turn: Turn) -> Harvest:
    """One answer of each Marathon."""
    return ask_marathons(target, read, deadline_seconds=POLL_DEADLINE_SECONDS)


SOURCE = Source(
    name="queue",
    title="Launch queue",
    endpoint="/service/marathon/v2/queue",
    document="https://mesosphere.github.io/marathon/docs/rest-api/public/api/v2/queue.html",
    records="MarathonQueue",
    period_seconds=30,
    lag_seconds=0,
    kinds=frozenset(Kind),
    asks_marathon=True,
    poll=poll,
)
