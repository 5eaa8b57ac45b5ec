"""What the verdict says of alerts: those that nobody has and that it does not know of itself, and those that somebody has. Pure.

A silence hides messages, never states: a critical alert that is silenced or acknowledged makes the verdict no worse, and yet
it is not called well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dashboard import figures
from dashboard.queries.alert_list import KNOWN, Standing
from dashboard.queries.alerts_now import Firing
from dashboard.queries.happenings import Link
from dashboard.queries.verdict_facts import Facts, Finding

TOLD = frozenset({"R1", "R2", "R4", "R4b", "R5", "R7", "R8", "R24", "R31", "R32"})
"""Rules whose fact is a finding of its own: blindness, no leader or two, silent masters, lost agents, absent schedulers,
sick components."""
SINGLE = 3
"""So many rules' alerts are a finding each; of more it is said how many fire."""
JUDGED_WITHIN = timedelta(seconds=60)
"""Rules are judged every 15 s."""
WORDS = {
    Standing.ACKNOWLEDGED: "acknowledged",
    Standing.SILENCED: "silenced",
    Standing.INHIBITED: "explained by another",
}


def findings(facts: Facts, now: datetime) -> Iterator[Finding]:
    """Those that nobody has, then the critical ones that somebody has, then whether all of this is known at all."""
    news = [one for one in facts.alerts if one.newest.rule.key not in TOLD]
    loud = [one for one in news if one.standing == Standing.FIRING]
    for one in loud[:SINGLE]:
        mark, word = ("bad", "Degraded") if one.critical else ("warn", "Warning")
        yield Finding(mark=mark, word=word, text=sentence(one), link=where(one))
    yield from _more(loud[SINGLE:])
    yield from _known([one for one in news if one.critical and one.standing in KNOWN])
    yield from _unjudged(facts, now)


def asides(facts: Facts) -> Iterator[Finding]:
    """How many fire that are no news."""
    counts: Counter[Standing] = Counter()
    for one in facts.alerts:
        if one.standing in KNOWN and not (one.critical and one.newest.rule.key not in TOLD):
            counts[one.standing] += one.count
    if counts:
        parts = ", ".join(f"{figures.count(counts[each])} {WORDS[each]}" for each in KNOWN if counts[each])
        yield Finding(mark="mute", word="Known", text=f"alerts that are no news: {parts}", link=("alerts",))


def sentence(one: Firing) -> str:
    """What fires; of many, how many and the newest of them."""
    alert, blind = one.newest, ""
    if one.unknown:
        blind = " (no data now)" if one.count == 1 else f" ({figures.count(one.unknown)} without data now)"
    if one.count == 1:
        return f"{alert.sentence}{blind}"
    return f"{alert.rule.name}: {figures.counted(one.count, 'alert')}{blind}, the newest: {alert.sentence}"


def where(one: Firing) -> Link:
    return ("alert", str(one.newest.pk)) if one.count == 1 else ("alerts",)


def _more(rest: Sequence[Firing]) -> Iterator[Finding]:
    if not rest:
        return
    mark, word = ("bad", "Degraded") if any(one.critical for one in rest) else ("warn", "Warning")
    text = f"{figures.counted(sum(one.count for one in rest), 'more alert')} that nobody has"
    yield Finding(mark=mark, word=word, text=text, link=("alerts",))


def _known(critical: Sequence[Firing]) -> Iterator[Finding]:
    if not critical:
        return
    total = sum(one.count for one in critical)
    first = critical[0]
    if total == 1:
        text = f"{sentence(first)}; critical, {_whose(first)}"
    else:
        text = f"{figures.counted(total, 'critical alert')} go on that are no news, the newest: {sentence(first)}"
    yield Finding(mark="mute", word="Known", text=text, link=where(first) if total == 1 else ("alerts",))


def _whose(one: Firing) -> str:
    alert = one.newest
    if one.standing == Standing.ACKNOWLEDGED:
        return f"acknowledged by {alert.acknowledged_by.get_username() if alert.acknowledged_by else 'somebody'}"
    if one.standing == Standing.SILENCED and alert.silence is not None:
        return f"silenced by {alert.silence.by}"
    return WORDS[one.standing]


def _unjudged(facts: Facts, now: datetime) -> Iterator[Finding]:
    """Whatever the rules would find is not known while nobody judges them."""
    if not facts.cluster.enabled:
        return
    judged_at = facts.judging.judged_at
    late = now - (judged_at or facts.cluster.created_at)
    if late > JUDGED_WITHIN:
        lasting = f"have not been judged for {figures.duration(late)}" if judged_at else "have never been judged"
        text = f"the rules {lasting}: what should fire is not known"
        yield Finding(mark="unk", word="Partly blind", text=text, link=("alerts",))
