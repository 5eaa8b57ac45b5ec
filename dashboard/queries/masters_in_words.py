"""What the masters' page says before it shows: who leads, how many are left, how far the leader is behind. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dashboard import figures
from dashboard.queries import reasons
from dashboard.queries.freshness import Freshness
from dashboard.queries.masters import QUEUES, MasterRow, Masters
from dashboard.queries.readings import Series


@dataclass(frozen=True)
class Said:
    """The page's sentence: what matters most, what belongs to it, and the rest. The first two are one sentence."""

    first: str
    then: str
    rest: str


def said(masters: Masters, now: datetime) -> Said:
    if not masters.source.freshness.current or not masters.answering:
        return _unknown(masters)
    leaders = [row for row in masters.rows if row.leads]
    if len(leaders) == 1:
        return Said(f"{leaders[0].master.place} leads", _since(leaders[0], masters, now), _rest(masters))
    if leaders:
        places = " and ".join(row.master.place for row in leaders)
        return Said(f"{places} claim to lead", ", only one may.", _rest(masters))
    return Said("No master leads", ": no task can start, running ones go on.", _rest(masters))


def _unknown(masters: Masters) -> Said:
    """Without an answer of late nothing may be said of the present, only of the last time there was one."""
    why = reasons.reason(masters.source.outcome, masters.source.detail)
    if masters.source.freshness is Freshness.NEVER:
        return Said("No master has answered yet", f". Last poll: {why}.", "")
    led = f"{masters.leader_host} led" if masters.leader_host else "Nobody led"
    silent = figures.duration(masters.source.age_seconds)
    rest = f"{led} when one last answered. Last poll: {why}."
    return Said("Who leads is not known", f": nothing heard from any master for {silent}.", rest)


def _since(leader: MasterRow, masters: Masters, now: datetime) -> str:
    since = masters.leader_since
    if since is None or masters.leader_host != leader.master.place:
        return "."
    # Seen leading at first sight, it may have done so long before.
    at_least = " at least" if leader.master.first_seen >= since else ""
    return f"{at_least} since {figures.instant(since, now)}, {figures.duration(now - since)} ago."


def _rest(masters: Masters) -> str:
    parts = [_answering(masters), f"the sum of elected is {masters.elected_sum}{_must(masters)}", _quorum(masters)]
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}. {_versions(masters)}".strip()


def _answering(masters: Masters) -> str:
    total = len(masters.rows)
    if masters.answering == total:
        return f"all {total} answer" if total > 1 else "it is the only one"
    unseen = f", {masters.unseen} cannot be reached from here" if masters.unseen else ""
    return f"{masters.answering} of {total} answer{unseen}"


def _must(masters: Masters) -> str:
    return "" if masters.elected_sum == 1 else " and must be 1"


def _quorum(masters: Masters) -> str:
    if masters.unseen:
        return f"quorum is {masters.quorum}"
    spare = f"{masters.spare} more" if masters.spare else "none"
    return f"quorum is {masters.quorum}: {spare} can be lost"


def _versions(masters: Masters) -> str:
    if len(masters.versions) > 1:
        return f"They differ: Mesos {' and '.join(masters.versions)}."
    everywhere = " on all" if masters.answering == len(masters.rows) > 1 else ""
    return f"Mesos {masters.versions[0]}{everywhere}." if masters.versions else ""


def queues(series: Series) -> str:
    """The event queue in a sentence: how many events wait, and how many did at most."""
    waiting = np.sum([series[name] for name in QUEUES], axis=0)
    measured = waiting[np.isfinite(waiting)]
    if not len(measured):
        return "The leader’s event queue was not measured in this time"
    latest, most = figures.count(round(float(measured[-1]), 1)), figures.count(round(float(measured.max()), 1))
    return f"About {latest} events wait for the leader; {most} at most in this time"
