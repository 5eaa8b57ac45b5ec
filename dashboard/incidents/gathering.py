"""What incidents are judged by, read from what is stored. Each function says how many queries it costs."""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from collectors.errors import ANSWERED, Outcome
from collectors.records import AGENT_PORT, place
from dashboard.incidents import agent, hosts, master, timeouts
from dashboard.incidents.agent import Host
from dashboard.incidents.hosts import Heard
from dashboard.incidents.samples import Samples
from dashboard.incidents.timeouts import Timeouts
from dashboard.models import (
    Cluster,
    Collection,
    Event,
    Framework,
    Incident,
    IncidentEvent,
    Node,
    NodeHealth,
    Poll,
    ProcessFlags,
    Silence,
    UnitState,
)
from dashboard.models.components import Health
from dashboard.queries import agents

METRICS, PORT = "nodes", "agents"
HUNG = (Outcome.TIMEOUT_HEADERS, Outcome.TIMEOUT_BODY, Outcome.TIMEOUT_CONNECT)
AGENT_UNITS = ("dcos-mesos-slave.service", "dcos-mesos-slave-public.service")
TELL_FAILURES = ("masters", "summary")
SAMPLES_BACK = timedelta(minutes=30)
MOST_SAMPLES = 2000


def of_agents(
    cluster: Cluster, now: datetime, silent: Mapping[str, datetime], held: Many[str], samples: Samples, flags: Timeouts
) -> agent.Known:
    """What is known of these hosts, each with the time of its silence. Five queries, three more where some are held."""
    nodes: dict[str, list[Node]] = {}
    for node in Node.objects.filter(cluster=cluster, host__in=list(silent)):
        nodes.setdefault(node.host, []).append(node)
    rows = _collected(cluster, nodes)
    heard = _heard(cluster, silent)
    lost = _held_for_lost(cluster) if held else set()
    found = {host: _host(host, nodes.get(host, []), rows, heard.get(host, []), lost, cluster) for host in silent}
    running = Node.objects.filter(cluster=cluster, state=Node.State.ACTIVE).aggregate(tasks=Sum("tasks_running"))
    return agent.Known(now=now, hosts=found, timeouts=flags, tasks_running=running["tasks"] or 0, samples=samples)


def back_by(cluster: Cluster, closed: Iterable[Incident]) -> dict[str, int]:
    """The event by which each of these agents was first back after its loss was closed, by its host. One query, none where
    there are none."""
    ended = {one.subject: one.ended_at for one in closed if one.about == Incident.About.AGENT and one.ended_at}
    if not ended:
        return {}
    back = Event.objects.filter(
        cluster=cluster,
        kind=Event.Kind.AGENT_STATE,
        after=Node.State.ACTIVE,
        subject__in=list(ended),
        taken_at__gt=min(ended.values()),
    )
    told = back.order_by("-pk").values_list("subject", "pk", "taken_at")
    return {host: pk for host, pk, at in told if at > ended[host]}


def _host(
    host: str,
    nodes: Sequence[Node],
    rows: Mapping[tuple[str, str], Collection],
    heard: Sequence[Heard],
    lost: set[int],
    cluster: Cluster,
) -> Host:
    places = [place_of(node.host, node.port) for node in nodes]
    ports = [row for at in places if (row := rows.get((PORT, at))) is not None]
    said = [*heard, *_of_rows(ports, rows.get((METRICS, host)), direct=cluster.kind == Cluster.Kind.MESOS)]
    away = [node for node in nodes if node.state != Node.State.ACTIVE] or list(nodes)
    failing = [row for row in ports if row.outcome not in ANSWERED]
    tasks = [node.tasks_running for node in away if node.tasks_running is not None]
    return Host(
        states=frozenset(node.state for node in nodes),
        zone=next((node.zone for node in nodes if node.zone), ""),
        last_seen=max((node.last_seen for node in away), default=None),
        tasks=sum(tasks) if tasks else None,
        heard=said,
        port_failing_since=failing[0].since if failing else None,
        port_answered_at=failing[0].last_success_at if failing else None,
        held_for_lost=any(node.pk in lost for node in nodes),
        maintenance=next((node.maintenance for node in nodes if node.maintenance in agent.AWAY), ""),
    )


def place_of(host: str, port: int) -> str:
    """As the rows of collection name an agent."""
    return place(host, None if port == AGENT_PORT else port)


def _of_rows(ports: Iterable[Collection], metrics: Collection | None, *, direct: bool) -> list[Heard]:
    found = [hosts.of_port(row.outcome, row.asked_at, row.last_success_at, direct=direct) for row in ports]
    if metrics is not None:
        told = (metrics.outcome, metrics.asked_at, metrics.last_success_at, metrics.failures_in_row)
        found.append(hosts.of_metrics(*told))
    return [one for one in found if one is not None]


def _collected(cluster: Cluster, nodes: Mapping[str, Sequence[Node]]) -> dict[tuple[str, str], Collection]:
    """Source and place → how it was heard. One query."""
    places = {place_of(node.host, node.port) for each in nodes.values() for node in each} | set(nodes)
    rows = Collection.objects.filter(cluster=cluster, source__in=[METRICS, PORT], host__in=list(places))
    return {(row.source, row.host): row for row in rows}


