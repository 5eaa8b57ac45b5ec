"""Who led: a lane for each master, and one that says whether anybody did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard import figures
from dashboard.charts.lanes import Interval, Lane, Time, bars, times
from dashboard.queries.masters import Leadership


@dataclass(frozen=True)
class Lanes:
    """The drawing: its axis and its rows, and how often and how long nobody led."""

    times: tuple[Time, ...]
    lanes: tuple[Lane, ...]
    changes: int
    without_leader_seconds: float


def drawn(spans: Sequence[Leadership], hosts: Sequence[str], begins_at: datetime, ends_at: datetime) -> Lanes:
    """A lane for each host in the order given, then the lane "Elected"; what no span covers is not known and is hatched."""
    gone = [span.host for span in spans if span.host and span.host not in hosts]
    everyone = [*hosts, *dict.fromkeys(gone)]
    window = (begins_at, ends_at)
    alone = [span for span in spans if not span.host]
    return Lanes(
        times=times(*window),
        lanes=(*(_host(host, spans, *window) for host in everyone), _elected(spans, *window)),
        changes=max(0, len([span for span in spans if span.host]) - 1),
        without_leader_seconds=sum((span.ends_at - span.starts_at).total_seconds() for span in alone),
    )


def _host(host: str, spans: Sequence[Leadership], begins_at: datetime, ends_at: datetime) -> Lane:
    led = [span for span in spans if span.host == host]
    intervals = [
        Interval("lead2" if span.ends_at == ends_at else "lead", span.starts_at, span.ends_at, _says(span, ends_at))
        for span in led
    ]
    without = f"{host} did not lead in the time that is known" if spans else "not known"
    told = "; ".join(interval.says for interval in intervals) or without
    return Lane(host, "", told, bars(intervals, begins_at, ends_at))


def _says(span: Leadership, now: datetime) -> str:
    until = "now" if span.ends_at == now else figures.instant(span.ends_at, now)
    return f"{span.host} led from {figures.instant(span.starts_at, now)} to {until}"


def _elected(spans: Sequence[Leadership], begins_at: datetime, ends_at: datetime) -> Lane:
    intervals = [
        Interval("good", span.starts_at, span.ends_at)
        if span.host
        else Interval("bad", span.starts_at, span.ends_at, f"no leader for {_length(span)}")
        for span in spans
    ]
    known = [begins_at, *(moment for span in spans for moment in (span.starts_at, span.ends_at)), ends_at]
    unknown = [
        Interval("unk", before, after, "not known") for before, after in zip(known[::2], known[1::2], strict=True)
    ]
    alone = [interval.says for interval in intervals if interval.says]
    label = "; ".join(alone) or ("one leader all the time that is known" if spans else "not known")
    return Lane("Elected", "sum must be 1", label, bars([*intervals, *unknown], begins_at, ends_at))


def _length(span: Leadership) -> str:
    return figures.duration(span.ends_at - span.starts_at)
