"""Moments as people type them in UTC: now, 1 h, 16:30, 25 Nov 08:00, 2026-11-25 08:00."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dashboard.pages.limit_values import parsed

CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d %b %Y %H:%M", "%d %b %H:%M", "%Y-%m-%d")
WRONG = "Give a time in UTC, such as 1 h, 16:30 or 25 Nov 08:00."
LONGEST = timedelta(days=400)


def moment(text: str, now: datetime, after: datetime | None = None) -> datetime:
    """A span is counted from `after` (else from now), a time of day is its next one. ValueError says what may be typed."""
    text = " ".join(text.replace("UTC", " ").split())
    start = after or now
    if text.lower() in ("", "now"):
        return now
    if clock := CLOCK.fullmatch(text):
        return _next(int(clock[1]), int(clock[2]), start)
    for form in FORMATS:
        if (found := _read(text, form, now)) is not None:
            return found
    try:
        span = timedelta(seconds=parsed(text.removeprefix("+"), "seconds"))
    except (ValueError, OverflowError) as error:
        raise ValueError(WRONG) from error
    if not timedelta(0) < span < LONGEST or text.isdecimal():
        raise ValueError(WRONG)
    return start + span


def _next(hour: int, minute: int, start: datetime) -> datetime:
    if hour > 23 or minute > 59:
        raise ValueError(WRONG)
    found = start.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return found if found > start else found + timedelta(days=1)


def _read(text: str, form: str, now: datetime) -> datetime | None:
    """Without a year it is the one in which that moment is nearest to come."""
    yearless = "%Y" not in form
    try:
        dated = (f"{text} {now.year}", f"{form} %Y") if yearless else (text, form)
        found = datetime.strptime(*dated).replace(tzinfo=UTC)
    except ValueError:
        return None
    if yearless and found < now - timedelta(days=180):
        return found.replace(year=now.year + 1)
    return found
