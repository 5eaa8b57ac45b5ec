"""A cluster in which things failed, for the pages of failures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dashboard.models import Alert, Cluster, Incident, Rule
from tests import builders
from tests.builders import (
    agent,
    agent_containers,
    container_reading,
    host_metrics,
    master,
    node_health,
    report,
    summary,
    unit,
    write,
    write_containers,
    write_machines,
    write_masters,
)

About, Kind, State = Incident.About, Incident.Kind, Incident.State
ABOUT = {
    Kind.TASK: About.TASKS,
    Kind.AGENT_OR_HOST: About.AGENT,
    Kind.AGENT_PROCESS: About.AGENT,
    Kind.HOST: About.AGENT,
    Kind.MASTER: About.MASTER,
    Kind.SCHEDULER: About.SCHEDULER,
}


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def failed(
    cluster: Cluster, kind: Incident.Kind, subject: str, seconds_ago: float, *, lasted: float | None = None, **said: Any
) -> Incident:
    """An incident that began so long ago; `lasted` None: it goes on."""
    began_at = ago(seconds_ago)
    after = {
        name: began_at + timedelta(seconds=said.pop(f"{name}_after"))
        for name in ("declared", "rescheduled")
        if f"{name}_after" in said
    }
    columns = {
        "about": ABOUT[kind],
        "kind": kind,
        "subject": subject,
        "name": subject,
        "state": State.OPEN if lasted is None else State.RECOVERED,
        "began_at": began_at,
        "detected_at": began_at + timedelta(seconds=9),
        "ended_at": None if lasted is None else began_at + timedelta(seconds=lasted),
        **{f"{name}_at": at for name, at in after.items()},
        **said,
    }
    return Incident.objects.create(cluster=cluster, **columns)


def alert(cluster: Cluster, seconds_ago: float, **said: Any) -> Alert:
    """A firing alert of a rule of its own."""
    at = ago(seconds_ago)
    rule = Rule.objects.create(
        cluster=cluster, key=said.pop("key", "R19"), name=said.pop("rule", "Agent silent"), changed_at=at
    )
    columns = {
        "subject": "10.0.0.242",
        "state": Alert.State.FIRING,
        "severity": "critical",
        "sentence": "10.0.0.242 is silent",
        "pending_since": at,
        "fired_at": at,
        "changed_at": at,
        **said,
    }
    return Alert.objects.create(cluster=cluster, rule=rule, **columns)


SILENT, NEXT = "10.0.0.242", "10.0.0.205"
TIMEOUT: dict[str, Any] = {
    "timeout_seconds": 75.0 * 4,
    "timeout_reason": "max_agent_ping_timeouts=20 × agent_ping_timeout=15secs",
}


def failing() -> Cluster:
    """The story of the pages: a unit went bad on a host, its agent fell silent, its tasks are at risk; and what was before."""
    cluster = builders.cluster()
    now = timezone.now()
    Cluster.objects.update(created_at=ago(40 * 86_400))
    hosts = [SILENT, NEXT, "10.0.0.37", "10.0.0.44"]
    for seconds in (1500, 600, 372):
        bad = {"health": int(seconds < 1000)}
        write(cluster, report(ago(seconds), *(_node(host, bad["health"] if host == SILENT else 0) for host in hosts)))
    write(cluster, summary(ago(400), *map(agent, hosts)))
    _containers(cluster, 200)
    write_machines(cluster, host_metrics(SILENT, ago(30)), now=ago(30))
    for leader, seconds in (("10.0.0.101", 18_000), ("", 17_117), ("10.0.0.102", 17_100), ("10.0.0.102", 3)):
        said = [master(host, ago(seconds), elected=host == leader) for host in ("10.0.0.101", "10.0.0.102")]
        write_masters(cluster, *said, now=ago(seconds))
    write(cluster, summary(ago(130), *(agent(host, active=host != SILENT) for host in hosts)))
    write(cluster, summary(now, *(agent(host, active=host != SILENT) for host in hosts), leader_hostname="10.0.0.102"))
    return cluster


def _node(host: str, health: int) -> Any:
    return node_health(host, unit("dcos-net.service", health), unit("dcos-dns.service"), health=health)


def _containers(cluster: Cluster, seconds: float) -> None:
    readings = [container_reading(f"c{number}", ago(seconds)) for number in range(16)]
    big = {"mem_limit_bytes": 64.0 * builders.GIB}
    readings += [container_reading(f"s{one}", ago(seconds), framework_id="id-of-spark", metrics=big) for one in (1, 2)]
    write_containers(cluster, agent_containers(SILENT, *readings, at=ago(seconds)))


def story() -> dict[str, Incident]:
    """`failing`, with its incidents by what they are."""
    cluster = failing()
    cause = failed(
        cluster,
        Kind.AGENT_PROCESS,
        SILENT,
        130,
        kind_reason="The host answers: its machine’s metrics, component health",
        effect="18 tasks at risk",
        tasks_at_risk=18,
        last_good_at=ago(140),
        **TIMEOUT,
    )
    effect = failed(
        cluster,
        Kind.TASK,
        "id-of-marathon",
        60,
        name="marathon",
        failures=3,
        tasks_failed=3,
        effect="3 tasks failed",
        cause=cause,
        cause_reason="it has tasks on this agent, 1 min after",
    )
    found = {"agent": cause, "tasks": effect}
    found["repeating"] = failed(
        cluster,
        Kind.TASK,
        "id-of-etl",
        2_700,
        lasted=600,
        name="etl",
        failures=4,
        tasks_failed=4,
        effect="4 tasks failed",
    )
    found["scheduler"] = failed(
        cluster,
        Kind.SCHEDULER,
        "id-of-marathon-user",
        11_600,
        lasted=149,
        name="marathon-user",
        effect="no deploys; its tasks went on",
        timeout_seconds=604_800.0,
        timeout_reason="failover_timeout=604800.0",
    )
    found["master"] = failed(
        cluster,
        Kind.MASTER,
        "10.0.0.101",
        17_117,
        lasted=17,
        name="10.0.0.101 → 10.0.0.102",
        declared_after=9,
        effect="17 s without a leader",
        timeout_seconds=10.0,
        timeout_reason="zk_session_timeout=10secs",
    )
    found["planned"] = failed(
        cluster,
        Kind.HOST,
        "10.0.0.37",
        9_000,
        lasted=1_800,
        planned=True,
        planned_reason="In the maintenance by vera: new kernel",
    )
    for number, (days, kind) in enumerate(((3, Kind.HOST), (8, Kind.AGENT_PROCESS), (20, Kind.HOST))):
        found[f"earlier {number}"] = failed(
            cluster,
            kind,
            NEXT,
            days * 86_400,
            lasted=364 + number,
            declared_after=302,
            rescheduled_after=319 + number,
            tasks_at_risk=14 + number,
            **TIMEOUT,
        )
    alert(cluster, 100, host=SILENT)
    return found
