"""Each Marathon itself: who leads it, which version it is, how it fares.

Endpoint: GET /service/marathon/v2/info, /v2/leader where that names no leader, /metrics
Document: https://mesosphere.github.io/marathon/api-console/index.html
Yields:   MarathonSnapshot for each that answered, NodeOutcome for each that was asked

Whichever instance is asked, its leader answers. The metrics may be missing: on DC/OS Enterprise an account may read the
apps and not these.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from collectors.client import Client
from collectors.decoding import Dropped, count, decode, name
from collectors.each_marathon import ask_marathons
from collectors.errors import PollError
from collectors.records import Harvest, MarathonSnapshot, Turn
from collectors.sources.marathon_metrics import decode_metrics
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, MarathonPlace, Target


class Info(msgspec.Struct, frozen=True, rename="camel"):
    version: str
    name: str | None = None
    framework_id: str | None = None
    leader: str | None = None


class Leader(msgspec.Struct, frozen=True):
    leader: str


def read(client: Client, place: MarathonPlace, dropped: Dropped) -> MarathonSnapshot:
    answer = client.get(f"{place.url}/v2/info")
    info = decode(answer.body, Info, url=answer.url)
    return MarathonSnapshot(
        key=place.key,
        taken_at=answer.taken_at,
        name=name(info.name or ""),
        framework_id=name(info.framework_id or ""),
        version=name(info.version),
        leader=name(info.leader or read_leader(client, place)),
        metrics=read_metrics(client, place, dropped),
    )


def read_leader(client: Client, place: MarathonPlace) -> str:
    """host:port; empty while none is elected, which Marathon tells by a 404."""
    try:
        return client.get_json(f"{place.url}/v2/leader", Leader).leader
    except PollError as error:
        if error.http_status == HTTPStatus.NOT_FOUND:
            return ""
        raise


def read_metrics(client: Client, place: MarathonPlace, dropped: Dropped) -> dict[str, float]:
    try:
        answer = client.get(f"{place.url}/metrics")
        metrics, bad = decode_metrics(answer.body, url=answer.url)
    except PollError as error:
        count(dropped, f"metrics: {error.detail}")
        return {}
    dropped.update(bad)
    return metrics


def poll(target: Target, turn: Turn) -> Harvest:
    """Two or three questions to each Marathon."""
    return ask_marathons(target, read, deadline_seconds=POLL_DEADLINE_SECONDS)


SOURCE = Source(
    name="marathon",
    title="Marathon",
    endpoint="/service/marathon/metrics",
    document="https://mesosphere.github.io/marathon/docs/metrics.html",
    records="MarathonSnapshot",
    period_seconds=60,
    lag_seconds=0,
    kinds=frozenset(Kind),
    asks_marathon=True,
    poll=poll,
)
