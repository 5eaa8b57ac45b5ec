"""Which alerts are covered by a silence now, and what becomes of those whose silence has ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dashboard import matching
from dashboard.matching import Matcher, Named
from dashboard.models import Alert, Severity, Silence


def matchers(silences: Iterable[Silence]) -> dict[int, Matcher]:
    """The words of those that hold, by key. One whose words cannot be read any more covers nothing."""
    found = {}
    for silence in silences:
        if silence.ended_at is None:
            try:
                found[silence.pk] = matching.parse(silence.matcher)
            except ValueError:
                continue
    return found


def cover(
    alerts: Sequence[Alert],
    silences: Mapping[int, Silence],
    holding: Mapping[int, Matcher],
    zones: Mapping[str, str],
    now: datetime,
) -> set[int]:
    """Set `silence` of every alert that fires (`zones`: host → zone), and count on each silence what it keeps quiet.

    What was covered and is so no longer has to be told, unless its silence says nothing at its end. Returns the keys of
    the silences whose count rose.
    """
    rose: set[int] = set()
    for alert in alerts:
        before, after = alert.silence_id, _covering(alert, holding, zones)
        if before == after:
            continue
        alert.silence_id = after
        if after is not None:
            silences[after].kept_quiet += 1
            rose.add(after)
        elif before is not None and before in silences:
            _uncover(alert, silences[before], now)
    return rose


def _covering(alert: Alert, holding: Mapping[int, Matcher], zones: Mapping[str, str]) -> int | None:
    """The one that covers it already where that still does, else the oldest."""
    if not holding:
        return None
    named = Named(
        rule=alert.rule.key,
        severity=alert.severity,
        node=alert.host,
        zone=zones.get(alert.host, "") if alert.host else "",
        subject=alert.subject,
        name=alert.name,
    )
    kept = holding.get(alert.silence_id) if alert.silence_id is not None else None
    if kept is not None and kept.covers(named):
        return alert.silence_id
    return next((pk for pk, matcher in holding.items() if matcher.covers(named)), None)


def _uncover(alert: Alert, silence: Silence, now: datetime) -> None:
    if silence.tell_at_end:
        alert.settled_at = None
        return
    alert.settled_at = alert.settled_at or now
    group = alert.group
    if group is not None and group.told_severity != Severity.CRITICAL:
        # What is let pass counts as told, so that only something worse is news.
        group.told_severity = alert.severity
