"""Masters: whether they answer, who leads, who restarts (R2–R5).

R5b (five masters in production, never an even number) is an item of a checklist and no alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from collectors.errors import ANSWERED, Outcome
from dashboard import figures
from dashboard.alerts import leading
from dashboard.alerts.definition import EVERYTHING, Definition, History, Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Rule, Subject

BELOW = Rule.Comparison.BELOW
TWENTY_MINUTES = timedelta(minutes=20)

OURS = frozenset({Outcome.INTERNAL_ERROR, Outcome.SKIPPED_OVERLAP, Outcome.MISSED})
"""Ends of a poll that say nothing of the cluster."""
REACHED = frozenset({Outcome.AUTH, Outcome.FORBIDDEN, Outcome.RATE_LIMITED, Outcome.NOT_LEADER})
"""A master was there and would not tell: a refusal is no silence."""
EXPLAINED_BY_NO_LEADER = frozenset({*(f"R{number}" for number in range(5, 21)), "R9b"})
ASKED_WITHIN = timedelta(minutes=2)
LONGEST = 255


def _answering(facts: Facts, rule: Rule) -> Iterator[Measured]:
    source = facts.sources["masters"]
    silent = _not_asked(facts)
    if silent:
        yield Measured(value=None, why=silent)
    elif source.outcome in ANSWERED:
        answering = max(1, facts.of(leading.masters_now).answering)
        yield Measured(value=answering, says=f"{figures.counted(answering, 'master')} answering")
    elif source.outcome in REACHED:
        yield Measured(value=None, why=f"a master is there and does not tell: {source.detail}"[:LONGEST])
    else:
        lasting = f" for {figures.duration(facts.now - source.since)}" if source.since else ""
        yield Measured(value=0.0, says=f"no master answers{lasting}: {source.detail}"[:LONGEST])


def _not_asked(facts: Facts) -> str:
    """Why the masters' silence is Day Two's own; empty where they were asked of late."""
    source, at = facts.sources["masters"], facts.of(leading.last_asked_at)
    if at is None or source.outcome is None:
        return "the masters have not been asked yet"
    if facts.now - at > max(ASKED_WITHIN, 3 * timedelta(seconds=source.period_seconds)):
        return f"Day Two has not asked the masters for {figures.duration(facts.now - at)}"
    return "the last poll of the masters failed in Day Two itself" if source.outcome in OURS else ""


def _recently_started(facts: Facts, rule: Rule) -> Iterator[Measured]:
    for row in leading.asked(facts):
        uptime = row.uptime_seconds
        why = "" if uptime is not None else row.reason or "its uptime is not known"
        says = f"master {row.master.place} started {figures.duration(uptime)} ago"
        yield leading.of_master(row, uptime, says=says, why=why)


def _starts(facts: Facts, rule: Rule) -> Iterator[Measured]:
    lives = facts.of(leading.lives)
    for row in leading.asked(facts):
        within = (leading.TEN_MINUTES, TWENTY_MINUTES, leading.HOUR)
        ten, twenty, hour = (lives.starts(row.master.place, each) for each in within)
        says = f"master {row.master.place} started {figures.counted(ten, 'time')} in the past 10 min"
        says += f", {twenty} in 20 min, {hour} in the past hour"
        yield leading.of_master(row, max(ten, hour / 2), critical_value=twenty, says=says)


def _elected(facts: Facts, rule: Rule) -> Iterator[Measured]:
    found = facts.of(leading.masters_now)
    places = ", ".join(row.master.place for row in found.rows if row.leads)
    if found.elected_sum is None:
        yield Measured(value=None, why="no master answers")
    elif not found.elected_sum and found.leader_host:
        # As long as most are silent the one that led may lead on, out of our sight.
        yield Measured(value=None, why=f"{found.leader_host} led and does not answer, nor do most masters"[:LONGEST])
    elif not found.elected_sum:
        lasting = f" for {figures.duration(facts.now - found.leader_since)}" if found.leader_since else ""
        answering = figures.counted(found.answering, "master")
        yield Measured(value=0.0, says=f"no master leads{lasting}: {answering} answering, the sum of elected is 0")
    else:
        yield Measured(
            value=found.elected_sum,
            says=f"{places} {'leads' if found.elected_sum == 1 else 'say that they lead'}"[:500],
        )


def _elections(facts: Facts, rule: Rule) -> Iterator[Measured]:
    count = facts.of(leading.elections)
    yield Measured(value=count, says=f"a leader was elected {figures.counted(count, 'time')} in the past hour")


def _missing(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Of a cluster with one master there is nothing to say that R2 does not."""
    rows = leading.asked(facts)
    known = [row for row in rows if row.master.taken_at is not None]
    if len(known) < 2:
        return
    silent = [row.master.place for row in known if row.state.mark == "bad"]
    quorum = len(rows) // 2 + 1
    alive = len(rows) - len(silent)
    names = f": {', '.join(silent[:3])} silent" if silent else ""
    yield Measured(
        value=len(silent),
        critical_value=max(0, quorum - alive),
        says=f"{alive} of {figures.counted(len(rows), 'master')} answering, quorum is {quorum}{names}"[:500],
    )


