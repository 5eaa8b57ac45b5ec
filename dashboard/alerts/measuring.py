"""What each rule of a cluster finds now: measured, unknown with its reason, held back after an election, or broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from collectors.sources import SOURCES_BY_NAME
from dashboard import figures
from dashboard.alerts import own
from dashboard.alerts.conditions import known, limits_of
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Alert, Cluster, Rule
from dashboard.queries import freshness

log = structlog.get_logger("daytwo.alerts")

HELD_AFTER_ELECTION = timedelta(minutes=10)
"""Agents have ten minutes to come back to a new leader (Mesos: agent_reregister_timeout), so counts of them say nothing."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one rule found. With `why` nothing is known of any of its subjects."""

    subjects: Mapping[str, Measured] = field(default_factory=dict)
    why: str = ""
    error: str = ""
    """Why the rule itself is broken."""
    held: bool = False
    """Not judged for now: nothing begins, nothing ends."""

    @property
    def unknown(self) -> int:
        return sum(1 for one in self.subjects.values() if one.value is None)

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is known of any subject, though there are some or a source is missing."""
        return bool(self.why) or self.held or (bool(self.subjects) and self.unknown == len(self.subjects))


def of(
    cluster: Cluster,
    rules: Iterable[Rule],
    catalogue: Mapping[str, Definition],
    now: datetime,
    *,
    judged_since: datetime | None = None,
) -> dict[str, Found]:
    """Each rule that is on, by its key. Two queries, and those of the facts that the rules need."""
    on = [rule for rule in rules if rule.on and (rule.own or rule.key in catalogue)]
    sources = freshness.of(cluster, now)
    facts = Facts(cluster=cluster, now=now, sources=sources, judged_since=judged_since, open=_open(cluster))
    return {rule.key: _of_rule(facts, rule, catalogue.get(rule.key)) for rule in on}


def _open(cluster: Cluster) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for key, subject in Alert.objects.filter(cluster=cluster, ended_at=None).values_list("rule__key", "subject"):
        found.setdefault(key, set()).add(subject)
    return {key: frozenset(subjects) for key, subjects in found.items()}


def _of_rule(facts: Facts, rule: Rule, definition: Definition | None) -> Found:
    """A rule that raises is broken by itself; whatever it raised, the others are judged."""
    if definition is not None and definition.holds_after_election and just_elected(facts.cluster, facts.now):
        return Found(held=True)
    try:
        if why := _not_current(facts, definition.sources if definition else own.sources(rule)):
            return Found(why=why)
        measured = list(definition.measure(facts, rule) if definition else own.measure(facts, rule))
        return Found(subjects={one.subject: one for one in map(_plain, measured)})
    except Exception as error:
        log.exception("rule failed", cluster=facts.cluster.pk, rule=rule.key)
        return Found(why="the rule could not be judged", error=f"{type(error).__name__}: {error}"[:500])


def just_elected(cluster: Cluster, now: datetime) -> bool:
    """Whether a leader was elected in the last ten minutes. The first leader that was ever seen is none: it may lead for long."""
    if cluster.leader_since is None or cluster.reregistering_until is None:
        return False
    return timedelta(0) <= now - cluster.leader_since < HELD_AFTER_ELECTION


def _not_current(facts: Facts, sources: Sequence[str]) -> str:
    """Why nothing can be said, where one of its sources brings nothing; empty where all are current."""
    for source in sources:
        if not facts.current(source):
            age = facts.sources.get(source)
            title = SOURCES_BY_NAME[source].title if source in SOURCES_BY_NAME else source
            if age is None:
                return f"{title}: not collected from a cluster of this kind"
            if age.age_seconds is None:
                return f"{title}: nothing was ever collected"
            return f"{title}: nothing new for {figures.age(age.age_seconds)}"
    return ""


def _plain(found: Measured) -> Measured:
    """A value that is no finite number is unknown; keys are cut to what is kept of them."""
    subject = found.subject[:255]
    if found.value is None or known(found.value):
        other = found.critical_value if known(found.critical_value) else None
        return replace(found, subject=subject, critical_value=other)
    return replace(found, subject=subject, value=None, critical_value=None, why="the value is no number")


def note(rule: Rule, found: Found, definition: Definition | None, now: datetime) -> None:
    """Keep on the rule what this evaluation could say of it, and who comes nearest to firing."""
    rule.error_since = (rule.error_since or now) if found.error else None
    rule.error = found.error
    if len(found.subjects) > found.unknown:
        rule.judged_at = now
    if found.why:
        rule.subjects = rule.subjects_unknown = max(rule.subjects, 1)  # as many as there were, all unknown
    elif not found.held:
        rule.subjects, rule.subjects_unknown = len(found.subjects), found.unknown
    limits = limits_of(rule, inclusive=bool(definition and definition.inclusive))
    fine = [one for one in found.subjects.values() if one.value is not None and not limits.broken(one)]
    nearest = max(fine, key=limits.nearness, default=None) if limits.on else None
    rule.closest_name = nearest.name[:500] if nearest else ""
    rule.closest_value = nearest.value if nearest else None
