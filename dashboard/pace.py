"""How often to ask: the periods a source may have, when Day Two takes a longer one, how long a silent agent rests. Pure.

House, §4: a source has its period, multiplied per cluster by the operator or, where the cluster answers slowly, by Day Two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.errors import Outcome

FACTORS = (1, 2, 3, 6)
"""By how much an operator may multiply a source's own period."""
LADDER = (10, 20, 30, 60, 120, 180, 300, 360, 600)
"""Periods in seconds that Day Two takes by itself. Each divides a minute or is whole minutes, so that what is kept of
every minute has its tick, and none is longer than the distance over which charts still draw a line."""

SLOW_RATIO, SLOW_POLLS = 0.6, 3
"""So many polls in a row that each took more than this share of their period make it longer."""
SKIPPED_SLOTS = 2
"""So many slots in a row that no poll could take make it longer too."""
QUICK_RATIO, QUICK_POLLS = 0.25, 10
"""So many slots in a row whose polls took less than this share bring it back a step. A step back is at most half, so that
what was quick there takes at most half of the shorter period: it does not go to and fro."""

LARGE_BYTES, SMALL_BYTES = 5 * 1024**2, 4 * 1024**2
"""A summary over the first size is asked for every minute, until it is under the second."""
LARGE_SECONDS = 60

COSTLY = frozenset({Outcome.TIMEOUT_CONNECT, Outcome.TIMEOUT_HEADERS, Outcome.TIMEOUT_BODY, Outcome.UNREACHABLE})
"""Ends that cost a poll its time. A refusal or an error costs next to nothing, so whoever gives one is asked every time."""
FAILURES_BEFORE_REST = 5
LONGEST_REST_SECONDS = 600


def slot_start(moment: float, period_seconds: int) -> int:
    """The tick of the slot in which a moment is, both in seconds since 1970."""
    return int(moment) // period_seconds * period_seconds


@dataclass(frozen=True)
class Took:
    """One poll that ran: how long, and how long its slot was."""

    seconds: float
    period_seconds: int

    @property
    def ratio(self) -> float:
        return self.seconds / self.period_seconds


def factors(period_seconds: int) -> tuple[int, ...]:
    """Those that keep a source of this period on whole minutes."""
    return tuple(each for each in FACTORS if each * period_seconds % 60 == 0 or 60 % (each * period_seconds) == 0)


def longer(period_seconds: int) -> int:
    """At least twice as long, on the ladder, up to ten minutes; a period that is longer already stays."""
    return next((step for step in LADDER if step >= 2 * period_seconds), max(LADDER[-1], period_seconds))


def shorter(period_seconds: int, least_seconds: int) -> int:
    """Half as long or the step above that, never below `least_seconds`."""
    half = next((step for step in LADDER if 2 * step >= period_seconds), LADDER[-1])
    return max(half, least_seconds)


def too_slow(latest: Sequence[Took]) -> bool:
    """Whether polls take too much of their period; `latest` are those that answered, the newest first."""
    return len(latest) >= SLOW_POLLS and all(took.ratio > SLOW_RATIO for took in latest[:SLOW_POLLS])


def rest_seconds(outcome: Outcome | str, failures_in_row: int, period_seconds: int) -> int:
    """How often an agent is asked that ended so, so many times in a row: every period, or every 2nd, 4th … up to 10 min."""
    if outcome not in COSTLY or failures_in_row < FAILURES_BEFORE_REST:
        return period_seconds
    # Doubled once for each; more than seven times makes no difference, for 2^7 periods of 10 s are over ten minutes.
    doubled = period_seconds << min(failures_in_row - FAILURES_BEFORE_REST + 1, 7)
    return max(period_seconds, min(doubled, LONGEST_REST_SECONDS) // period_seconds * period_seconds)
