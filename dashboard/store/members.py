"""Whom one shard asks: the agents whose hash falls into it, without those that rest because asking them only costs time."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collectors.errors import Outcome
from collectors.records import AGENT_PORT, AgentPlace, NodeOutcome, place
from dashboard import pace
from dashboard.models import Collection, Node, Poll
from dashboard.store.shards import asked_states, period_seconds


@dataclass(frozen=True)
class Members:
    """The agents of a shard: those to be asked this time, and how those that rest ended when they were asked last."""

    asked: tuple[AgentPlace, ...]
    resting: tuple[NodeOutcome, ...] = ()


def of(poll: Poll) -> Members:
    """The members of this poll. Two queries, three where one of them is silent.

    An agent that cost its time five times in a row is asked only every 2nd, 4th … slot, at least every ten minutes, until
    it answers or registers anew. All are asked where all of them would rest, for then it may be we or the way there that
    is down; and by a poll that an operator asked for.
    """
    agents = Node.objects.filter(cluster=poll.cluster_id, state__in=asked_states(poll.source)).order_by("host", "port")
    places = [
        AgentPlace(agent_id=agent_id, host=host, port=port)
        for agent_id, host, port in agents.values_list("agent_id", "host", "port")
        if zlib.crc32(agent_id.encode()) % poll.shards == poll.shard
    ]
    silent = _silent(poll) if _is_of_the_clock(poll) else {}
    resting = [agent for agent in places if _place(agent) in silent]
    if len(resting) == len(places):
        return Members(tuple(places))
    return Members(
        asked=tuple(agent for agent in places if _place(agent) not in silent),
        resting=tuple(_outcome(agent, silent[_place(agent)]) for agent in resting),
    )


def _place(agent: AgentPlace) -> str:
    return place(agent.host, _port(agent))


def _port(agent: AgentPlace) -> int | None:
    return None if agent.port == AGENT_PORT else agent.port


def _outcome(agent: AgentPlace, row: Collection) -> NodeOutcome:
    return NodeOutcome(host=agent.host, port=_port(agent), outcome=Outcome(row.outcome), detail=row.detail, asked=False)


def _is_of_the_clock(poll: Poll) -> bool:
    return poll.due_at.timestamp() % period_seconds(poll) == 0


def _silent(poll: Poll) -> Mapping[str, Collection]:
    """Whose turn it is not yet, by place. Whom the last poll had no time left to ask was not silent."""
    failing = Collection.objects.filter(
        cluster=poll.cluster_id,
        source=poll.source,
        outcome__in=pace.COSTLY,
        failures_in_row__gte=pace.FAILURES_BEFORE_REST,
        requests__gt=0,
    )
    waiting = {row.host: row for row in failing.exclude(host="") if poll.due_at.timestamp() < _turn_at(poll, row)}
    if not waiting:
        return {}
    registered = _registered(poll)
    return {
        host: row
        for host, row in waiting.items()
        if row.asked_at is None or all(at < row.asked_at for at in registered.get(host, ()))
    }


def _turn_at(poll: Poll, row: Collection) -> float:
    """The slot in which it is asked again, seconds since 1970."""
    period = period_seconds(poll)
    asked_in = pace.slot_start(row.asked_at.timestamp(), period) if row.asked_at else 0
    return asked_in + pace.rest_seconds(row.outcome, row.failures_in_row, period)


def _registered(poll: Poll) -> Mapping[str, tuple[datetime, ...]]:
    """When each agent registered, by place."""
    rows = Node.objects.filter(cluster=poll.cluster_id).values_list("host", "port", "registered_at", "reregistered_at")
    return {
        place(host, None if port == AGENT_PORT else port): tuple(at for at in times if at is not None)
        for host, port, *times in rows
    }