def _heard(cluster: Cluster, silent: Mapping[str, datetime]) -> dict[str, list[Heard]]:
    """What diagnostics and systemd on these hosts said. Two queries."""
    found: dict[str, list[Heard]] = {host: [] for host in silent}
    for node in NodeHealth.objects.filter(cluster=cluster, host__in=list(silent)):
        said = hosts.of_diagnostics(
            dark=node.health == Health.NO_DATA,
            since=node.since,
            taken_at=node.taken_at,
            silent_since=silent[node.host],
        )
        found[node.host] += [said] if said else []
    down = UnitState.objects.filter(
        component__cluster=cluster,
        component__unit__in=AGENT_UNITS,
        node__host__in=list(silent),
        health=Health.UNHEALTHY,
    )
    for host, unit, at in down.values_list("node__host", "component__unit", "taken_at"):
        found[host].append(hosts.of_unit(unit, at))
    return found


def _held_for_lost(cluster: Cluster) -> set[int]:
    """Three queries. Of several that left at once, those first that hung when they were asked last: a process that hangs
    cannot have left in good order."""
    left = Node.objects.filter(cluster=cluster, state__in=Node.LEFT).order_by("-state_since")
    known = list(left.values_list("pk", "state", "state_since", "host", "port"))
    hung = set(Collection.objects.filter(cluster=cluster, source=PORT, outcome__in=HUNG).values_list("host", flat=True))
    known.sort(key=lambda row: (row[2], place_of(row[3], row[4]) in hung), reverse=True)
    return agents.unnamed(cluster, (row[:3] for row in known))


def of_masters(cluster: Cluster, now: datetime, events: Sequence[Event], flags: Timeouts) -> master.Known:
    """Two queries, one more where there are events."""
    rows = Collection.objects.filter(cluster=cluster, source="masters").exclude(host="").values_list("host", "outcome")
    places = dict(rows)
    waited_for = Node.objects.filter(cluster=cluster, state=Node.State.REREGISTERING).exists()
    return master.Known(
        now=now,
        masters=len(places),
        asked=frozenset(places),
        silent=frozenset(at for at, outcome in places.items() if outcome not in ANSWERED),
        settled_at=None if waited_for else cluster.summary_taken_at,
        returned=frozenset(
            event.subject for event in events if event.kind == Event.Kind.MASTER_ANSWER and event.after in ANSWERED
        ),
        samples=samples(cluster, "masters", events),
        timeouts=flags,
    )


def tasks_of(cluster: Cluster, framework_ids: Iterable[str]) -> dict[str, int]:
    """How many tasks each framework runs, as last known; without those that do not tell. One query."""
    rows = Framework.objects.filter(cluster=cluster, framework_id__in=list(framework_ids))
    return {key: tasks for key, tasks in rows.values_list("framework_id", "tasks_running") if tasks is not None}


def looked_at(cluster: Cluster, now: datetime) -> datetime:
    """When both sources that tell of failed tasks had last answered; now where neither is asked. One query."""
    rows = Collection.objects.filter(cluster=cluster, source__in=TELL_FAILURES, host="", last_success_at__isnull=False)
    return min((at for at in rows.values_list("last_success_at", flat=True) if at), default=now)


def samples(cluster: Cluster, source: str, events: Iterable[Event]) -> Samples:
    """The answers of a source shortly before these events. One query, none where there are none."""
    times = [event.taken_at for event in events]
    if not times:
        return Samples()
    answered = Poll.objects.filter(
        cluster=cluster,
        source=source,
        outcome__in=list(ANSWERED),
        due_at__gte=min(times) - SAMPLES_BACK,
        due_at__lte=max(times),
        sample_at__isnull=False,
    )
    return Samples(at for at in answered.order_by("-due_at").values_list("sample_at", flat=True)[:MOST_SAMPLES] if at)


def timeouts_of(cluster: Cluster) -> Timeouts:
    """By the flags of the leading master; of any other where the leader's are not known. One query."""
    said = ProcessFlags.objects.filter(cluster=cluster, role=ProcessFlags.Role.MASTER).order_by("-taken_at")
    known = list(said[:20])
    leads = next((one for one in known if one.host == cluster.leader_host.partition(":")[0]), None)
    chosen = leads or (known[0] if known else None)
    return timeouts.of(chosen.flags) if chosen else Timeouts()


def maintenances(cluster: Cluster, begun: Sequence[Incident]) -> list[Silence]:
    """Those announced here that may explain these incidents. One query, none where there are none."""
    if not begun:
        return []
    first, last = min(one.began_at for one in begun), max(one.began_at for one in begun)
    return list(
        Silence.objects.filter(
            cluster=cluster, kind=Silence.Kind.MAINTENANCE, begins_at__lte=last + timedelta(hours=1), ends_at__gte=first
        )
    )


def around(
    cluster: Cluster, begun: Sequence[Incident], on: Many[str], kinds: Sequence[str], before: timedelta
) -> list[Event]:
    """Changes on these hosts shortly before and since the incidents began. One query, none where there are none."""
    if not begun or not on:
        return []
    since = min(one.began_at for one in begun) - before
    here = Q(subject__in=list(on)) | Q(place__in=list(on))
    found = Event.objects.filter(here, cluster=cluster, kind__in=list(kinds), taken_at__gte=since)
    return list(found.order_by("taken_at", "pk")[:MOST_SAMPLES])


def links_of(known: Iterable[Incident]) -> dict[int | None, int]:
    """How many events each of these incidents has, by its id. One query."""
    rows = IncidentEvent.objects.filter(incident__in=[one.pk for one in known])
    return dict(rows.values_list("incident").annotate(count=Count("pk")).values_list("incident", "count"))
