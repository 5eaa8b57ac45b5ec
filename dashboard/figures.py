"""Figures as an operator reads them: the one place that decides digits, units and separators. Pure Python.

None and NaN mean "not measured" and read "—"; zero is a measurement and reads 0; a trace is never rounded to 0.
Number and unit are joined by a no-break space, so that a line never ends between them.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

NO_BREAK = "\u00a0"
ABSENT = "—"
MINUS = "\u2212"

BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
"""Seconds in a unit and its short name, largest first."""

Number = float | int | None
Span = timedelta | float | int | None


def is_absent(value: object) -> bool:
    """Whether nothing was measured: None, NaN, or an empty text."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def absent(value: object) -> str:
    """The value as text, or the dash."""
    return ABSENT if is_absent(value) else str(value)


def byte_size(value: Number) -> str:
    """IEC units at three significant digits; whole amounts in their unit stay whole: 8 GiB, 8.01 GiB, 98.7 GiB."""
    if value is None or math.isnan(value):
        return ABSENT
    size, unit = abs(float(value)), 0
    # 999.5 of a unit would round to a fourth digit; bytes alone are counted up to 1,023.
    while size >= (1024 if unit == 0 else 999.5) and unit < len(BINARY_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{_sign(value)}{_three_digits(size, whole=unit == 0)}{NO_BREAK}{BINARY_UNITS[unit]}"


def byte_rate(value: Number) -> str:
    """Bytes per second: 9.87 MiB/s."""
    text = byte_size(value)
    return text if text == ABSENT else f"{text}/s"


def exact(value: Number) -> str:
    """A number as it was told, thousands set apart, four decimals at most: 1,524,713,390 · 9,412.07 · <0.0001."""
    if value is None or math.isnan(value):
        return ABSENT
    if 0 < abs(value) < 0.00005:
        return f"{_sign(value)}<0.0001"
    digits = f"{abs(value):,.4f}".rstrip("0").rstrip(".")
    return _sign(value) + digits


def percent(ratio: Number) -> str:
    """A ratio 0…1: whole from 10 %, one decimal below; "<0.1 %" for a trace; only a full ratio reads 100 %."""
    if ratio is None or math.isnan(ratio):
        return ABSENT
    share = abs(ratio) * 100
    if 0 < share < 0.1:
        digits = "<0.1"
    elif share == 0:
        digits = "0"
    elif round(share, 1) < 10:
        digits = f"{share:.1f}"
    elif 99 <= share < 100:
        digits = "99"
    else:
        digits = f"{share:,.0f}"
    return f"{_sign(ratio)}{digits}{NO_BREAK}%"


def cores(value: Number) -> str:
    """Cores without a unit: at most two decimals, none that are not needed: 1,024 · 12.5 · 0.36 · <0.01."""
    if value is None or math.isnan(value):
        return ABSENT
    if 0 < abs(value) < 0.005:
        return f"{_sign(value)}<0.01"
    digits = f"{abs(value):,.2f}".rstrip("0").rstrip(".")
    return _sign(value) + digits


def counted_cores(value: Number) -> str:
    """Cores with their unit: 0.36 cores, 1 core, "—"."""
    text = cores(value)
    return text if text == ABSENT else f"{text}{NO_BREAK}{'core' if text == '1' else 'cores'}"


def count(value: Number) -> str:
    """A number of things, thousands set apart; a mean of them keeps one decimal."""
    if value is None or math.isnan(value):
        return ABSENT
    if float(value).is_integer():
        return f"{_sign(value)}{abs(int(value)):,}"
    return f"{_sign(value)}<0.1" if abs(value) < 0.05 else f"{_sign(value)}{abs(value):,.1f}"


def counted(value: Number, one: str, many: str = "") -> str:
    """A count with its noun: 1 agent, 42 agents, "— agents"; `many` where an s is not enough."""
    noun = one if value == 1 else many or f"{one}s"
    return f"{count(value)}{NO_BREAK}{noun}"


def verb(value: Number, one: str, many: str) -> str:
    """What so many do, after a noun `counted` by the same number: 1 instance *runs*, 0 instances *run*."""
    return one if value == 1 else many


def duration(value: Span) -> str:
    """Two units, the second padded when it is seconds and left out when it is zero: 3 d 4 h · 2 min 05 s · <1 s."""
    seconds = as_seconds(value)
    if seconds is None:
        return ABSENT
    if 0 < abs(seconds) < 1:
        return f"<1{NO_BREAK}s"
    whole = int(abs(seconds))
    size, unit = next(((size, unit) for size, unit in SPANS if whole >= size), SPANS[-1])
    first, rest = divmod(whole, size)
    text = f"{_sign(seconds)}{first}{NO_BREAK}{unit}"
    if size == 1 or not (second := _second_unit(rest, size)):
        return text
    return f"{text}{NO_BREAK}{second}"


def age(value: Span) -> str:
    """One unit, rounded down: 12 s · 3 min · 41 d. A moment ahead of our clock reads as <1 s."""
    seconds = as_seconds(value)
    if seconds is None:
        return ABSENT
    if seconds < 1:
        return f"<1{NO_BREAK}s"
    size, unit = next((size, unit) for size, unit in SPANS if seconds >= size)
    return f"{int(seconds // size)}{NO_BREAK}{unit}"


def ago(value: Span) -> str:
    """An age as a phrase: 12 s ago."""
    text = age(value)
    return text if text == ABSENT else f"{text}{NO_BREAK}ago"


def instant(moment: datetime | None, now: datetime) -> str:
    """A moment in UTC as seen at `now`: 02:13:50 on the same day, 14 Oct 21:58 before, with the year in other years."""
    if moment is None:
        return ABSENT
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    if moment.date() == now.date():
        return f"{moment:%H:%M:%S}"
    year = "" if moment.year == now.year else f"{NO_BREAK}{moment.year}"
    return f"{moment.day}{NO_BREAK}{moment:%b}{year}{NO_BREAK}{moment:%H:%M}"


def took(seconds: Number) -> str:
    """How long one action took, at three digits: 0.21 s · 12.4 s · 2 min 05 s; <0.01 s for a trace."""
    if seconds is None or math.isnan(seconds) or seconds >= 99.95:
        return duration(seconds)
    if 0 < seconds < 0.005:
        return f"<0.01{NO_BREAK}s"
    return f"{seconds:.2f}{NO_BREAK}s" if seconds < 9.995 else f"{seconds:.1f}{NO_BREAK}s"


def iso(moment: datetime) -> str:
    """The moment for machines, in UTC to the second: 2026-11-24T02:13:50Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def as_seconds(value: Span) -> float | None:
    """Seconds of a span; None when there is none."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return None if value is None or math.isnan(value) else float(value)


def _second_unit(rest: int, size: int) -> str:
    """What is left in the unit below `size`; empty when that is nothing."""
    below, unit = next((below, unit) for below, unit in SPANS if below < size)
    amount = rest // below
    return f"{amount:02d}{NO_BREAK}{unit}" if amount and below == 1 else f"{amount}{NO_BREAK}{unit}" if amount else ""


def _three_digits(size: float, *, whole: bool) -> str:
    if whole or size.is_integer():
        return f"{size:,.0f}"
    decimals = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:.{decimals}f}"


def _sign(value: float) -> str:
    return MINUS if value < 0 else ""
