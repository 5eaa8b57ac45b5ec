"""Rules that operators make themselves: any stored metric, of one subject or of every subject of a kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard import figures
from dashboard.alerts import in_words
from dashboard.alerts.definition import Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.picking import known, picked
from dashboard.models import Rule, Subject
from dashboard.queries import machines_now, metric_catalogue, reasons, recent_readings
from dashboard.queries.freshness import SourceAge
from dashboard.queries.recent_readings import Named, Readings

Kind = Subject.Kind
Measure = Rule.Measure
Values = NDArray[np.float64]
TICKS_BACK = 3
SHORT_LIVED = frozenset({Kind.CONTAINER, Kind.APP, Kind.QUEUE})
"""One without a value among these has ended, or waits no longer, mostly: it is not told of unless its alert is open."""
OF_HOSTS = frozenset({Kind.FILESYSTEM, Kind.INTERFACE, Kind.CONTAINER, Kind.AGENT})


@dataclass(frozen=True)
class Told:
    """One place for each subject: its value, NaN where it is not known, and its time in seconds since 1970."""

    subjects: tuple[Named, ...]
    values: Values
    times: Values


def measure(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """The subjects beyond a limit, those whose alerts are open, those unknown and the nearest; three queries, and at most
    20,000 subjects."""
    kind = Kind(rule.subject_kind)
    age = facts.sources.get(metric_catalogue.SOURCES[kind])
    if age is None:
        yield Measured(subject=rule.subject_key, value=None, why="not collected from a cluster of this kind")
        return
    told = _of_lives(_told(facts, rule, kind, age)) if kind == Kind.MASTER else _told(facts, rule, kind, age)
    keys, opened = [one.key for one in told.subjects], facts.open.get(rule.key, frozenset())
    for place in picked(rule, told.values, keys, opened):
        if kind not in SHORT_LIVED or not np.isnan(told.values[place]) or keys[place] in opened:
            yield _of_subject(rule, kind, age, told, place)
    yield from _silent(facts, kind, age, opened - set(keys))
    if not keys:
        yield Measured(subject=rule.subject_key, value=None, why=_why(age, "no such subject is measured"))


def _silent(facts: Facts, kind: Kind, age: SourceAge, missing: frozenset[str]) -> Iterator[Measured]:
    """Of the subjects whose alerts are open and that have no readings any more, those whose host is silent: nothing is known
    of them, while on one that answers they are gone. Four queries where there are some."""
    if not missing or not (kind in OF_HOSTS or kind in (Kind.HOST, Kind.MASTER)):
        return
    of_place = kind == Kind.MASTER
    found = (
        [Named(key, key, "") for key in missing] if of_place else recent_readings.named(facts.cluster, kind, missing)
    )
    places = {one.key: one.key if of_place else host_of(kind, one) for one in found}
    why = machines_now.silent(facts.cluster, age, frozenset(places.values()), facts.now)
    for one in found:
        if reason := why.get(places[one.key]):
            yield Measured(subject=one.key, name=one.name, host=host_of(kind, one), value=None, why=reason[:200])


def sources(rule: Rule) -> tuple[str, ...]:
    """What the rule is fed by."""
    return (metric_catalogue.SOURCES[Kind(rule.subject_kind)],)


def _told(facts: Facts, rule: Rule, kind: Kind, age: SourceAge) -> Told:
    found = recent_readings.of_kind(
        facts.cluster, kind, names(rule), facts.now - _back(rule, age), facts.now, keys=_keys(rule, kind)
    )
    if kind == Kind.MASTER and rule.subject_key:
        found = _only(found, rule.subject_key)
    if rule.measure == Measure.VALUE:
        return Told(found.subjects, *_newest(found, len(metric_catalogue.parts(rule.metric))))
    rises, seconds = found.rises(0, uptime=1 if kind in metric_catalogue.UPTIME else None)
    _, times = found.newest(0)
    if rule.measure == Measure.RATE:
        with np.errstate(invalid="ignore", divide="ignore"):
            rises = np.where(seconds > 0, rises / seconds, np.nan)
    return Told(found.subjects, rises, times)


def names(rule: Rule) -> tuple[str, ...]:
    """Which values of the readings the rule is judged by."""
    kind = Kind(rule.subject_kind)
    if rule.measure == Measure.VALUE:
        return metric_catalogue.parts(rule.metric)
    uptime = metric_catalogue.UPTIME.get(kind)
    return (rule.metric, uptime) if uptime else (rule.metric,)


def _keys(rule: Rule, kind: Kind) -> list[str] | None:
    # A master has a subject for each life of its process, and a rule is about its place.
    return [rule.subject_key] if kind != Kind.MASTER and (rule.subject_key or kind == Kind.CLUSTER) else None


def _back(rule: Rule, age: SourceAge) -> timedelta:
    """How far back to look: three ticks for a value, the window and a tick before it for what rises."""
    apart = max(age.period_seconds, metric_catalogue.LEAST_SECONDS.get(Kind(rule.subject_kind), 0))
    if rule.measure == Measure.VALUE:
        return timedelta(seconds=TICKS_BACK * apart + age.source.lag_seconds)
    return timedelta(seconds=rule.window_seconds + apart + age.source.lag_seconds)


def _only(found: Readings, place: str) -> Readings:
    """The lives of one master; the values of the others are unknown."""
    mine = np.array([one.key.partition("@")[0] == place for one in found.subjects], dtype=bool)
    values = found.values.copy()
    values[~mine[found.places]] = np.nan
    return Readings(found.subjects, found.places, found.ticks, found.ages, values)


def _newest(found: Readings, columns: int) -> tuple[Values, Values]:
    if columns == 1:
        return found.newest(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = found.values[:, 0] / found.values[:, 1:].sum(axis=1)
    share[~np.isfinite(share)] = np.nan
    return Readings(found.subjects, found.places, found.ticks, found.ages, share[:, None]).newest(0)


def _of_lives(told: Told) -> Told:
    """The newest life of each master, under its place."""
    newest: dict[str, int] = {}
    for place, one in enumerate(told.subjects):
        key = one.key.partition("@")[0]
        before = newest.get(key)
        if not np.isnan(told.times[place]) and (before is None or told.times[place] > told.times[before]):
            newest[key] = place
    chosen = list(newest.values())
    named = tuple(Named(key, key, "") for key in newest)
    return Told(named, told.values[chosen], told.times[chosen])


def _of_subject(rule: Rule, kind: Kind, age: SourceAge, told: Told, place: int) -> Measured:
    one, value = told.subjects[place], known(told.values[place])
    host = host_of(kind, one)
    name = f"{one.name} on {host}" if kind in OF_HOSTS and one.name != host else one.name
    words = f"{in_words.what(rule)} {in_words.value(rule, value)}"
    return Measured(
        subject=one.key,
        name=name,
        host=host,
        value=value,
        says=words if kind == Kind.CLUSTER else f"{name}: {words}",
        why=_why(age, f"no value of the past {figures.duration(_back(rule, age))}") if value is None else "",
        measured_at=None if np.isnan(told.times[place]) else datetime.fromtimestamp(told.times[place], UTC),
    )


def _why(age: SourceAge, otherwise: str) -> str:
    return otherwise if age.freshness.current else reasons.why_old(age.outcome, age.detail)[:200]


def host_of(kind: Kind, one: Named) -> str:
    """Of which node the subject is; empty where it is of none."""
    if kind in OF_HOSTS:
        return one.parent
    return one.key if kind == Kind.HOST else one.key.rpartition(":")[0] if kind in (Kind.NODE, Kind.MASTER) else ""
