"""Many subjects in slices, each of which is one short transaction: polls wait while it runs, and write between two of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.db import connection

TURN = timedelta(seconds=40)
"""A turn of a job begins nothing new after so long; the next one goes on."""
AT_ONCE_VALUES = 800_000
"""A tenth of a second of work: what is written together also lies together, with fewer pages left half empty."""
FIRST, MOST = 2, 512
MOST_BREATH_SECONDS = 0.1
"""So far apart are, at most, the tries at SQLite's write lock of one who waits for it: it has no queue."""


@dataclass
class Slice:
    subjects: Sequence[int]
    kind: str
    values: int = 0
    """How many values were worked on, as the worker tells: the next slice is as large as it should be by that."""


def of(subjects: Iterable[tuple[int, str]]) -> Iterator[Slice]:
    """These subjects, each with its kind and those of a kind together, in slices of about `AT_ONCE_VALUES`."""
    for kind, found in groupby(subjects, key=itemgetter(1)):
        alike, first, size = [subject for subject, _ in found], 0, FIRST
        while first < len(alike):
            part, begun = Slice(alike[first : first + size], kind), time.monotonic()
            yield part
            breathe(begun)
            first += size
            fitting = size * AT_ONCE_VALUES // max(1, part.values)
            size = max(1, min(MOST, 4 * size, fitting))


def breathe(begun: float) -> None:
    """After a transaction that ran since then, by `time.monotonic`: leave SQLite's lock to others for as long as that took,
    or as one of them needs to find it free. Without it a poll waited 7.9 s for a roll-up whose slices took 0.1 s each."""
    if connection.vendor == "sqlite":
        time.sleep(min(time.monotonic() - begun, MOST_BREATH_SECONDS))
