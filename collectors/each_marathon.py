"""Every Marathon of a cluster asked the same questions, side by side: one that fails stops no other."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus

from collectors.addresses import origin_of
from collectors.client import MIB, Client
from collectors.costs import NOTHING, Cost
from collectors.decoding import Dropped
from collectors.errors import Outcome, PollError
from collectors.records import Harvest, NodeOutcome, Record
from collectors.target import Kind, MarathonPlace, Target, blame

LIMIT_BYTES = 64 * MIB
"""Of a list of apps: three thousand bytes each."""
LIST_SECONDS = 20.0
MOST_AT_A_TIME = 8
BUSY = {
    HTTPStatus.BAD_GATEWAY: "Nothing answers where this Marathon should be, or it is choosing a leader",
    HTTPStatus.SERVICE_UNAVAILABLE: "This Marathon takes no more requests at the moment, or it does not run",
    HTTPStatus.GATEWAY_TIMEOUT: "This Marathon's leader did not answer in time",
}
Read = Callable[[Client, MarathonPlace, Dropped], Record]


@dataclass(kw_only=True)
class Reply:
    """What asking one Marathon came to: a record or an error, and the price."""

    place: MarathonPlace
    record: Record | None = None
    error: PollError | None = None
    dropped: Dropped = field(default_factory=Counter)
    cost: Cost = NOTHING


def ask_marathons(target: Target, read: Read, *, deadline_seconds: float) -> Harvest:
    """A record of each that answered, a line for each that was asked; PollError where all failed.

    `read` asks one Marathon and counts what it drops. All of them together take no longer than the deadline.
    """
    ends_at = time.monotonic() + deadline_seconds
    places = target.marathons
    if not places:
        raise PollError(Outcome.NOT_FOUND, "No Marathon of this cluster is known; give its URL", url=target.url)
    with ThreadPoolExecutor(max_workers=min(len(places), MOST_AT_A_TIME)) as pool:
        replies = list(pool.map(lambda place: ask(target, place, read, ends_at), places))
    nodes = tuple(outcome_of(target, reply) for reply in replies)
    errors = [reply.error for reply in replies if reply.error is not None]
    if len(errors) == len(replies):
        raise blame(errors, nodes)
    return Harvest(
        records=tuple(reply.record for reply in replies if reply.record is not None),
        nodes=nodes,
        dropped=sum((reply.dropped for reply in replies), Counter()),
        requests=sum(reply.cost.requests for reply in replies),
        bytes_read=sum(reply.cost.bytes_read for reply in replies),
    )


def ask(target: Target, place: MarathonPlace, read: Read, ends_at: float) -> Reply:
    """One Marathon, over a connection of its own."""
    reply, started = Reply(place=place), time.monotonic()
    with target.open(deadline_seconds=max(0.0, ends_at - started)) as client:
        try:
            reply.record = read(client, place, reply.dropped)
        except PollError as error:
            reply.error = in_words(error).without_trace()
        seconds = time.monotonic() - started if reply.record is not None else None
        reply.cost = Cost(client.requests, client.bytes_read, seconds)
    return reply


def in_words(error: PollError) -> PollError:
    """The same error; a proxy's status says what it means here."""
    status = error.http_status
    if status == HTTPStatus.BAD_GATEWAY and "leader" in error.detail:
        detail = f"This Marathon has no leader at the moment: it is choosing one ({error.detail})"
        return PollError(Outcome.NOT_LEADER, detail, url=error.url, http_status=status)
    if status == HTTPStatus.NOT_FOUND:
        detail = f"There is no Marathon at this address ({error.detail})"
    elif status in BUSY:
        detail = f"{BUSY[HTTPStatus(status)]} ({error.detail})"
    else:
        return error
    return PollError(error.outcome, detail, url=error.url, http_status=status)


def outcome_of(target: Target, reply: Reply) -> NodeOutcome:
    """A Marathon's line for the operator."""
    error, place = reply.error, reply.place
    direct = target.kind is Kind.MESOS or origin_of(place.url) != origin_of(target.url)
    outcome = Outcome.OK if error is None else error.outcome
    fate = NodeOutcome(host=place.key, outcome=outcome, detail=error.detail if error else "", direct=direct)
    return reply.cost.of(fate)
