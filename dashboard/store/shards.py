"""Shards: a source that asks each agent is polled in parts, each a slot of its own with the agents whose hash falls into it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count

from collectors.errors import Outcome
from collectors.sources import SOURCES_BY_NAME, Source
from dashboard.models import Cluster, Node, Poll

ASKED = (Node.State.ACTIVE, Node.State.DRAINING, Node.State.DEACTIVATED, Node.State.REREGISTERING)
"""Agents that are asked for figures. After an election those that are re-registering still run, and answer."""

SILENT_TOO = frozenset({"nodes", "agents"})
"""Sources that agents which lost their master are asked by too: what still answers tells a dead process from a dead host."""


def asked_states(source: str) -> tuple[Node.State, ...]:
    """The states of agents that are asked by this source."""
    return (*ASKED, Node.State.INACTIVE) if source in SILENT_TOO else ASKED


def counts(sharded: Iterable[Source]) -> dict[tuple[int, str], int]:
    """Into how many shards each of these sources is divided now, by cluster id and source name. One query.

    A cluster whose summary was never read is left out: its agents are not known yet, and nobody could be asked.
    """
    known = Node.objects.order_by().values_list("cluster", "state").annotate(agents=Count("pk"))
    agents = {(cluster, state): count for cluster, state, count in known}
    read = Cluster.objects.exclude(summary_taken_at=None).values_list("pk", flat=True)

    def asked(cluster: int, source: Source) -> int:
        return sum(agents.get((cluster, state), 0) for state in asked_states(source.name))

    return {
        (cluster, source.name): max(1, -(-asked(cluster, source) // _size(source)))
        for source in sharded
        for cluster in read
    }


def _size(source: Source) -> int:
    most: int = settings.AGENTS_PER_SHARD
    return max(1, min(source.agents_per_shard, most))


def period_seconds(poll: Poll) -> int:
    """How long the poll's slot is."""
    return poll.period_seconds or SOURCES_BY_NAME[poll.source].period_seconds


def slot_seconds(source: str, poll: Poll | None) -> int:
    """The same of what may be written without a poll: then the source's own period."""
    return SOURCES_BY_NAME[source].period_seconds if poll is None else period_seconds(poll)


def send_after(poll: Poll) -> datetime:
    """When this shard's turn comes: the shards of a slot are spread over the first half of the period."""
    half = period_seconds(poll) / 2
    return poll.due_at + timedelta(seconds=half * poll.shard / poll.shards)


def others(poll: Poll) -> list[Poll]:
    """How each other shard ended last, in this slot or the one before; one that was only overtaken says nothing."""
    period = timedelta(seconds=period_seconds(poll))
    ended = Poll.objects.filter(
        cluster=poll.cluster_id, source=poll.source, shards=poll.shards, due_at__gt=poll.due_at - 2 * period
    ).exclude(outcome__in=["", Outcome.SKIPPED_OVERLAP])
    latest = {row.shard: row for row in ended.exclude(shard=poll.shard).order_by("due_at")}
    return [latest[shard] for shard in sorted(latest)]
