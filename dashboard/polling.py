"""One poll from end to end: due, claimed, collected, written, closed (house, D6).

The row is the truth and the message a hint. A slot is opened once, whoever dispatches; claimed by a conditional UPDATE that
takes a lease and raises the fence; written in one transaction that first checks the fence. So two dispatchers, a lost or a
repeated message and a killed worker each cost at most one late poll.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event as Signal
from threading import Thread

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction

from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace, Harvest, NodeOutcome, Turn
from collectors.sources import SOURCES_BY_NAME, Source
from collectors.target import Target
from dashboard import pace
from dashboard.models import Cluster, Master, NodeHealth, Poll
from dashboard.patience import AWAY, patiently
from dashboard.store import (
    app_metrics,
    apps,
    clusters,
    ingest,
    members,
    paces,
    sealing,
    shards,
    slots,
    space,
    tick_totals,
)
from dashboard.store.members import Members
from dashboard.store.writing import Writing
from dashboard.trouble import Trouble

log = structlog.get_logger("daytwo.polling")

Clock = Callable[[], datetime]

RENEW_SECONDS = 4
"""A running poll renews its lease this often, so that a killed worker is noticed soon whatever the poll's length."""
WAIT_SECONDS = 30.0
"""A poll asked for by an operator waits so long for one of the same source that is running."""


def due(now: datetime) -> list[slots.Due]:
    """Open the slots that have come due, close what nobody can use or wait for any more, and list what a worker must be told.

    Nothing at all while the disk is full or the database damaged.
    """
    if not space.may_collect(now):
        return []
    slots.open_due(now)
    tick_totals.write_overdue(now)
    slots.close_stale(now)
    return slots.to_send(now)


mark_sent = slots.mark_sent


def run(poll_id: int, *, clock: Clock) -> None:
    """Do one poll unless another worker has it, has done it, or a newer one has overtaken it.

    Where the database stays away the slot stays open: when its lease is over it is sent again, or overtaken by the next.
    """
    poll = patiently(lambda: slots.claim(poll_id, clock()))
    if poll is None:
        return
    started = time.monotonic()
    try:
        with _renewing(poll, clock):
            _write(poll, _collect(SOURCES_BY_NAME[poll.source], poll), clock, started)
    except AWAY as error:
        log.exception("poll left open: the database was away", poll=poll.pk, source=poll.source)
        space.note(error, clock())


@dataclass(frozen=True)
class Question:
    """What the database says of a poll before the cluster is asked: where, what, and who rests meanwhile."""

    target: Target
    turn: Turn
    resting: tuple[NodeOutcome, ...]


@dataclass(frozen=True)
class Brought:
    """A poll's result: what it harvested, or why it brought nothing."""

    harvest: Harvest | None
    error: PollError | None


def _collect(source: Source, poll: Poll) -> Brought:
    """Ask the cluster, with no transaction open. Whatever happens becomes an outcome; what is AWAY is raised."""
    try:
        question = patiently(lambda: _question(source, poll))
        harvest = source.poll(question.target, question.turn)
        return Brought(replace(harvest, nodes=(*harvest.nodes, *question.resting)), None)
    except AWAY:
        raise
    except PollError as error:
        return Brought(None, error)
    except sealing.CannotOpen as error:
        return Brought(None, PollError(Outcome.AUTH, error.of_credential))
    except Exception as error:
        # Anything unforeseen is an outcome an operator can see, and a trace in the log: never a silent loss.
        log.exception("poll failed", poll=poll.pk, source=source.name)
        return _internal(poll, error)


def _question(source: Source, poll: Poll) -> Question:
    agents = members.of(poll) if source.agents_per_shard else Members(asked=())
    return Question(clusters.target_of(poll.cluster), _turn(source, poll, agents.asked), agents.resting)


def _internal(poll: Poll, error: Exception) -> Brought:
    return Brought(None, PollError(Outcome.INTERNAL_ERROR, f"{type(error).__name__} in Day Two, poll {poll.pk}"))


def _tick(poll: Poll) -> int:
    """Start of the slot: a poll asked for between two ticks belongs to the one before it."""
    return pace.slot_start(poll.due_at.timestamp(), shards.period_seconds(poll))


