"""How each source stands, as a whole and for each node asked: one upserted row, whose changes are events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from collectors.errors import ANSWERED, Outcome
from collectors.records import NodeOutcome
from dashboard.models import Collection, Event, Poll
from dashboard.store import shards
from dashboard.store.upserts import update_values, upsert
from dashboard.store.writing import Writing

COLUMNS = [
    *("outcome", "since", "last_success_at", "sample_at", "asked_at", "failures_in_row", "detail"),
    *("notes", "duration_seconds", "requests", "bytes_read"),
]
STANDING = ["pk", "host", "outcome"]
GOING_ON = [
    *("requests", "bytes_read", "duration_seconds", "detail"),
    *("asked_at", "last_success_at", "sample_at", "failures_in_row"),
]
"""What is written of a node that answers as it did before."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What is noted of a source's poll as a whole."""

    source: str
    outcome: Outcome
    detail: str = ""
    notes: str = ""
    sample_at: datetime | None = None
    sampled: Mapping[str, datetime] = field(default_factory=dict)
    """The sample time of each node that has one of its own, by host; the others are as old as the whole."""
    duration_seconds: float | None = None
    requests: int = 0
    bytes_read: int = 0


def write(writing: Writing, result: Result, nodes: Sequence[NodeOutcome]) -> int:
    """Note the source's outcome and that of each node that was asked; returns the source's failures in a row.

    Four queries, one more for a shard, and one for each change.
    """
    places = {node.place: node for node in nodes if node.asked}
    known = Collection.objects.filter(cluster=writing.cluster, source=result.source)
    standing = {host: (pk, outcome) for pk, host, outcome in known.filter(host__in=places).values_list(*STANDING)}
    news = {place: node for place, node in places.items() if not _goes_on(node, standing.get(place))}
    same = [
        [*_cost(node), *_success(writing, result, node), standing[place][0]]
        for place, node in places.items()
        if place not in news
    ]
    update_values(Collection, GOING_ON, same)
    rows = {row.host: row for row in known.filter(host__in=["", *news])}
    whole = rows.get("") or _new(writing, result.source, "")
    _note_whole(writing, whole, _of_all_shards(writing, result))
    changed = [whole, *(_note_node(writing, result, node, rows.get(place)) for place, node in news.items())]
    upsert(changed, unique=["cluster", "source", "host"], update=COLUMNS)
    return whole.failures_in_row


def _goes_on(node: NodeOutcome, standing: tuple[int, str] | None) -> bool:
    """Whether the node answers as it did: nearly all do, and then neither outcome nor since when is written again."""
    return standing is not None and standing[1] == node.outcome and node.outcome in ANSWERED


def _cost(node: NodeOutcome) -> list[Any]:
    return [node.requests, node.bytes_read, node.seconds, node.detail[:500]]


def _success(writing: Writing, result: Result, node: NodeOutcome) -> list[Any]:
    return [writing.now, writing.now, _sample_at(writing, result, node), 0]


def _sample_at(writing: Writing, result: Result, node: NodeOutcome) -> datetime:
    return result.sampled.get(node.host) or result.sample_at or writing.now


def _note_node(writing: Writing, result: Result, node: NodeOutcome, row: Collection | None) -> Collection:
    row = row or _new(writing, result.source, node.place)
    _note(writing, row, node.outcome, node.detail)
    row.requests, row.bytes_read, row.duration_seconds = node.requests, node.bytes_read, node.seconds
    if node.outcome in ANSWERED:
        row.sample_at = _sample_at(writing, result, node)
    return row


def _of_all_shards(writing: Writing, result: Result) -> Result:
    """The source as a whole after one of its shards: what its shards said last, each in this slot or the one before.

    It answers, in part, while any shard does. It is as old as the oldest shard that answered; one that did not is told
    of in the outcome and makes nothing look older than it is. Requests and bytes are those of one round of all shards,
    the duration is the longest.
    """
    poll = writing.poll
    if poll is None or poll.shards == 1:
        return result
    rest = shards.others(poll)
    outcomes = [result.outcome, *(Outcome(other.outcome) for other in rest)]
    answered = [outcome for outcome in outcomes if outcome in ANSWERED]
    outcome = result.outcome if not answered else Outcome.OK if set(outcomes) == {Outcome.OK} else Outcome.PARTIAL
    samples = [result.sample_at, *(other.sample_at for other in rest if other.outcome in ANSWERED)]
    return replace(
        result,
        outcome=outcome,
        detail="; ".join(_shards_in_words(poll, result, rest)),
        sample_at=min((sample for sample in samples if sample is not None), default=None),
        duration_seconds=max([result.duration_seconds or 0.0, *(_seconds(other) for other in rest)]),
        requests=result.requests + sum(other.requests for other in rest),
        bytes_read=result.bytes_read + sum(other.bytes_read for other in rest),
    )


def _shards_in_words(poll: Poll, result: Result, rest: Sequence[Poll]) -> list[str]:
    told = {poll.shard: (result.outcome, result.detail)} | {
        other.shard: (other.outcome, other.detail) for other in rest
    }
    return [
        f"part {shard + 1} of {poll.shards}: {detail or outcome}"
        for shard, (outcome, detail) in sorted(told.items())
        if outcome != Outcome.OK
    ]


def _seconds(poll: Poll) -> float:
    return (poll.ended_at - poll.started_at).total_seconds() if poll.ended_at and poll.started_at else 0.0


def _new(writing: Writing, source: str, host: str) -> Collection:
    return Collection(cluster=writing.cluster, source=source, host=host, outcome="", since=writing.now)


def _note_whole(writing: Writing, row: Collection, result: Result) -> None:
    _note(writing, row, result.outcome, result.detail)
    row.notes, row.duration_seconds = result.notes[:1000], result.duration_seconds
    row.requests, row.bytes_read = result.requests, result.bytes_read
    if result.sample_at is not None:
        row.sample_at = result.sample_at


def _note(writing: Writing, row: Collection, outcome: Outcome, detail: str) -> None:
    answered = outcome in ANSWERED
    before, was_answering = row.outcome, row.outcome in ANSWERED
    if before and answered != was_answering:
        _tell(writing, row, outcome)
    if before != outcome:
        row.outcome, row.since = outcome, writing.now
    row.detail, row.asked_at = detail[:500], writing.now
    row.failures_in_row = 0 if answered else row.failures_in_row + 1
    if answered:
        row.last_success_at = writing.now


def _tell(writing: Writing, row: Collection, outcome: Outcome) -> None:
    kind = Event.Kind.COLLECTION
    if row.host and row.source == "masters":
        kind = Event.Kind.MASTER_ANSWER
    writing.event(
        kind,
        row.host or row.source,
        name=row.host or row.source,
        place=row.source if row.host else "",
        before=row.outcome,
        after=outcome,
        taken_at=writing.now,
    )
