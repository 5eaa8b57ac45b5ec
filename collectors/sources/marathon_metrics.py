"""A Marathon's metrics out of any of the three forms of `/metrics`, each known by its shape: a flag can bring an old one back.

Document: https://mesosphere.github.io/marathon/docs/metrics.html

| Marathon | form | a gauge is | a counter is |
|---|---|---|---|
| to 1.4 | Dropwizard, old names | `value` | `count` since the leader began |
| 1.5, 1.6, or asked for later | Kamon, old names | the largest of a window, `max` | a count within the window: no total, absent |
| from 1.7 | Dropwizard, new names | `value` | `count` since the leader began |
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from collectors.decoding import LARGEST_VALUE, LONGEST_NAME, Dropped, count, decode, from_rfc3339, number, one
from collectors.errors import Outcome, PollError
from collectors.metrics import MARATHON_METRICS, MarathonMetric

COLLECTOR = re.compile(r"(?P<before>(?:\A|\.)jvm\.gc\.)[^.]+(?=\.)")
"""Each collector of garbage has entries of its own."""
OF_KAMON = {"value": "max", "m1_rate": "count"}
"""Where Kamon has the figure that Dropwizard has by another name."""
IN_SECONDS = {
    **{"n": 1e-9, "ns": 1e-9, "nanoseconds": 1e-9, "µs": 1e-6, "microseconds": 1e-6},
    **{"ms": 1e-3, "milliseconds": 1e-3, "s": 1.0, "seconds": 1.0},
}
IN_BYTES = {"b": 1.0, "bytes": 1.0, "kb": 1024.0, "mb": 1024.0**2, "gb": 1024.0**3}
WANTED = frozenset(end for metric in MARATHON_METRICS for end in (metric.entry, *metric.old))
ABSENT = msgspec.Raw()


class Unit(msgspec.Struct, frozen=True):
    label: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """What entries of all kinds may say of themselves; the figures are read one by one."""

    value: msgspec.Raw = ABSENT
    count: msgspec.Raw = ABSENT
    max: msgspec.Raw = ABSENT
    p50: msgspec.Raw = ABSENT
    p95: msgspec.Raw = ABSENT
    p99: msgspec.Raw = ABSENT
    m1_rate: msgspec.Raw = ABSENT
    unit: Unit | None = None
    duration_units: str | None = None


Entries = Mapping[str, Sequence[Entry]]
"""By the end of their names that is looked up: one, or of collectors of garbage all."""


def decode_metrics(body: bytes, *, url: str = "") -> tuple[dict[str, float], Dropped]:
    """The metrics of `MARATHON_METRICS` that this Marathon has, in their units. PollError where it has none of them."""
    sections = decode(body, dict[str, msgspec.Raw], url=url)
    dropped: Dropped = Counter()
    entries = _entries(sections.values(), dropped)
    window = _window_seconds(sections) if {"start", "end"} <= sections.keys() else None
    found = {metric.name: _value(metric, entries, window, dropped) for metric in MARATHON_METRICS}
    told = {name: value for name, value in found.items() if value is not None}
    if not told:
        raise PollError(Outcome.WRONG_SHAPE, "The answer has no metric of a Marathon in any of its forms", url=url)
    return told, dropped


def _window_seconds(sections: Mapping[str, msgspec.Raw]) -> float:
    """How long Kamon measured; 0 where it does not say, and then nothing can be told each second."""
    told = [one(sections[end], str, Counter(), what="window") for end in ("start", "end")]
    start, end = [from_rfc3339(text) if text else None for text in told]
    return (end - start).total_seconds() if start and end and end > start else 0.0


def _entries(sections: Iterable[msgspec.Raw], dropped: Dropped) -> Entries:
    """What is looked up. Of two entries whose names end alike the one with the shorter name is meant."""
    named: dict[str, dict[str, msgspec.Raw]] = {}
    for section in sections:
        for full, entry in (one(section, dict[str, msgspec.Raw], Counter(), what="section") or {}).items():
            for end in _ends(full):
                named.setdefault(end, {})[full] = entry
    found: dict[str, list[Entry]] = {}
    for end, raws in named.items():
        meant = raws.values() if "*" in end else [raws[min(raws, key=len)]]
        read = [one(raw, Entry, dropped, what="metric") for raw in meant]
        found[end] = [entry for entry in read if entry is not None]
    return found


def _ends(full: str) -> Iterator[str]:
    """The ends of an entry's name that are looked up: what stands before is a prefix, which the operator may choose."""
    if len(full) > LONGEST_NAME:
        return
    full = COLLECTOR.sub(r"\g<before>*", full)
    while full:
        if full in WANTED:
            yield full
        full = full.partition(".")[2]


def _value(metric: MarathonMetric, entries: Entries, window: float | None, dropped: Dropped) -> float | None:
    """The metric in its unit, of several entries the sum; None where it is not said, or said to be undefined by -1.

    `window` is how long Kamon measured, in seconds; None of Dropwizard's.
    """
    if window is not None and metric.kind == "counter":
        return None
    for end in (metric.entry, *metric.old):
        factor = 1.0 if end == metric.entry else metric.old_factor
        told = [_figure(metric, entry, factor, window, dropped) for entry in entries.get(end, ())]
        values = [value for value in told if value is not None]
        if values:
            return sum(values)
    return None


def _figure(
    metric: MarathonMetric, entry: Entry, factor: float, window: float | None, dropped: Dropped
) -> float | None:
    if window is not None and number(entry.count) == 0 and metric.kept != "m1_rate":
        return None  # nothing was measured in this window; its zeros stand for that
    raw = getattr(entry, metric.kept if window is None else OF_KAMON.get(metric.kept, metric.kept))
    if not bytes(raw):
        return None
    value = number(raw)
    if value is None or value > LARGEST_VALUE:
        count(dropped, "metric: not a finite number")
        return None
    if window is not None and metric.kept == "m1_rate":
        return value / window if window and value >= 0 else None
    return value * _factor(metric, entry, factor) if value >= 0 else None


def _factor(metric: MarathonMetric, entry: Entry, otherwise: float) -> float:
    """What makes the figure one in the metric's unit: by the unit that its entry names, else as its name implies."""
    named = (entry.unit.label if entry.unit else entry.duration_units) or ""
    units = {"s": IN_SECONDS, "bytes": IN_BYTES}.get(metric.unit, {})
    return units.get(named.lower(), otherwise)
