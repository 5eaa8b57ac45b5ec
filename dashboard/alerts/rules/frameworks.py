"""Frameworks whose scheduler is away (R24), and offers that nobody answers (R30).

Of R30 the second half, declines that fall to none, is left out: a framework that suppresses its offers declines none either.
"""

from __future__ import annotations

from collections.abc import Iterator

from dashboard import figures
from dashboard.alerts import leading
from dashboard.alerts.definition import Definition, History, Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Cluster, Framework, Marathon, Rule, Subject

AWAY, ROOT = "R24", "marathon"
"""The framework that everything else of a DC/OS cluster is started by."""
State = Framework.State
MOST_OPEN = 20_000
"""Databases limit how many ids a statement may hold."""


def frameworks(facts: Facts) -> list[Framework]:
    """Those that have not completed, and those that have while alerts of them are open. Two queries at most, whatever number
    came and went in the past week."""
    known = Framework.objects.filter(cluster=facts.cluster)
    opened = facts.open.get(AWAY)
    ended = known.filter(state=State.COMPLETED, framework_id__in=list(opened)[:MOST_OPEN]) if opened else known.none()
    return [*known.exclude(state=State.COMPLETED).order_by("name", "framework_id"), *ended]


def _away(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Each that is away as 1, those whose alert is open and that are not as 0; and the root where it is not there at all."""
    opened = facts.open.get(rule.key, frozenset())
    known = facts.of(frameworks)
    here = [row for row in known if row.state != State.COMPLETED]
    for row in here:
        yield _judged(facts, row, is_root=_is_root(facts, row))
    ended = [row for row in known if row.state == State.COMPLETED and row.framework_id in opened]
    for row in ended:
        yield Measured(
            subject=row.framework_id, name=row.name, value=0.0, critical_value=0.0, says=f"{row.name} completed"
        )
    if facts.cluster.kind == Cluster.Kind.DCOS and (known or Framework.objects.filter(cluster=facts.cluster).exists()):
        yield _root(any(_is_root(facts, row) for row in here))


def roots(facts: Facts) -> frozenset[str]:
    """Framework ids that root Marathons gave. One query."""
    known = Marathon.objects.filter(cluster=facts.cluster, key=ROOT).exclude(framework_id="")
    return frozenset(known.values_list("framework_id", flat=True))


def _is_root(facts: Facts, row: Framework) -> bool:
    """By the id that it gave; by its name only where it never gave one."""
    known = facts.of(roots)
    return row.framework_id in known if known else row.name == ROOT


def _judged(facts: Facts, row: Framework, *, is_root: bool) -> Measured:
    away = row.state == State.DISCONNECTED
    since = figures.duration(facts.now - row.state_since)
    tasks = f", {figures.counted(row.tasks_running or 0, 'task')} running without it"
    return Measured(
        subject=row.framework_id,
        name=row.name,
        value=float(away),
        critical_value=float(away and is_root),
        says=f"{row.name} {row.get_state_display().lower()} for {since}{tasks if away else ''}"[:500],
        measured_at=row.last_seen,
    )


def _root(here: bool) -> Measured:
    says = "Marathon is registered" if here else "Marathon is not registered with Mesos: nothing it runs is restarted"
    return Measured(subject=ROOT, name=ROOT, value=float(not here), critical_value=float(not here), says=says)


def _outstanding(facts: Facts, rule: Rule) -> Iterator[Measured]:
    offers = leading.gauge(facts, "master/outstanding_offers")
    agents = leading.gauge(facts, "master/slaves_active")
    if offers.value is None or agents.value is None:
        yield (offers if offers.value is None else agents).unknown()
        return
    says = f"{figures.counted(offers.value, 'offer')} unanswered, {figures.counted(agents.value, 'agent')} active"
    yield Measured(value=offers.value / max(1.0, agents.value), says=says, measured_at=offers.at)


RULES = (
    Definition(
        key=AWAY,
        name="Framework disconnected",
        measure=_away,
        what="a framework whose scheduler has lost its connection to the leader; critical where it is Marathon, or "
        "where a DC/OS cluster has none",
        unit="",
        advice="Its tasks run on until its fail-over time is over, then Mesos ends them all. Start the scheduler again before "
        "that, under the same framework id.",
        sources=("masters", "summary"),
        inclusive=True,
        warning=1,
        warning_on=True,
        critical=1,
        critical_on=True,
        for_seconds=300,
        holds_after_election=True,
    ),
    Definition(
        key="R30",
        name="Offers unanswered",
        measure=_outstanding,
        what="offers nobody has answered yet, for each active agent",
        unit="count",
        advice="A scheduler keeps its offers, and others starve. Look which framework holds what is offered; restart its "
        "scheduler, or set an offer timeout in Mesos.",
        sources=leading.SOURCES,
        warning=5,
        warning_on=True,
        for_seconds=900,
        history=History(
            kind=Subject.Kind.MASTER,
            metric="master/outstanding_offers",
            of="master/slaves_active",
            only_where="master/elected",
        ),
    ),
)
