"""What the alerts of a cluster come to, in sentences."""

from __future__ import annotations

from datetime import datetime

from dashboard import figures
from dashboard.alerts.rules import RULES
from dashboard.models import Watch
from dashboard.queries.alert_counts import Summed, Watching
from dashboard.queries.alert_list import KNOWN, Standing

DECK = frozenset(rule.key for rule in RULES if rule.deck_row is not None)
"""The rules of Mesos' own table of alert metrics, which come switched on."""
LATE_SECONDS = 60
"""Rules are judged every 15 s: after a minute without, what fires now is not known."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
WORDS = {
    Standing.ACKNOWLEDGED: "acknowledged",
    Standing.SILENCED: "silenced",
    Standing.INHIBITED: "explained by another",
}


def judged_late(watch: Watch | None, now: datetime) -> float | None:
    """For how many seconds the rules have not been judged, if that is too long; None while all is on time."""
    if watch is None or watch.evaluated_at is None:
        return None
    seconds = (now - watch.evaluated_at).total_seconds()
    return seconds if seconds > LATE_SECONDS else None


def first(summed: Summed) -> str:
    """What needs somebody: "2 firing, both on 10.0.0.242 and both unclaimed." """
    count = summed.firing
    if not count:
        return "Nothing fires." if not any(summed.by_standing[one] for one in KNOWN) else "Nothing new fires."
    if count == 1:
        return f"1 firing{f' on {summed.host}' if summed.host else ''}, and nobody has it."
    both = "both" if count == 2 else "all"
    where = f" {both} on {summed.host} and {both}" if summed.host else _spread(summed, both)
    return f"{figures.count(count)} firing,{where} unclaimed."


def _spread(summed: Summed, both: str) -> str:
    on = f" on {figures.counted(summed.hosts, 'node')}," if summed.hosts > 1 else ""
    return f"{on} {both}"


def rest(summed: Summed, watching: Watching) -> str:
    """What is known already, what waits, and who watches."""
    return " ".join(part for part in (_severe(summed), _known(summed), _pending(summed), _watch(watching)) if part)


def _severe(summed: Summed) -> str:
    parts = []
    if summed.firing > 1 and summed.critical:
        parts.append(f"{figures.count(summed.critical)} of them critical")
    if summed.unknown:
        parts.append(f"{figures.count(summed.unknown)} without data")
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _known(summed: Summed) -> str:
    known = {one: summed.by_standing[one] for one in KNOWN if summed.by_standing[one]}
    total = sum(known.values())
    if not total:
        return ""
    parts = ", ".join(f"{figures.count(count)} {WORDS[one]}" for one, count in known.items())
    more = " more" if summed.firing else ""
    return f"{figures.count(total)}{more} {'is' if total == 1 else 'are'} known: {parts}."


def _pending(summed: Summed) -> str:
    count = summed.by_standing[Standing.PENDING]
    return f"{figures.count(count)} pending." if count else ""


def _watch(watching: Watching) -> str:
    if not watching.all:
        return "No rule watches yet."
    watch = f"{figures.counted(watching.on, 'rule')} {'watches' if watching.on == 1 else 'watch'}"
    if not watching.named:
        return f"{watch}."
    if watching.named_on == watching.named:
        return f"{watch}; all {spelled(watching.named)} Mesos rules are on."
    return f"{watch}; {spelled(watching.named_on)} of the {spelled(watching.named)} Mesos rules are on."


def spelled(number: int) -> str:
    """Small numbers as words."""
    return NUMBERS[number] if number < len(NUMBERS) else figures.count(number)
