"""The listener: which streams it reads, and what becomes of what they tell.

One thread writes, with one database connection; each stream has a thread that only reads (`reader.py`). Of several listeners
each stream has one reader, and whoever lost its lease writes nothing: the fence is checked in the transaction that writes.
Without any listener polls tell the same, later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Signal

import structlog
from django.db import connection, transaction

from collectors.errors import Outcome
from collectors.records import StreamRecord
from collectors.streams import StreamKind, open_stream
from collectors.target import Target
from dashboard.listening.reader import End, Reader
from dashboard.listening.wishes import Send, Wishes
from dashboard.models import Cluster, Master, Stream
from dashboard.patience import AWAY
from dashboard.store import clusters, sealing, space, streams, task_changes
from dashboard.store.task_changes import Applied
from dashboard.store.writing import Writing

log = structlog.get_logger("daytwo.listening")

Clock = Callable[[], datetime]
LOOK_SECONDS = 2.0
"""So often it is asked which streams there should be."""
BEAT_SECONDS = 0.25
"""So long nothing is done where no stream has anything to tell."""
FOLLOW_WITHIN_SECONDS = 5.0


@dataclass
class Held:
    """A stream that this listener has the lease of."""

    stream: Stream
    target: Target
    reader: Reader


class Listener:
    """`send` hands a task's name and an id to the workers, as a hint."""

    def __init__(self, *, clock: Clock, send: Send) -> None:
        self._clock, self._send = clock, send
        self._wishes = Wishes(send)
        self._held: dict[int, Held] = {}
        self._woken, self._stopped = Signal(), Signal()
        self._looked_at = self._renewed_at = float("-inf")

    def stop(self) -> None:
        """End `run` soon; may be called from a signal's handler."""
        self._stopped.set()
        self._woken.set()

    def run(self) -> None:
        """Listen until it is stopped, then let others have the streams at once."""
        try:
            while not self._stopped.is_set():
                self._woken.wait(BEAT_SECONDS)
                self._woken.clear()
                self.turn()
        finally:
            self._let_go()

    def turn(self) -> None:
        """Write what came, hold what is held, and now and then look which streams there are. A database that is away for a
        moment is tried again with the next turn: what was not written a list tells again when the stream is opened anew."""
        try:
            # Mesos first: of a failure that both tell it knows the reason.
            for held in sorted(self._held.values(), key=lambda one: one.stream.kind != Stream.Kind.MESOS):
                self._drain(held)
            now = time.monotonic()
            if now - self._renewed_at >= streams.RENEW_SECONDS:
                self._renewed_at = now
                self._renew()
            if now - self._looked_at >= LOOK_SECONDS:
                self._looked_at = now
                self._look()
            self._wishes.grant(self._clock())
        except AWAY as error:
            log.warning("the database is away", reason=str(error))
            space.note(error, self._clock())
            connection.close_if_unusable_or_obsolete()
            self._drop_all()

    def _drain(self, held: Held) -> None:
        records, end = held.reader.take(), held.reader.end
        try:
            if records:
                self._write(held, records)
            if end is not None:
                self._fail(held, end)
        except streams.Lost as reason:
            log.info("stream left", cluster=held.stream.cluster.name, stream=str(held.stream), reason=str(reason))
            self._drop(held)
        except AWAY:
            raise
        except Exception as error:
            # What cannot be written now is told again by the list with which the stream begins, or by a poll.
            log.exception("events could not be written", stream=str(held.stream))
            space.note(error, self._clock())
            self._fail(held, End(Outcome.INTERNAL_ERROR, f"{type(error).__name__} in Day Two: events were not written"))

    def _write(self, held: Held, records: list[StreamRecord]) -> None:
        now = self._clock()
        done = write(held, records, now)
        self._wishes.add(held.stream.cluster, done.looks)
        if done.told:
            self._send("dashboard.tasks.follow_events", held.stream.cluster_id, FOLLOW_WITHIN_SECONDS)

    def _renew(self) -> None:
        for held in list(self._held.values()):
            if not streams.renew(held.stream, held.reader.heard_at, self._clock()):
                self._drop(held)

    def _look(self) -> None:
        """Take the streams that nobody reads, and leave those whose cluster is paused, or gone, or reached in another way."""
        if not space.may_collect(self._clock()):
            self._let_go()
            return
        enabled = {cluster.pk: cluster for cluster in Cluster.objects.filter(enabled=True)}
        for held in [one for one in self._held.values() if one.stream.cluster_id not in enabled]:
            self._leave(held)
        for cluster in enabled.values():
            self._look_at(cluster)

    def _look_at(self, cluster: Cluster) -> None:
        try:
            target = clusters.target_of(cluster)
        except sealing.CannotOpen as error:
            self._give_up(cluster, End(Outcome.AUTH, error.of_credential))
            return
        except ValueError as error:
            self._give_up(
                cluster, End(Outcome.INTERNAL_ERROR, f"what is stored of the cluster cannot be used: {error}")
            )
            return
        streams.keep(cluster, target)
        for held in [one for one in self._held.values() if one.stream.cluster_id == cluster.pk]:
            if held.target != target:
                self._leave(held)
        for stream in streams.free(cluster, self._clock()):
            if stream.pk in self._held:
                self._drop(self._held[stream.pk])
            if streams.claim(stream, self._clock()):
                stream.cluster = cluster
                self._open(stream, target)

    def _give_up(self, cluster: Cluster, end: End) -> None:
        """Of a cluster that cannot be asked any more each stream says why, and is tried again later."""
        streams.keep_mesos(cluster)
        for held in [one for one in self._held.values() if one.stream.cluster_id == cluster.pk]:
            self._fail(held, end)
        for stream in streams.free(cluster, self._clock()):
            if streams.claim(stream, self._clock()):
                stream.cluster = cluster
                self._note_end(stream, end)

    def _open(self, stream: Stream, target: Target) -> None:
        masters = Master.objects.filter(cluster=stream.cluster, taken_at__isnull=False)
        hosts = tuple(masters.values_list("host", flat=True))
        listening = open_stream(target, StreamKind(stream.kind), key=stream.key, known_masters=hosts)
        reader = Reader(listening, f"stream {stream.pk} {stream}", self._woken.set)
        self._held[stream.pk] = Held(stream, target, reader)

    def _fail(self, held: Held, end: End) -> None:
        self._note_end(held.stream, end)
        self._drop(held)

    def _note_end(self, stream: Stream, end: End) -> None:
        tell = log.warning if stream.failures_in_row == 0 else log.debug
        tell("stream", cluster=stream.cluster.name, stream=str(stream), outcome=end.outcome, detail=end.detail)
        streams.fail(stream, end.outcome, end.detail, self._clock())

    def _leave(self, held: Held) -> None:
        streams.release([held.stream])
        self._drop(held)

    def _drop(self, held: Held) -> None:
        held.reader.stop()
        self._held.pop(held.stream.pk, None)

    def _drop_all(self) -> None:
        for held in list(self._held.values()):
            self._drop(held)

    def _let_go(self) -> None:
        """Others may have all of them at once; where the database is away the leases run out."""
        held = [one.stream for one in self._held.values()]
        self._drop_all()
        try:
            streams.release(held)
        except AWAY as error:
            log.warning("leases not given back", reason=str(error))


def write(held: Held, records: list[StreamRecord], now: datetime) -> Applied:
    """Write what a stream told, or nothing at all if its lease is another's. Raises streams.Lost."""
    stream, reader = held.stream, held.reader
    dropped = reader.dropped()
    with transaction.atomic(durable=True):
        cluster = clusters.lock(stream.cluster_id)
        if cluster is None:
            raise streams.Lost("the cluster was removed")
        streams.check_fence(stream)
        done = task_changes.apply(Writing(cluster=cluster, tick=int(now.timestamp()), now=now), stream, records)
        opened = task_changes.openings(records)
        streams.note(
            stream, opened=opened, events=len(records) - opened, dropped=dropped, heard_at=reader.heard_at, now=now
        )
    return done
