"""The one sentence of the 3 a.m. page: is it well, and if not, what is worst for those who use the cluster.

Findings come in order of who is hurt: no data at all, no leader, lost agents, a silent master, absent schedulers and failing
tasks, sick components, what else fires, blindness. What is planned, and alerts that are no news, stand below as asides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from collectors.errors import Outcome
from dashboard import figures
from dashboard.models.components import Health
from dashboard.queries import components, lost_agents, open_failures, what_fires
from dashboard.queries.components import ComponentRow, Overview
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.happenings import Link
from dashboard.queries.verdict_facts import Facts, Finding, gather, names

__all__ = ["Facts", "Finding", "Verdict", "gather", "judge"]

RESTS_ON = frozenset({"masters", "summary", "component_health"})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The worst finding as the headline, the others after it, asides last; no finding is "All well", asides or not."""

    mark: str
    word: str
    text: str
    link: Link
    others: tuple[Finding, ...]


SEVERITY = ("bad", "warn", "unk", "mute")


def judge(facts: Facts, now: datetime) -> Verdict:
    """Worst mark first, then in the order of who is hurt: the headline is never milder than a line below it."""
    found = sorted(_findings(facts, now), key=lambda finding: SEVERITY.index(finding.mark))
    asides = () if _blind(facts) else tuple(_asides(facts, now))
    if not found:
        quiet = "" if facts.last_change is None else figures.duration(now - facts.last_change.taken_at)
        text = f"nothing changed in {quiet}" if quiet else "nothing has changed since Day Two began to watch"
        return Verdict(mark="good", word="All well", text=text, link=(), others=asides)
    worst = found[0]
    return Verdict(mark=worst.mark, word=worst.word, text=worst.text, link=worst.link, others=(*found[1:], *asides))


def _asides(facts: Facts, now: datetime) -> Iterator[Finding]:
    yield from lost_agents.asides(facts, now)
    yield from open_failures.asides(facts, now)
    yield from what_fires.asides(facts)


def _findings(facts: Facts, now: datetime) -> Iterator[Finding]:
    blind = _blind(facts)
    if blind is not None:
        # Without a master's word on anything nothing else may be said of the present.
        yield blind
        return
    if not facts.cluster.enabled:
        yield Finding(
            mark="mute", word="Paused", text="collecting is paused, these figures grow old", link=("settings",)
        )
    yield from _leaders(facts, now)
    yield from lost_agents.findings(facts, now)
    yield from _silent_masters(facts)
    yield from open_failures.findings(facts, now)
    yield from _sick_components(facts.components, now)
    yield from what_fires.findings(facts, now)
    yield from _silent_sources(facts)
    yield from _partial_sources(facts)


def _blind(facts: Facts) -> Finding | None:
    named = (facts.sources["masters"], facts.sources["summary"])
    if all(source.freshness is Freshness.NEVER for source in named):
        failed = next((source for source in named if source.outcome), None)
        text = "no poll has answered yet" if failed else "the first poll has not ended yet"
        return Finding(mark="unk", word="Unknown", text=text, link=("collection",))
    if any(source.freshness.current for source in named):
        return None
    age = min(source.age_seconds for source in named if source.age_seconds is not None)
    why = "no answer from any master" if facts.cluster.enabled else "collecting is paused, no figures"
    return Finding(mark="unk", word="Unknown", text=f"{why} for {figures.duration(age)}", link=("collection",))


def _leaders(facts: Facts, now: datetime) -> Iterator[Finding]:
    if not facts.sources["masters"].freshness.current or not facts.masters.answering:
        return
    leading = [row.master.place for row in facts.masters.rows if row.leads]
    if len(leading) > 1:
        every = "both" if len(leading) == 2 else "all"
        yield Finding(mark="bad", word="Degraded", text=f"{names(leading)} {every} claim to lead", link=("masters",))
    elif not leading and facts.masters.leader_host:
        text = f"who leads is not known: {facts.masters.leader_host} led, and does not answer"
        yield Finding(mark="warn", word="Warning", text=text, link=("masters",))
    elif not leading:
        since = facts.masters.leader_since
        lasting = f" for {figures.duration(now - since)}" if since else ""
        yield Finding(
            mark="bad",
            word="Degraded",
            text=f"no master leads{lasting}: no task can start, running ones go on",
            link=("masters",),
        )


def _silent_masters(facts: Facts) -> Iterator[Finding]:
    silent = [row for row in facts.masters.rows if row.state.mark == "bad"]
    if silent and facts.sources["masters"].freshness.current:
        left = len(facts.masters.rows) - len(silent)
        spare = left - facts.masters.quorum
        places = names([row.master.place for row in silent])
        who = f"master {places} does" if len(silent) == 1 else f"masters {places} do"
        rest = "" if not left else f"; {spare} more may be lost" if spare > 0 else "; no other may be lost"
        yield Finding(mark="warn", word="Warning", text=f"{who} not answer{rest}", link=("masters",))


def _sick_components(overview: Overview | None, now: datetime) -> Iterator[Finding]:
    if overview is None or not overview.source.freshness.current:
        return
    sick = [row for row in overview.rows if row.health is Health.UNHEALTHY]
    if sick:
        yield Finding(mark="bad", word="Degraded", text=_sick(sick, now), link=_where(sick))
    if overview.dark_nodes:
        hosts = names([node.host for node in overview.dark_nodes])
        yield Finding(mark="unk", word="Partly blind", text=f"no component data from {hosts}", link=("components",))


def _sick(sick: list[ComponentRow], now: datetime) -> str:
    longest = min(sick, key=lambda row: row.since)
    since = figures.duration(now - longest.since)
    # What was sick at first sight had been so before.
    since += " or longer" if longest.since <= longest.first_seen else ""
    named = names([row.name for row in sick])
    return f"{named} unhealthy on {figures.counted(max(row.nodes_as_bad for row in sick), 'node')} for {since}"


def _where(sick: list[ComponentRow]) -> Link:
    return ("unit", sick[0].unit) if len(sick) == 1 else ("components",)


def _silent_sources(facts: Facts) -> Iterator[Finding]:
    """One missed poll makes a source late, and its age says so on the page; the verdict waits until it has no data."""
    silent = [source for source in facts.sources.values() if _is_missed(source)]
    if silent:
        ages = "; ".join(f"{source.source.title}, {_old(source)}" for source in silent)
        yield Finding(mark="unk", word="Partly blind", text=f"no data from: {ages}", link=("collection",))


def _is_missed(source: SourceAge) -> bool:
    """What the verdict rests on is missed from the start; any other source once it has brought something and does not now."""
    if source.freshness.current or source.outcome is Outcome.NOT_FOUND:
        return False
    return source.source.name in RESTS_ON or source.sample_at is not None


def _partial_sources(facts: Facts) -> Iterator[Finding]:
    """Entries that could not be read are in no sum: who reads the sums must know."""
    for name in ("summary", components.SOURCE):
        source = facts.sources.get(name)
        if source is not None and source.outcome is Outcome.PARTIAL and source.freshness.current:
            text = f"{source.source.title}, {source.detail}"
            yield Finding(mark="unk", word="Partly blind", text=text, link=("collection",))


def _old(source: SourceAge) -> str:
    return "never seen" if source.age_seconds is None else f"{figures.age(source.age_seconds)} old"