def _turn(source: Source, poll: Poll, agents: tuple[AgentPlace, ...] = ()) -> Turn:
    health = NodeHealth.objects.filter(cluster=poll.cluster, taken_at__gt=poll.due_at - timedelta(days=1))
    # Only those that answered: one that was replaced is in no list any more, and would be asked for ever.
    answered = Master.objects.filter(cluster=poll.cluster, taken_at__gt=poll.due_at - timedelta(hours=1))
    return Turn(
        tick=_tick(poll),
        period_seconds=shards.period_seconds(poll),
        known_masters=tuple(answered.values_list("host", flat=True)) if source.name != "component_health" else (),
        known_node_health=dict(health.values_list("host", "health")) if source.name == "component_health" else {},
        failed_apps=apps.to_ask(poll.cluster, poll.due_at) if source.name == "apps" else (),
        agents=agents,
        app_containers=app_metrics.to_ask(poll.cluster, agents, poll.due_at) if source.name == "app_metrics" else (),
        shard=poll.shard,
    )


@contextmanager
def _renewing(poll: Poll, clock: Clock) -> Iterator[None]:
    """Keep the lease until what was collected has been written, which may have to wait for the database."""
    done = Signal()

    def renew() -> None:
        if done.wait(RENEW_SECONDS):
            return  # as most polls: a connection is made only where it is used
        while not done.is_set():
            try:
                slots.renew(poll, clock())
            except (DatabaseError, InterfaceError) as error:
                log.warning("lease not renewed", poll=poll.pk, reason=str(error))
                connection.close_if_unusable_or_obsolete()
            done.wait(RENEW_SECONDS)
        connection.close()

    thread = Thread(target=renew, name=f"lease of poll {poll.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()


def _write(poll: Poll, brought: Brought, clock: Clock, started: float) -> None:
    """Write what the poll brought; that it could not be written is an outcome too. What is AWAY is raised."""
    try:
        patiently(lambda: _close(poll, brought, clock(), time.monotonic() - started))
    except slots.Overtaken as reason:
        log.info("poll refused", poll=poll.pk, source=poll.source, reason=str(reason))
    except AWAY:
        raise
    except Exception as error:
        log.exception("poll could not be written", poll=poll.pk, source=poll.source)
        if space.note(error, clock()) is Trouble.DAMAGED:
            return
        with suppress(slots.Overtaken):
            _close(poll, _internal(poll, error), clock(), time.monotonic() - started)


def _close(poll: Poll, brought: Brought, now: datetime, seconds: float) -> None:
    """Write what the poll brought and end its row, or nothing at all if its fence is old."""
    with transaction.atomic(durable=True):
        cluster = clusters.lock(poll.cluster_id)
        if cluster is None:
            raise slots.Overtaken("the cluster was removed")
        slots.check_fence(poll, now)
        writing, failures_in_row = Writing(cluster=cluster, tick=_tick(poll), now=now, poll=poll), 0
        if brought.harvest is not None:
            written = ingest.harvest(writing, poll.source, brought.harvest, duration_seconds=seconds)
            poll.kept, poll.sample_at = written.kept, ingest.sampled_at(written.harvest)
            poll.outcome, poll.detail = written.harvest.outcome, ingest.in_words(written.harvest)
            poll.requests, poll.bytes_read = written.harvest.requests, written.harvest.bytes_read
            poll.dropped = sum(written.harvest.dropped.values())
        elif brought.error is not None:
            failures_in_row = ingest.failure(writing, poll.source, brought.error, duration_seconds=seconds)
            poll.outcome, poll.detail, poll.kept = brought.error.outcome, brought.error.detail, 0
        slots.end(poll, now)
        paces.follow(writing, poll)
        tick_totals.poll_ended(writing, poll)
    # The first failure is news; that it goes on stands on Collection.
    tell = log.warning if failures_in_row == 1 else log.debug
    tell("poll", cluster=cluster.name, source=poll.source, outcome=str(poll.outcome), detail=poll.detail)


def poll_all_now(cluster: Cluster, source_name: str, *, clock: Clock) -> list[Poll]:
    """Do one poll outside the slots of the clock, after one of this source that is running, shard after shard.

    The rows are ended, unless the other one ran for longer than 30 s: then the dispatcher sees to them.
    """
    polls = slots.open_all_now(cluster, source_name, clock())
    waits_until = time.monotonic() + WAIT_SECONDS
    for poll in polls:
        _run_when_free(poll, waits_until, clock)
    return polls


def _run_when_free(poll: Poll, waits_until: float, clock: Clock) -> None:
    while True:
        run(poll.pk, clock=clock)
        poll.refresh_from_db()
        if poll.ended_at is not None or time.monotonic() > waits_until:
            return
        time.sleep(0.2)
        slots.put_off(poll, clock())


def poll_now(cluster: Cluster, source_name: str, *, clock: Clock) -> Poll:
    """The same, and returns the row of the first shard that did not answer wholly, else of the first."""
    polls = poll_all_now(cluster, source_name, clock=clock)
    return next((poll for poll in polls if poll.outcome != Outcome.OK), polls[0])
