"""The tiers of stored history: how fine each is, and over how much time one of its chunks reaches. Pure (house, §4).

Readings of the last hour or two stand as they came. Each whole hour that ended an hour ago becomes part of one chunk a subject
for two hours, to the bit as it was; of each day there are chunks of five minutes and of hours beside it, which stay longer.
"""

from __future__ import annotations

from enum import IntEnum

HOUR_SECONDS, DAY_SECONDS = 3600, 86_400


class Tier(IntEnum):
    """The finest first. The numbers are stored: never renumber."""

    RAW = 0
    FIVE_MINUTES = 1
    HOURS = 2

    @property
    def step_seconds(self) -> int:
        """How far its rows are apart; 0 where they are as the source was asked."""
        return {Tier.RAW: 0, Tier.FIVE_MINUTES: 300, Tier.HOURS: HOUR_SECONDS}[self]

    @property
    def span_seconds(self) -> int:
        """A chunk holds rows of one such stretch, which begins at a multiple of it since 1970: two hours or a day, UTC.

        Raw chunks of an hour, as they once were, are read as well.
        """
        return 2 * HOUR_SECONDS if self is Tier.RAW else DAY_SECONDS


ROLLED = (Tier.FIVE_MINUTES, Tier.HOURS)
SETTLED_SECONDS = HOUR_SECONDS
"""An hour becomes chunks when it ended so long ago: until then a late answer may still be written into it."""
LATEST_SECONDS = 2 * HOUR_SECONDS
"""Readings whose tick is older than this are refused."""


def settled_before(seconds: float) -> int:
    """The end of the last hour that may be chunks at this time, both in seconds since 1970."""
    return int(seconds - SETTLED_SECONDS) // HOUR_SECONDS * HOUR_SECONDS


def is_too_late(tick: int, seconds: float) -> bool:
    """Whether a reading of this tick is refused at this time."""
    return seconds - tick > LATEST_SECONDS


def first_of(tier: Tier, tick: int) -> int:
    """The beginning of the stretch that a chunk of this tier with that tick holds."""
    return tick // tier.span_seconds * tier.span_seconds
