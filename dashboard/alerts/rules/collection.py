"""Day Two's own eyes: sources that bring nothing, sign-ins that are refused, polls that take too long or are missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from collectors.errors import ANSWERED, Outcome
from dashboard import figures
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Rule
from dashboard.queries import dropped_points, reasons, recent_polls
from dashboard.queries.freshness import SourceAge
from dashboard.queries.verdict import RESTS_ON

PATIENCE = 2.5
"""So many periods, and its own lag, a source may be silent before it is overdue."""
SIGN_IN = frozenset({Outcome.AUTH, Outcome.FORBIDDEN})
ASKED_SIGNED_IN = ("masters", "summary")
NOT_A_FAULT = frozenset({Outcome.NOT_FOUND, Outcome.EMPTY})
"""What a cluster does not offer, or has nothing to tell of yet, is not overdue."""
QUALITY_WITHIN = timedelta(minutes=30)


def stale(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """A source that never answered is as old as its cluster is known. Only those that the verdict rests on wake somebody."""
    for name, age in facts.sources.items():
        if age.outcome in NOT_A_FAULT:
            continue
        began = age.sample_at or facts.cluster.created_at
        resumed_at = max(began, facts.judged_since or began)
        old, overdue = _seconds_since(began, facts, age), _overdue_seconds(age, _seconds_since(resumed_at, facts, age))
        # What got old while Day Two itself stood still is overdue only once it was watched for as long.
        resumed = not overdue and _overdue_seconds(age, old) > 0
        yield Measured(
            subject=name,
            name=age.source.title,
            reason="sign-in" if age.outcome in SIGN_IN else str(age.outcome or "never asked"),
            value=None if resumed else overdue,
            critical_value=overdue if name in RESTS_ON else 0.0,
            says=_stale_in_words(name, age, old, overdue),
            why=f"nothing was judged until {figures.duration(facts.now - resumed_at)} ago" if resumed else "",
            measured_at=age.sample_at,
        )


def _seconds_since(moment: datetime, facts: Facts, age: SourceAge) -> float:
    return max(0.0, (facts.now - moment).total_seconds() - age.source.lag_seconds)


def _overdue_seconds(age: SourceAge, silent_seconds: float) -> float:
    return silent_seconds - age.period_seconds if silent_seconds > PATIENCE * age.period_seconds else 0.0


def _stale_in_words(name: str, age: SourceAge, old_seconds: float, overdue: float) -> str:
    if not overdue:
        return f"{age.source.title} on time"
    never = "never answered" if age.sample_at is None else f"nothing new for {figures.age(old_seconds)}"
    blind = ", ".join(_dependents(name))
    why = reasons.why_old(age.outcome, age.detail)
    return "; ".join(filter(None, (f"{age.source.title}: {never}", blind and f"not judged: {blind}", why)))


def _dependents(source: str) -> list[str]:
    """Keys of the rules that cannot be judged without this source."""
    from dashboard.alerts.rules import RULES as ALL  # the catalogue is made of this file: only now is it whole

    return [rule.key for rule in ALL if source in rule.sources]


def sign_in(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """One subject: the cluster, whichever of its sources was refused. Silence is no sign that it is taken: masters or the
    leader have to answer, whom nobody asks without signing in."""
    refused = [age for age in facts.sources.values() if age.outcome == Outcome.AUTH]
    signed_in = [name for name in ASKED_SIGNED_IN if name in facts.sources and facts.sources[name].outcome in ANSWERED]
    if not refused and not signed_in:
        yield Measured(value=None, why="no source that needs the sign-in answers")
        return
    since = min((age.since for age in refused if age.since is not None), default=None)
    says = "the cluster takes our sign-in"
    if refused:
        names = ", ".join(age.source.title for age in refused)
        says = f"sign-in refused by {figures.counted(len(refused), 'source')} since {figures.instant(since, facts.now)}: {names}"
    yield Measured(value=float(len(refused)), says=says)


def behind(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """How much of its period each source takes; one that is not current takes nobody knows how long."""
    for name, age in facts.sources.items():
        known = age.duration_seconds is not None and age.freshness.current
        ratio = (age.duration_seconds or 0.0) / age.period_seconds if known else None
        yield Measured(
            subject=name,
            name=age.source.title,
            value=ratio,
            says=f"{age.source.title}: a poll takes {figures.took(age.duration_seconds)} "
            f"of {figures.duration(age.period_seconds)}",
            why="" if known else "no poll of it answered of late",
        )


def missed(facts: Facts, rule: Rule) -> Iterator[Measured]:
    polls = recent_polls.recent(facts.cluster, facts.now)
    lost = polls.skipped + polls.missed
    says = f"{figures.counted(lost, 'poll')} missed in {figures.duration(recent_polls.WITHIN)}: "
    says += f"{polls.missed} that no worker took, {polls.skipped} run over by a slow one"
    yield Measured(value=float(lost), says=says)


def quality(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """What of the answers had to be left out: numbers that are none, points told twice, values that cannot be."""
    for name, kept in dropped_points.by_source(facts.cluster, facts.now, QUALITY_WITHIN).items():
        age = facts.sources.get(name)
        if age is None or kept.ratio is None:
            continue
        yield Measured(
            subject=name,
            name=age.source.title,
            value=kept.ratio,
            says=f"{age.source.title}: {figures.count(kept.dropped)} of "
            f"{figures.counted(kept.dropped + kept.kept, 'thing')} left out in {figures.duration(QUALITY_WITHIN)}",
        )


RULES: tuple[Definition, ...] = (
    Definition(
        key="R1",
        name="Source stale",
        measure=stale,
        what="how long a source is overdue: its age less period and usual lag, once two and a half periods are over; "
        "critical only of masters, agents and frameworks, and components",
        unit="seconds",
        advice="See Collection for what it answers. Sign-in refused is no outage: renew the token or password in Settings.",
        sources=(),
        warning=180.0,
        warning_clear=1.0,
        warning_on=True,
        critical=600.0,
        critical_clear=1.0,
        critical_on=True,
    ),
    Definition(
        key="R68",
        name="Answers with unusable figures",
        measure=quality,
        what="share of what a source told in 30 minutes that had to be left out",
        unit="ratio",
        advice="Collection names what was left out and why; mostly it is a defect of dcos-metrics of that version.",
        sources=(),
        warning=0.05,
        for_seconds=1800,
    ),
    Definition(
        key="R69",
        name="Sign-in refused",
        measure=sign_in,
        what="sources whose last poll ended with the sign-in refused",
        unit="count",
        advice="Give a new token, or the right password, in the cluster's settings; until then nothing more is known.",
        sources=(),
        critical=0.0,
        critical_on=True,
    ),
    Definition(
        key="R70",
        name="Collecting is slow",
        measure=behind,
        what="how long a poll of a source takes, as a share of its period",
        unit="ratio",
        advice="Ask it more rarely in Settings, or give Day Two more workers; Collection names the slow hosts.",
        sources=(),
        warning=0.8,
        warning_clear=0.7,
        warning_on=True,
        critical=1.0,
        critical_clear=0.7,
        for_seconds=300,
    ),
    Definition(
        key="R70b",
        name="Polls missed",
        measure=missed,
        what="polls of the past ten minutes that no worker took in time, or that a slow one ran over",
        unit="count",
        advice="More workers, or a longer period of the slowest source.",
        sources=(),
        inclusive=True,
        warning=3.0,
        warning_clear=0.5,
        for_seconds=300,
    ),
)
