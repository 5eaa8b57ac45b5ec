"""Every Mesos master, leader or standby: its own metrics and version.

Endpoint: GET /metrics/snapshot, /version of each master; /mesos/redirect and /system/health/v1/nodes to find them
Document: https://mesos.apache.org/documentation/latest/monitoring/
Yields:   MasterSnapshot for each master that answered, NodeOutcome for each that was asked

`?timeout=` is never sent: a master then leaves out slow metrics and still says 200. Its limit of 2 answers a second is
shared with every other reader, so half a second of waiting is normal.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from collectors.client import Client
from collectors.costs import Cost
from collectors.decoding import MOST_ENTRIES, Dropped, count, decode, name, number
from collectors.errors import Outcome, PollError
from collectors.metrics import COUNTERS
from collectors.records import Harvest, MasterSnapshot, Turn
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target, blame, find_leader
from collectors.whereabouts import Place, direct_place, fate_of, find_registered, find_through_router

MASTER_DEADLINE_SECONDS = 5.0
"""All that one master may cost; they are asked side by side."""


class Version(msgspec.Struct, frozen=True):
    version: str


@dataclass(kw_only=True)
class Reply:
    """What asking one master brought: a snapshot or an error, and the price."""

    place: Place
    snapshot: MasterSnapshot | None = None
    error: PollError | None = None
    dropped: Dropped = field(default_factory=Counter)
    requests: int = 0
    bytes_read: int = 0
    seconds: float = 0.0

    @property
    def cost(self) -> Cost:
        seconds = self.seconds if self.snapshot is not None else None
        return Cost(self.requests, self.bytes_read, seconds)


def decode_snapshot(body: bytes, *, url: str = "") -> tuple[Mapping[str, float], Dropped]:
    """The process's names and values. A value that is no finite number, or a counter below zero, is dropped alone."""
    raw = decode(body, dict[str, msgspec.Raw], url=url)
    metrics: dict[str, float] = {}
    dropped: Dropped = Counter()
    for key, entry in raw.items():
        value = number(entry)
        if len(metrics) >= MOST_ENTRIES:
            count(dropped, f"metric: more than {MOST_ENTRIES}")
        elif value is None:
            count(dropped, "metric: not a finite number")
        elif value < 0 and key in COUNTERS:
            count(dropped, "metric: a counter below zero")
        else:
            metrics[name(key)] = value
    if "master/elected" not in metrics:
        raise PollError(Outcome.WRONG_SHAPE, "The answer has no master/elected: this is no Mesos master", url=url)
    return metrics, dropped


def poll(target: Target, turn: Turn) -> Harvest:
    """All masters side by side, so that hung ones cost no more than one of them."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        found = find_registered(target) if target.kind is Kind.MESOS else find_through_router(client, target, turn)
        replies = ask_all(target, found.places)
        if target.kind is Kind.MESOS:
            replies += ask_named_leader(client, target, replies)
        errors = [reply.error for reply in replies if reply.error is not None]
        nodes = tuple(reply.cost.of(fate_of(reply.place, reply.error, target.kind)) for reply in replies)
        if len(errors) == len(replies):
            raise blame([*found.errors, *errors], nodes)
        return Harvest(
            records=tuple(reply.snapshot for reply in replies if reply.snapshot is not None),
            nodes=nodes,
            dropped=sum((reply.dropped for reply in replies), found.dropped),
            notes=tuple(found.notes),
            requests=client.requests + sum(reply.requests for reply in replies),
            bytes_read=client.bytes_read + sum(reply.bytes_read for reply in replies),
        )


def ask_all(target: Target, places: list[Place]) -> list[Reply]:
    """One thread and one connection for each master, in the order of the places."""
    if not places:
        return []
    with ThreadPoolExecutor(max_workers=len(places)) as pool:
        return list(pool.map(lambda place: ask(target, place), places))


def ask(target: Target, place: Place) -> Reply:
    """One master's metrics and version; only the version may be missing."""
    reply, started = Reply(place=place), time.monotonic()
    with target.open(deadline_seconds=MASTER_DEADLINE_SECONDS) as client:
        try:
            reply.snapshot = read_master(client, place, reply.dropped)
        except PollError as error:
            reply.error = error
        reply.requests, reply.bytes_read = client.requests, client.bytes_read
        reply.seconds = time.monotonic() - started
    return reply


def read_master(client: Client, place: Place, dropped: Dropped) -> MasterSnapshot:
    answer = client.get(f"{place.url}/metrics/snapshot")
    metrics, bad = decode_snapshot(answer.body, url=answer.url)
    dropped.update(bad)
    if not place.direct and metrics["master/elected"] != 1:
        detail = "Admin Router still leads to a master that is not the leader any more"
        raise PollError(Outcome.NOT_LEADER, detail, url=answer.url)
    return MasterSnapshot(
        host=place.host,
        port=place.port,
        taken_at=answer.taken_at,
        elected=metrics["master/elected"] == 1,
        uptime_seconds=metrics.get("master/uptime_secs"),
        version=read_version(client, place),
        metrics=metrics,
    )


def read_version(client: Client, place: Place) -> str | None:
    try:
        return name(client.get_json(f"{place.url}/version", Version).version)
    except PollError:
        return None


def ask_named_leader(client: Client, target: Target, replies: list[Reply]) -> list[Reply]:
    """mesos: the leader that the registered masters name, where it is none of them. Without it there are no totals."""
    answered = [reply.place.url for reply in replies if reply.snapshot is not None]
    if not answered or any(reply.snapshot is not None and reply.snapshot.elected for reply in replies):
        return []
    try:
        place = direct_place(target.leader_url(find_leader(client, target, answered)))
    except PollError:
        return []
    if any((place.host, place.port) == (reply.place.host, reply.place.port) for reply in replies):
        return []
    reply = ask(target, place)
    return [reply] if reply.snapshot is not None and reply.snapshot.elected else []


SOURCE = Source(
    name="masters",
    title="Mesos masters",
    endpoint="/metrics/snapshot",
    document="https://mesos.apache.org/documentation/latest/monitoring/",
    records="MasterSnapshot",
    period_seconds=10,
    lag_seconds=0,
    kinds=frozenset(Kind),
    poll=poll,
)
