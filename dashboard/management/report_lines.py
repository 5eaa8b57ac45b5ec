"""A report of what the dcos command line prints, as plain text that fits WIDTH columns. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dashboard import figures
from dashboard.hostile_text import visible
from dashboard.queries.dcos_cli import Detail, Printed

WIDTH = 100
COLUMN, PRINTS = 8, 30


@dataclass(frozen=True, kw_only=True)
class Report:
    """Of a node or a task. Every text of the cluster stands in it as the cluster wrote it."""

    title: str
    facts: Sequence[tuple[str, str]]
    measured_at: datetime | None
    """When the figures were true; None where there are none."""
    current: bool
    """Whether they may be called the present; where not, the figures of Day Two are dashes."""
    old: str
    """Why they are not the present; empty where they are."""
    command: str
    """The one of the summary; `details` has its own."""
    summary: Sequence[Printed]
    details: Sequence[Detail]
    with_details: bool


def lines(report: Report, now: datetime) -> Iterator[str]:
    yield from _wrapped(report.title)
    for name, value in report.facts:
        yield from _wrapped(f"{name}: {value or figures.ABSENT}", begin="  ", later="    ")
    yield from _wrapped(_age(report, now), begin="  ", later="    ")
    yield ""
    yield from _wrapped(report.command)
    if report.summary:
        yield f"  {'COLUMN':<{COLUMN}}{'DCOS PRINTS':<{PRINTS}}DAY TWO SAYS"
    else:
        yield "  No metrics found: no figure of it is kept."
    for one in report.summary:
        yield from _printed(one)
    if report.with_details and report.details:
        yield ""
        yield from _wrapped(report.command.replace(" summary ", " details ", 1))
        yield from _details(report.details)


def _age(report: Report, now: datetime) -> str:
    if report.measured_at is None:
        return "measured: never, as far as is kept"
    at = f"measured: {figures.iso(report.measured_at)}, {figures.ago(now - report.measured_at)}"
    return at if report.current else f"{at}: OLD, not the present{f' ({report.old})' if report.old else ''}"


def _printed(one: Printed) -> Iterator[str]:
    ours = textwrap.wrap(_plain(one.ours), WIDTH - 2 - COLUMN - PRINTS) or [figures.ABSENT]
    printed = one.printed if len(one.printed) < PRINTS else f"{one.printed}  "
    yield f"  {one.column:<{COLUMN}}{printed:<{PRINTS}}{ours[0]}"[:WIDTH]
    for rest in ours[1:]:
        yield " " * (2 + COLUMN + PRINTS) + rest
    for name, value in (("dcos", one.formula), ("ours", one.basis), ("differ", one.why)):
        yield from _wrapped(f"{name + ':':<8}{value}", begin=" " * 10, later=" " * 18)


def _details(rows: Sequence[Detail]) -> Iterator[str]:
    names = max((len(row.name) for row in rows), default=4)
    for row in rows:
        yield from _wrapped(f"{row.name:<{min(names, 48)}}  {row.value:<16}  {row.tags}", begin="  ", later="      ")


def _wrapped(text: str, *, begin: str = "", later: str = "  ") -> list[str]:
    """Broken where a line is full, ids in the middle where they must be; runs of blanks stay."""
    return [
        line.rstrip()
        for line in textwrap.wrap(
            _plain(text), WIDTH, initial_indent=begin, subsequent_indent=later, replace_whitespace=False
        )
    ]


def _plain(text: str) -> str:
    return visible(text, one_line=True).replace(figures.NO_BREAK, " ")


def as_json(report: Report, now: datetime) -> dict[str, Any]:
    """The same for machines; `details` always among it."""
    at = report.measured_at
    return {
        "title": report.title,
        **dict(report.facts),
        "measured_at": None if at is None else figures.iso(at),
        "age_seconds": None if at is None else round((now - at).total_seconds(), 3),
        "current": report.current,
        "old": report.old,
        "command": report.command,
        "summary": [{name: _plain(value) for name, value in asdict(one).items()} for one in report.summary],
        "details": [asdict(one) for one in report.details],
    }
