"""Where a rule as it is proposed would have fired in the stored past. Nothing is written and nothing is sent."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard import figures
from dashboard.alerts import in_words, trial
from dashboard.alerts.replay import Episode
from dashboard.alerts.rules import BY_KEY
from dashboard.alerts.trial import Other
from dashboard.models import Cluster, Rule, Subject
from dashboard.queries import rule_history
from dashboard.queries.metric_catalogue import OVER
from dashboard.queries.rule_history import Asked, Past
from dashboard.queries.window import MOST_POINTS, Window
from dashboard.store.roll_up import TOTALS
from dashboard.tiers import Tier

Kind = Subject.Kind
Values = NDArray[np.float64]
DEFAULT_DAYS = 30
MOST_EPISODES = 1_000


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """The past of a rule. `window` and `values` are for a chart, the worst subject of each of its steps, NaN in gaps."""

    window: Window
    values: Values
    unit: str
    limits: tuple[tuple[str, float], ...]
    """"warning" or "critical", and the value."""
    judged_seconds: int
    """The step in which it was judged, mostly finer than the chart's."""
    since: datetime | None
    """How far back figures reach; None where there are none."""
    subjects: int
    episodes: tuple[Episode, ...]
    """The newest thousand, newest first."""
    fired: int
    firing: timedelta
    """All of them together, also where several subjects fired at a time."""
    others: tuple[Other, ...]
    notes: tuple[str, ...]
    """What has to be known to read it, each a sentence."""


class NoHistory(ValueError):
    """The past of this rule is not kept as numbers, so it cannot be tried; the text is a sentence."""


@dataclass(frozen=True)
class Kept:
    """What the rule as it is kept would have done in the same past."""

    fired: int
    firing: timedelta


def backtest(cluster: Cluster, rule: Rule, now: datetime, *, days: int = DEFAULT_DAYS) -> Backtest:
    """Try the rule, which may be unsaved and switched off, on what is stored. Raises NoHistory. At most seven queries."""
    return _played(rule, _past(cluster, rule, now, days), now, days)


def compared(cluster: Cluster, rule: Rule, kept: Rule, now: datetime) -> tuple[Backtest, Kept]:
    """The same, beside the rule as it is kept. Where both are about the same figures these are read once."""
    past = _past(cluster, rule, now, DEFAULT_DAYS)
    before = past if _asked(kept) == _asked(rule) else _past(cluster, kept, now, DEFAULT_DAYS)
    episodes = trial.played(_tried(kept), before).episodes
    return _played(rule, past, now, DEFAULT_DAYS), Kept(len(episodes), trial.firing(episodes, now))


def _past(cluster: Cluster, rule: Rule, now: datetime, days: int) -> Past:
    asked = _asked(rule)
    return rule_history.of(cluster, asked, now, days, totals=asked.kind in TOTALS)


def _played(rule: Rule, past: Past, now: datetime, days: int) -> Backtest:
    asked, tried = _asked(rule), _tried(rule)
    played = trial.played(tried, past)
    episodes = played.episodes
    measured = np.flatnonzero(np.isfinite(past.values).any(axis=0)) if len(past.values) else np.zeros(0, dtype=int)
    window, worst = _drawn(past, above=asked.above)
    return Backtest(
        window=window,
        values=worst,
        unit=in_words.unit(rule),
        limits=tuple(
            (name, limit) for name in ("warning", "critical") if (limit := trial.limit_of(tried, name)) is not None
        ),
        judged_seconds=past.window.step_seconds,
        since=past.window.moment(int(measured[0])) if len(measured) else None,
        subjects=len(past.names),
        episodes=tuple(sorted(episodes, key=lambda one: one.began_at, reverse=True)[:MOST_EPISODES]),
        fired=len(episodes),
        firing=trial.firing(episodes, now),
        others=tuple(trial.others(tried, past, now, played.judged)),
        notes=tuple(_notes(rule, past, now, days, played.more)),
    )


