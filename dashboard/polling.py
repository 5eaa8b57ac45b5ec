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
from typing import TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace, Harvest, Turn
from collectors.sources import SOURCES_BY_NAME, Source
from collectors.target import Kind, Target
from dashboard.models import Cluster, Master, NodeHealth, Poll
from dashboard.store import clusters, ingest, members, paces, sealing, shards, slots, space, tick_totals
from dashboard.store.members import Members
from dashboard.store.writing import Writing
from dashboard.trouble import Trouble

log = structlog.get_logger("daytwo.polling")

Clock = Callable[[], datetime]
Done = TypeVar("Done")

RENEW_SECONDS = 4
"""A running poll renews its lease this often, so that a killed worker is noticed soon whatever the poll's length."""
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""A poll is worth a few tries, so long after each other: a database that restarts is back in a moment."""
PATIENCE_SECONDS = 30.0
"""No more tries after this: where it is locked, each of them waited, and newer slots are due."""
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
    """Do one poll unless another worker has it, has done it, or a newer one has overtaken it."""
    poll = _patiently(lambda: slots.claim(poll_id, clock()))
    if poll is None:
        return
    started = time.monotonic()
    with _renewing(poll, clock):
        _write(poll, _collect(SOURCES_BY_NAME[poll.source], poll), clock, started)


@dataclass(frozen=True)
class Brought:
    """A poll's result: what it harvested, or why it brought nothing."""

    harvest: Harvest | None
    error: PollError | None


def _collect(source: Source, poll: Poll) -> Brought:
    """Ask the cluster, with no transaction open. Whatever happens becomes an outcome."""
    try:
        agents = members.of(poll) if source.agents_per_shard else Members(asked=())
        harvest = source.poll(target_of(poll.cluster), _turn(source, poll, agents.asked))
        return Brought(replace(harvest, nodes=(*harvest.nodes, *agents.resting)), None)
    except PollError as error:
        return Brought(None, error)
    except sealing.CannotOpen as error:
        return Brought(None, PollError(Outcome.AUTH, f"the stored credential cannot be opened: {error}"))
    except Exception as error:
        # Anything unforeseen is an outcome an operator can see, and a trace in the log: never a silent loss.
        log.exception("poll failed", poll=poll.pk, source=source.name)
        return _internal(poll, error)


def _internal(poll: Poll, error: Exception) -> Brought:
    return Brought(None, PollError(Outcome.INTERNAL_ERROR, f"{type(error).__name__} in Day Two, poll {poll.pk}"))


def target_of(cluster: Cluster) -> Target:
    """How this cluster is reached, its opened credential included. Raises sealing.CannotOpen."""
    secrets = clusters.secrets_of(cluster)
    return Target(
        kind=Kind(cluster.kind),
        url=cluster.url,
        master_urls=tuple(cluster.master_urls.values_list("url", flat=True)),
        token=secrets.token,
        ca_pem=cluster.ca_pem or None,
        account=secrets.account,
    )


def _tick(poll: Poll) -> int:
    """Start of the slot: a poll asked for between two ticks belongs to the one before it."""
    period_seconds = shards.period_seconds(poll)
    return int(poll.due_at.timestamp()) // period_seconds * period_seconds


def _turn(source: Source, poll: Poll, agents: tuple[AgentPlace, ...] = ()) -> Turn:
    health = NodeHealth.objects.filter(cluster=poll.cluster, taken_at__gt=poll.due_at - timedelta(days=1))
    # Only those that answered: one that was replaced is in no list any more, and would be asked for ever.
    answered = Master.objects.filter(cluster=poll.cluster, taken_at__gt=poll.due_at - timedelta(hours=1))
    return Turn(
        tick=_tick(poll),
        period_seconds=shards.period_seconds(poll),
        known_masters=tuple(answered.values_list("host", flat=True)) if source.name != "component_health" else (),
        known_node_health=dict(health.values_list("host", "health")) if source.name == "component_health" else {},
        agents=agents,
        shard=poll.shard,
    )


@contextmanager
def _renewing(poll: Poll, clock: Clock) -> Iterator[None]:
    """Keep the lease until what was collected has been written, which may have to wait for the database."""
    done = Signal()

    def renew() -> None:
        while not done.wait(RENEW_SECONDS):
            try:
                slots.renew(poll, clock())
            except DatabaseError as error:
                log.warning("lease not renewed", poll=poll.pk, reason=str(error))
                connection.close_if_unusable_or_obsolete()
        connection.close()

    thread = Thread(target=renew, name=f"lease of poll {poll.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()


def _write(poll: Poll, brought: Brought, clock: Clock, started: float) -> None:
    """Write what the poll brought; that it could not be written is an outcome too."""
    try:
        _patiently(lambda: _close(poll, brought, clock(), time.monotonic() - started))
    except slots.Overtaken as reason:
        log.info("poll refused", poll=poll.pk, source=poll.source, reason=str(reason))
    except Exception as error:
        log.exception("poll could not be written", poll=poll.pk, source=poll.source)
        if space.note(error, clock()) is Trouble.DAMAGED:
            return
        # Where nothing can be written this cannot either: then the slot stays open and is sent again when its lease ends.
        with suppress(OperationalError, InterfaceError, slots.Overtaken):
            _close(poll, _internal(poll, error), clock(), time.monotonic() - started)


def _patiently(do: Callable[[], Done]) -> Done:
    """Do it; where the database is locked, full or away, again, each time from the beginning.

    Where a COMMIT was done and only its answer lost, lease and fence refuse the second try: nothing is written twice.
    """
    gives_up = time.monotonic() + PATIENCE_SECONDS
    for wait in RETRY_SECONDS:
        try:
            return do()
        except (OperationalError, InterfaceError):
            if time.monotonic() + wait > gives_up:
                raise
        connection.close_if_unusable_or_obsolete()
        time.sleep(wait)
    return do()


def _close(poll: Poll, brought: Brought, now: datetime, seconds: float) -> None:
    """Write what the poll brought and end its row, or nothing at all if its fence is old."""
    with transaction.atomic(durable=True):
        # Locked first: whatever was written while this waited is seen by the fence's check, and by what follows.
        cluster = Cluster.objects.select_for_update(no_key=True).filter(pk=poll.cluster_id).first()
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
