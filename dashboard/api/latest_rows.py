"""The rows of `readings/latest/`: JSON of which what does not grow old is made once; and what top.py shares with it.

Ages are those of now in each answer. All else of a row is the same until a poll ends or a subject changes; it is remembered
with the figures it was made of (queries/latest.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from dashboard.queries.freshness import Freshness
from dashboard.queries.latest import Asked, Latest
from dashboard.remembered import Remembered

SAME_SECONDS = 0.0005
"""Times are floats: within so much two are the same."""
MOST_BYTES = 16 << 20
TEXT_BYTES = 150
"""What two texts take beside their letters."""
Values = NDArray[np.float64]
ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True)
class Texts:
    """Of each row what stands before its age, and its values."""

    heads: Sequence[str]
    values: Sequence[str]

    @property
    def size_bytes(self) -> int:
        return sum(len(head) + len(values) + TEXT_BYTES for head, values in zip(self.heads, self.values, strict=True))


REMEMBERED: Remembered[Texts] = Remembered(MOST_BYTES)


class Head(msgspec.Struct, gc=False):
    """The beginning of a row, as LatestRowSerializer describes it."""

    key: str
    name: str
    taken_at: datetime | None


def told(what: Asked, found: Latest) -> bytes:
    """All rows. NaN becomes null here."""
    texts, older = _texts(found), older_seconds(what, found)
    ages, words = _lines(age_seconds(what, found.read_at)), freshness(what, found.read_at)
    rows = [
        f'{head},"age_seconds":{age},"freshness":"{word}","values":{values},"older_seconds":{{}}}}'
        for head, age, word, values in zip(texts.heads, ages, words, texts.values, strict=True)
    ]
    for row, seconds in older.items():
        rows[row] = f"{rows[row][:-3]}{ENCODER.encode(seconds).decode()}}}"
    return f"[{','.join(rows)}]".encode()


def _texts(found: Latest) -> Texts:
    """Remembered by what is stored and what of it is not too old by now."""
    key = (found.measured, np.packbits(np.isnan(found.times)).tobytes())
    known = REMEMBERED.get(key) if found.measured.settled else None
    if known is None:
        heads = map(Head, found.keys, found.names, moments(found.read_at))
        known = Texts([head[:-1] for head in _lines(list(heads))], _lines(found.values.tolist()))
        if found.measured.settled:
            REMEMBERED.put(key, known, known.size_bytes + found.measured.size_bytes)
    return known


def _lines(told: Sequence[object]) -> list[str]:
    """The JSON of each."""
    return ENCODER.encode_lines(told).decode().split("\n")[:-1]


def moments(times: Values) -> list[datetime | None]:
    """Seconds since 1970 as times; None where not known."""
    return [None if time != time else datetime.fromtimestamp(time, UTC) for time in times.tolist()]


def age_seconds(what: Asked, times: Values) -> list[float]:
    """To the millisecond, NaN where not known; a clock ahead of ours is now."""
    ages: list[float] = np.round(np.maximum(0.0, what.now.timestamp() - times), 3).tolist()
    return ages


def freshness(what: Asked, times: Values) -> list[str]:
    """What may be said of figures of these times."""
    ages, (late, _) = what.ages(times), what.limits_seconds
    words = np.array([Freshness.FRESH.value, Freshness.LATE.value, Freshness.NO_DATA.value])
    chosen: list[str] = words[np.where(np.isnan(ages), 2, (ages > late).astype(int))].tolist()
    return chosen


def older_seconds(what: Asked, found: Latest) -> dict[int, dict[str, float]]:
    """By row and metric, of values that are not of the row's newest reading: how old they are."""
    rows: dict[int, dict[str, float]] = {}
    for row, column in np.argwhere(found.times < found.read_at[:, None] - SAME_SECONDS).tolist():
        rows.setdefault(row, {})[what.names[column]] = round(what.now.timestamp() - float(found.times[row, column]), 3)
    return rows