RULES = (
    Definition(
        key="R2",
        name="Cluster unreachable",
        measure=_answering,
        what="number of masters that answer Day Two",
        unit="count",
        advice="While it lasts every other alert of the cluster is held back. Day Two's own network looks the same: "
        "ask a master from elsewhere before you wake others, then look at Admin Router, name resolution, "
        "certificates and the masters' hosts.",
        sources=(),
        comparison=BELOW,
        critical=1,
        critical_on=True,
        for_seconds=180,
        # Sources that are asked once a minute have answered by then, so that what it muted is not told once it is over.
        clear_seconds=90,
        mutes=EVERYTHING,
    ),
    Definition(
        key="R3",
        name="Master flapping",
        measure=_starts,
        what="starts of one master in 10 min (or half of those in an hour, if more), in 20 min for the critical "
        "limit: what is seen with an uptime below 60 s",
        unit="count",
        advice="Read the master's journal for why it ends: a lost ZooKeeper session, the registry, memory, disk. "
        "Do not restart it again before you know.",
        sources=leading.SOURCES,
        deck_row=2,
        inclusive=True,
        warning=2,
        warning_on=True,
        critical=4,
        critical_on=True,
        clear_seconds=1200,
    ),
    Definition(
        key="R3b",
        name="Master restarted",
        measure=_recently_started,
        what="uptime of a master that answers",
        unit="seconds",
        advice="The old leader restarts at every fail-over: look whether the leader changed, and why it ended. "
        "It ends by itself after five minutes.",
        sources=leading.SOURCES,
        deck_row=1,
        comparison=BELOW,
        warning=300,
        warning_on=True,
        history=History(kind=Subject.Kind.MASTER, metric="master/uptime_secs"),
    ),
    Definition(
        key="R4",
        name="No leader",
        measure=_elected,
        what="sum of elected over all masters that answer",
        unit="count",
        advice="Nothing new is started anywhere, running tasks go on; do not restart agents. Look at ZooKeeper "
        "(quorum, disk, latency) and at the masters' journals for lost sessions.",
        sources=leading.SOURCES,
        deck_row=8,
        comparison=BELOW,
        critical=1,
        critical_on=True,
        for_seconds=120,
        mutes=EXPLAINED_BY_NO_LEADER,
    ),
    Definition(
        key="R4b",
        name="Two leaders",
        measure=_elected,
        what="sum of elected over all masters that answer",
        unit="count",
        advice="Agents and schedulers follow different masters. Look for a network that is split, and at ZooKeeper; stop the "
        "leader that has no agents.",
        sources=leading.SOURCES,
        inclusive=True,
        critical=2,
        critical_on=True,
        for_seconds=180,
    ),
    Definition(
        key="R4c",
        name="Leader changes",
        measure=_elections,
        what="number of elections in the past hour, those of the same master after a restart as well",
        unit="count",
        advice="Look at ZooKeeper's latency and at the masters' hosts: leaders change when sessions time out. "
        "Each change makes every agent register again.",
        sources=leading.SOURCES,
        inclusive=True,
        warning=2,
        warning_on=True,
        critical=4,
        critical_on=True,
    ),
    Definition(
        key="R5",
        name="Masters missing",
        measure=_missing,
        what="number of masters that are asked and do not answer; for the critical limit how many are missing to a "
        "quorum",
        unit="count",
        advice="Bring the silent master back before you touch another: below the quorum no leader can be elected. "
        "Masters that never answered from here are not counted, and a single master is not judged.",
        sources=leading.SOURCES,
        inclusive=True,
        warning=1,
        warning_on=True,
        critical=1,
        critical_on=True,
        for_seconds=300,
    ),
)
