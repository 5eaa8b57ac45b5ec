"""Events followed into incidents: what is new is told once, what is open is looked at again, all in one transaction.

The cursor on the Watch row says how far events were followed. It moves in the transaction that writes what they became, so that
a killed worker costs nothing and two of them do nothing twice; an event that is linked to an incident is never told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Max, Q

from dashboard.incidents import agent, context, gathering, gathering_tasks, master, planned, scheduler, task
from dashboard.incidents.book import AGAIN_WITHIN, Book, Link
from dashboard.incidents.causes import Causes
from dashboard.incidents.timeouts import Timeouts
from dashboard.models import Cluster, Event, Incident, IncidentEvent, Node, Watch
from dashboard.queries.incident_phases import silent_since
from dashboard.store import incidents

log = structlog.get_logger("daytwo.incidents")

About, Kind = Incident.About, Event.Kind
FIRST_LOOK_BACK = timedelta(hours=24)
"""Of what happened before Day Two followed a cluster, only so much becomes incidents: what is older is history."""
MOST_EVENTS = 2000
"""So many at once; what is left is followed in the next turn."""
HELD = timedelta(minutes=5)
"""So long an agent that went from the list may still turn out to be lost: its registry is read once a minute."""
HELD_KINDS = Q(kind=Kind.AGENT_STATE, after=Node.State.UNREGISTERED) | Q(kind=Kind.TASKS_FAILED)
MOST_LINKS = 100
"""Of an incident that goes on and on the first so many changes are kept with it."""
CLOSED_KNOWN = timedelta(hours=24)
"""So long an incident that an operator closed keeps what goes on from being told as another."""
NOTED_EVERY = timedelta(minutes=1)
"""How often it is noted that there was nothing to follow."""
ABOUT = {
    Kind.AGENT_STATE: About.AGENT,
    Kind.FRAMEWORK_STATE: About.SCHEDULER,
    Kind.TASKS_FAILED: About.TASKS,
    Kind.TASK_FAILED: About.TASKS,
    **dict.fromkeys(master.TOLD, About.MASTER),
}
"""The changes that make incidents, and of what."""


def follow(cluster_id: int, now: datetime) -> int:
    """Follow a cluster's events since the last time, and look again at its open incidents; returns how many changed.

    Five queries where nothing happened, six once a minute; else a number that does not grow with the cluster or with the
    events, but for one for each incident that begins. Raises nothing on odd events: they are logged, and the others go on.
    """
    with transaction.atomic():
        # Polls hold this lock while they write events, so that whoever has it sees all ids up to the last.
        cluster = Cluster.objects.select_for_update(no_key=True).filter(pk=cluster_id).first()
        if cluster is None:
            return 0
        watch = incidents.watch_of(cluster)
        if watch.followed_at is None:
            _begin_watch(watch, now)
        events = _events(watch, now)
        known = list(Incident.objects.filter(_of_now(now), cluster=cluster).select_related("cause"))
        changed = _Pass(cluster, watch, events, known, now).run() if events or known else 0
        last = max((event.pk for event in events), default=watch.followed_event_id)
        if last > watch.followed_event_id or watch.followed_at is None or now - watch.followed_at >= NOTED_EVERY:
            incidents.move(watch, last, now)
    return changed


def _begin_watch(watch: Watch, now: datetime) -> None:
    # By when it was seen: of what the registry says late and with an old time, all before it would be held for old too.
    older = Event.objects.filter(cluster=watch.cluster_id, seen_at__lt=now - FIRST_LOOK_BACK)
    watch.followed_event_id = older.aggregate(last=Max("pk"))["last"] or 0


def _events(watch: Watch, now: datetime) -> list[Event]:
    """Those not followed yet, and with them the agents that lately went from the list, which may still turn out to be lost, and
    counts of failed tasks, which may still wait for their names."""
    # Two ranges of two indexes: asked for at once, or in the order of their ids, they would be a walk over all events.
    every = Event.objects.filter(cluster=watch.cluster_id)
    new = every.filter(pk__gt=watch.followed_event_id).order_by("pk")[:MOST_EVENTS]
    left = every.filter(HELD_KINDS, taken_at__gt=now - HELD)
    held = [event for event in left.order_by("-taken_at")[:MOST_EVENTS] if event.pk <= watch.followed_event_id]
    return [*sorted(held, key=lambda event: event.pk), *new]


def _of_now(now: datetime) -> Q:
    """Incidents that may still change, and those that an operator closed though what failed may not be back yet."""
    closed = Q(state=Incident.State.CLOSED, about__in=[About.AGENT, About.SCHEDULER], ended_at__gt=now - CLOSED_KNOWN)
    return Q(ended_at=None) | Q(ended_at__gt=now - AGAIN_WITHIN) | closed


class _Pass:
    """One turn for one cluster."""

    def __init__(
        self, cluster: Cluster, watch: Watch, events: Sequence[Event], known: Sequence[Incident], now: datetime
    ) -> None:
        self.cluster, self.watch, self.now = cluster, watch, now
        self.book = Book.of(cluster.pk, known)
        self.events = [event for event in events if event.pk > watch.followed_event_id]
        self.told = self._not_linked([event for event in events if event.kind in ABOUT])
        self.zones: dict[str, str] = {}
        self.failed = 0

    def run(self) -> int:
        flags = gathering.timeouts_of(self.cluster) if self.told else Timeouts()
        self._masters(flags)
        self._agents(flags)
        self._schedulers()
        self._tasks()
        begun = self.book.begun
        self._explain(begun)
        changed = incidents.write(self.book.changed)
        incidents.link(self._links(begun))
        if self.failed:
            log.error("events not followed", cluster=self.cluster.name, failed=self.failed)
        return changed

    def _not_linked(self, events: Sequence[Event]) -> list[Event]:
        """Without those that belong to an incident already. One query, none where there are none."""
        if not events:
            return []
        linked = IncidentEvent.objects.filter(event__in=events, incident__cluster=self.cluster)
        known = set(linked.values_list("event_id", flat=True))
        return [event for event in events if event.pk not in known]

    def _of(self, about: Incident.About) -> list[Event]:
        return [event for event in self.told if ABOUT[Kind(event.kind)] == about]

    def _masters(self, flags: Timeouts) -> None:
        events = self._of(About.MASTER)
        if not events and not self.book.of_kind(About.MASTER):
            return
        known = gathering.of_masters(self.cluster, self.now, events, flags)
        leader = next((event.before for event in events if event.kind == Kind.LEADER), self.cluster.leader_host)
        for event in events:
            with self._one():
                leader = master.told(event, self.book, leader, known)
        with self._one():
            master.judge(self.book, leader, known)

    def _agents(self, flags: Timeouts) -> None:
        events = self._of(About.AGENT)
        open_ = self.book.of_kind(About.AGENT)
        if not events and not open_:
            return
        silent = {incident.subject: silent_since(incident) for incident in open_}
        silent |= {event.subject: event.taken_at for event in events if event.subject not in silent}
        held = [event for event in events if event.after == Node.State.UNREGISTERED]
        samples = gathering.samples(self.cluster, "summary", events)
        hosts = {event.subject for event in held}
        known = replace(
            gathering.of_agents(self.cluster, self.now, silent, hosts, samples, flags),
            elected_at=self.cluster.leader_since,
            left_as={event.subject: event.before for event in held},
            back_by=gathering.back_by(self.cluster, self.book.closed.values()) if events else {},
        )
        self._tell(events, lambda event: agent.told(event, self.book, known))
        with self._one():
            agent.settle(held, self.book, known)
            agent.count(self.book, known)
        self._judge(About.AGENT, lambda incident: agent.judge(incident, self.book, known))
        self.zones = {host: one.zone for host, one in known.hosts.items()}

    def _schedulers(self) -> None:
        events = self._of(About.SCHEDULER)
        if events:
            tasks = gathering.tasks_of(self.cluster, {event.subject for event in events})
            samples = gathering.samples(self.cluster, "summary", events)
            self._tell(events, lambda event: scheduler.told(event, self.book, tasks, samples))

    def _tasks(self) -> None:
        events, open_ = task.counts_first(self._of(About.TASKS)), self.book.of_kind(About.TASKS)
        if not events and not open_:
            return
        known = gathering_tasks.known(self.cluster, self.now, events, open_, self.watch.followed_event_id)
        self._tell(events, lambda event: task.told(event, self.book, known))
        self._judge(About.TASKS, lambda incident: task.judge(incident, self.book, known))

    def _tell(self, events: Sequence[Event], tell: Callable[[Event], None]) -> None:
        for event in events:
            with self._one():
                tell(event)

    def _judge(self, about: Incident.About, judge: Callable[[Incident], None]) -> None:
        for incident in self.book.of_kind(about):
            with self._one():
                judge(incident)

    def _explain(self, begun: Sequence[Incident]) -> None:
        """What was planned, and what may have caused what: of a cause that is seen after its effect a little later."""
        silences = gathering.maintenances(self.cluster, begun)
        for incident in begun:
            with self._one():
                host = context.host_of(incident)
                why = planned.reason(incident, host, self.zones.get(host, ""), silences) if host else ""
                if why and not incident.planned:
                    incident.planned, incident.planned_reason = True, why
                    self.book.change(incident)
        others = [*self.book.open.values(), *self.book.ended]
        known = Causes(others, self.zones)
        for incident in others:
            if incident.cause is None and self.now - incident.detected_at < HELD:
                with self._one():
                    self._explain_one(incident, known)

    def _explain_one(self, incident: Incident, known: Causes) -> None:
        found = known.of(incident)
        if found is not None:
            incident.cause, incident.cause_reason = found
            self.book.change(incident)

    def _links(self, begun: Sequence[Incident]) -> list[Link]:
        """The events that made the incidents, and what else changed on their hosts."""
        new = {id(incident) for incident in begun}
        on = {context.host_of(incident) for incident in begun} - {""}
        early = gathering.around(self.cluster, begun, on, context.KINDS, context.BEFORE)
        fresh = [event for event in self.events if event.kind in context.KINDS]
        going_on = [one for one in (*self.book.open.values(), *self.book.ended) if id(one) not in new]
        counts = gathering.links_of(going_on) if fresh or self.book.links else {}
        own = [link for link in self.book.links if counts.get(link.incident.pk, 0) < MOST_LINKS]
        return [*own, *context.links(begun, early), *context.links(going_on, fresh, counts)]

    @contextmanager
    def _one(self) -> Iterator[None]:
        """Whatever is odd about one event or incident costs that one only."""
        try:
            yield
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError):
            self.failed += 1
            log.exception("event or incident not followed", cluster=self.cluster.name)
