"""Tasks by the masters' counters: lost, failed, refused, killed, stuck (R14–R18).

Counters are of all frameworks together; which of them it is, Mesos tells on the page of its services.
"""

from __future__ import annotations

from collections.abc import Iterator

from dashboard import figures
from dashboard.alerts import leading
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Rule
from dashboard.queries import usual

ENDS = ("finished", "failed", "killed", "error", "lost", "dropped", "gone", "gone_by_operator")
LEAST_LOST, MANY_LOST, LOST_SHARE = 3, 10, 0.05
"""Ten lost tasks are as bad as one in twenty of those that ran, three at least."""
LEAST_FAILED = 5
STAGING_AT_ONCE, STAGING_SHARE = 10.0, 0.05
LEAST_KILLED, TIMES_USUAL = 20, 3


def usually_killed(facts: Facts) -> float | None:
    return usual.rise_in_ten_minutes(facts.cluster, "master/tasks_killed", facts.now)


def _ended(facts: Facts, end: str) -> leading.Told:
    return leading.rise(facts, f"master/tasks_{end}")


def _lost(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Frameworks that know partitions are told of unreachable tasks instead of lost ones."""
    told, row = _ended(facts, "lost"), leading.leader(facts)
    if told.value is None:
        yield told.unknown()
        return
    gone = 0.0
    running = None
    if row is not None:
        lives = facts.of(leading.lives)
        gone = max(0.0, lives.growth(row.master.place, "master/tasks_unreachable", leading.TEN_MINUTES) or 0.0)
        running = lives.latest(row.master.place).get("master/tasks_running")
    lost = told.value + gone
    before = (running or 0.0) + lost
    share = lost / before if running is not None and lost >= LEAST_LOST else 0.0
    unreachable = f", {figures.count(gone)} of them unreachable" if gone else ""
    says = f"{figures.counted(lost, 'task')} lost in 10 min{unreachable}"
    says += "" if running is None else f", {figures.count(running)} running"
    yield Measured(value=lost, critical_value=max(lost, MANY_LOST * share / LOST_SHARE), says=says, measured_at=told.at)


def _failed(facts: Facts, rule: Rule) -> Iterator[Measured]:
    told = _ended(facts, "failed")
    if told.value is None:
        yield told.unknown()
        return
    ended = sum(_ended(facts, end).value or 0.0 for end in ENDS)
    few = told.value < LEAST_FAILED
    says = f"{figures.count(told.value)} of {figures.counted(ended, 'task')} that ended in 10 min failed"
    yield Measured(
        value=0.0 if few else told.value / max(1.0, ended),
        says=f"{says}: fewer than {LEAST_FAILED} are not judged" if few else says,
        measured_at=told.at,
    )


def _refused(facts: Facts, rule: Rule) -> Iterator[Measured]:
    told = _ended(facts, "error")
    says = f"{figures.counted(told.value, 'task')} refused as invalid in 10 min"
    yield told.unknown() if told.value is None else Measured(value=told.value, says=says, measured_at=told.at)


def _killed(facts: Facts, rule: Rule) -> Iterator[Measured]:
    told, usually = _ended(facts, "killed"), facts.of(usually_killed)
    if told.value is None:
        yield told.unknown()
    elif usually is None:
        yield Measured(value=None, why="what is usual is known after six hours of figures")
    else:
        says = f"{figures.counted(told.value, 'task')} killed in 10 min, usually {figures.count(usually)}"
        # Of few tasks every kill would be many times the usual: below twenty none is a surge.
        value = told.value / max(usually, LEAST_KILLED / TIMES_USUAL)
        yield Measured(value=value, says=says, measured_at=told.at)


def _staging(facts: Facts, rule: Rule) -> Iterator[Measured]:
    staging = leading.gauge(facts, "master/tasks_staging")
    running = leading.gauge(facts, "master/tasks_running")
    if staging.value is None or running.value is None:
        yield (staging if staging.value is None else running).unknown()
        return
    says = f"{figures.counted(staging.value, 'task')} staging, {figures.count(running.value)} running"
    at_once = max(STAGING_AT_ONCE, STAGING_SHARE * running.value)
    yield Measured(value=staging.value / at_once, says=says, measured_at=staging.at)


RULES = (
    Definition(
        key="R14",
        name="Tasks lost",
        measure=_lost,
        what="tasks lost in 10 min by the counters of all masters, and those that became unreachable; for the "
        "critical limit one in twenty of those that ran is as many as ten",
        unit="count",
        advice="Tasks are lost with their agents: look on Nodes for which left at that time. Schedulers start them again "
        "where there is room.",
        sources=leading.SOURCES,
        deck_row=3,
        inclusive=True,
        warning=3,
        critical=10,
        critical_on=True,
        clear_seconds=900,
        holds_after_election=True,
    ),
    Definition(
        key="R15",
        name="Many tasks fail",
        measure=_failed,
        what="failed tasks, as a share of all that ended in 10 min, from five failures on",
        unit="ratio",
        advice="Find the framework whose tasks fail and read the sandbox of one of them; if many fail on one agent, "
        "look at that host. Batch jobs may fail by design: the critical limit is off until you know what is "
        "usual here.",
        sources=leading.SOURCES,
        warning=0.20,
        warning_clear=0.10,
        warning_on=True,
        critical=0.50,
        for_seconds=600,
        holds_after_election=True,
    ),
    Definition(
        key="R16",
        name="Tasks refused",
        measure=_refused,
        what="tasks that the masters refused as invalid in 10 min",
        unit="count",
        advice="A scheduler asks for what Mesos does not allow: a role, a volume, a resource. The leader's log names the task "
        "and the reason.",
        sources=leading.SOURCES,
        inclusive=True,
        warning=1,
        warning_on=True,
        critical=10,
        critical_on=True,
        clear_seconds=1200,
        holds_after_election=True,
    ),
    Definition(
        key="R17",
        name="Surge of killed tasks",
        measure=_killed,
        what="tasks killed in 10 min against the median of the past 24 h, from twenty on",
        unit="ratio",
        advice="Was something deployed or scaled down? If not, the leader's log names the framework that asks for "
        "it. Off as it comes: every deployment kills tasks.",
        sources=leading.SOURCES,
        warning=TIMES_USUAL,
        for_seconds=600,
        holds_after_election=True,
    ),
    Definition(
        key="R18",
        name="Tasks stuck staging",
        measure=_staging,
        what="tasks staging, as a share of ten or of one in twenty of the running ones, whichever is more",
        unit="ratio",
        advice="Mostly images are being pulled: look at the registry and at the agents' network and disks.",
        sources=leading.SOURCES,
        warning=1,
        warning_on=True,
        critical=2,
        critical_on=True,
        for_seconds=600,
        holds_after_election=True,
    ),
)