def _asked(rule: Rule) -> Asked:
    above = rule.comparison == Rule.Comparison.ABOVE
    if rule.own:
        kind = Kind(rule.subject_kind)
        key = rule.subject_key or ("" if kind == Kind.CLUSTER else None)
        return Asked(
            kind=kind,
            for_seconds=rule.for_seconds,
            metric=rule.metric,
            key=key,
            measure=rule.measure,
            window_seconds=rule.window_seconds,
            above=above,
        )
    definition = BY_KEY.get(rule.key)
    if definition is None or definition.history is None:
        raise NoHistory(
            "What this rule measures is not kept as a history of numbers, so it cannot be tried on the past."
        )
    history = definition.history
    metric = f"{history.metric}{OVER}{history.of}" if history.of else history.metric
    return Asked(
        kind=history.kind,
        for_seconds=rule.for_seconds,
        metric=metric,
        key=history.key,
        only_where=history.only_where,
        above=above,
    )


def _tried(rule: Rule) -> Rule:
    """A copy that is on: one that is proposed with both severities off is tried with both."""
    tried = copy.copy(rule)
    if not rule.on:
        tried.warning_on, tried.critical_on = rule.warning is not None, rule.critical is not None
    return tried


def _drawn(past: Past, *, above: bool) -> tuple[Window, Values]:
    """The worst value of all subjects on at most as many steps as a line may have."""
    window = past.window
    width = -(-window.steps // MOST_POINTS)
    kept = np.full((len(past.values), -(-window.steps // width) * width), np.nan)
    kept[:, : window.steps] = past.values
    sign = 1.0 if above else -1.0
    filled = np.where(np.isnan(kept), -np.inf, sign * kept)
    worst = filled.max(axis=0, initial=-np.inf).reshape(-1, width).max(axis=1)
    step = window.step_seconds * width
    # Steps of the chart begin where those that were judged do.
    starts_at = window.moment(0)
    drawn = Window(window.name, starts_at, window.ends_at, window.step_seconds if width == 1 else step)
    values = np.where(np.isinf(worst), np.nan, sign * worst)
    return drawn, values[: drawn.steps]


def _notes(rule: Rule, past: Past, now: datetime, days: int, more: int) -> list[str]:
    window, definition = past.window, BY_KEY.get(rule.key)
    step = figures.duration(window.step_seconds)
    notes = [f"Judged by the mean of each {step}{_of_tier(window)}: what passed in between is not seen."]
    if rule.for_seconds and rule.for_seconds < 2 * window.step_seconds:
        notes.append(f"{figures.duration(rule.for_seconds)} is too short to be told apart in steps of {step}.")
    if now - window.starts_at < timedelta(days=days) - timedelta(minutes=1):
        told = figures.duration(window.ends_at - window.starts_at)
        notes.append(f"Figures of this kind that are fine enough, and not too many to look at, reach back {told}.")
    if past.left_out:
        notes.append(
            f"Of {figures.count(past.left_out + len(past.names))} subjects the "
            f"{figures.count(len(past.names))} that are nearest to a limit now were looked at."
        )
    if more:
        notes.append(
            f"{figures.counted(more, 'subject')} more passed a limit: they pass it too often to be told one by one."
        )
    if rule.measure != Rule.Measure.VALUE and rule.own and rule.window_seconds < window.step_seconds:
        notes.append(f"What rises over {figures.duration(rule.window_seconds)} is known in steps of {step} only.")
    if definition is not None and definition.holds_after_election:
        notes.append("In life it is not judged in the ten minutes after a leader change; here it is.")
    return notes


def _of_tier(window: Window) -> str:
    """Where the figures are no readings any more."""
    if window.tier is Tier.RAW or window.tier.step_seconds == window.step_seconds:
        return ""
    return f", out of means of {figures.duration(window.tier.step_seconds)}"


def title(found: Backtest) -> str:
    """What a reader has to know first: "It would have fired 3 times in 30 d, for 1 d 23 h in all"."""
    if found.since is None:
        return "Nothing was measured in this time"
    whole = found.since - found.window.starts_at < timedelta(seconds=2 * found.judged_seconds)
    begins_at = found.window.starts_at if whole else found.since
    span = figures.duration(found.window.ends_at - begins_at)
    if not found.fired:
        return f"It would not have fired in {span}"
    times = "once" if found.fired == 1 else f"{figures.count(found.fired)} times"
    return f"It would have fired {times} in {span}, for {figures.duration(found.firing)} in all"
