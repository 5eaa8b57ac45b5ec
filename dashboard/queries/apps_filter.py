"""Which apps a list shows: what a query (queries/apps_query.py) asks for, held against each of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from dashboard.queries.apps_row import CRASH_LOOP, RESTARTING, STEADY, AppRow
from dashboard.queries.filter_line import Comparison, LineQuery, Text, Word
from dashboard.queries.node_filter import COMPARE, like

GIB = 1024.0**3
NO_DATA = "nodata"
RESTARTS = {"steady": STEADY, "restarting": RESTARTING, "loop": CRASH_LOOP}
FIGURES: dict[str, tuple[Callable[[AppRow], float | None], float]] = {
    "cpu.alloc": (lambda row: row.cpus_allocated, 1.0),
    "cpu.used": (lambda row: row.app.cpus_used_p95, 1.0),
    "cpu.slack": (lambda row: row.cpus_slack, 1.0),
    "mem.alloc": (lambda row: row.mem_allocated_bytes, GIB),
    "mem.used": (lambda row: row.app.mem_used_p95_bytes, GIB),
    "mem.slack": (lambda row: row.mem_slack_bytes, GIB),
    "instances": (lambda row: row.app.instances, 1.0),
    "running": (lambda row: row.app.running if row.current else None, 1.0),
    "unhealthy": (lambda row: row.app.unhealthy if row.current else None, 1.0),
    "failures": (lambda row: row.failures, 1.0),
}
"""What may be compared, and how much of it is one in the query."""
Test = Callable[[AppRow], bool | None]
"""Whether it holds; None where that is not known."""


def filtered(rows: Iterable[AppRow], query: LineQuery) -> list[AppRow]:
    """The rows for which every term is known to hold, in the order they came in.

    A comparison with a figure that is not known does not hold, nor does its opposite.
    """
    tests = [(_test(term), term.negated) for term in query.terms]
    return [row for row in rows if all(_holds(test(row), negated) for test, negated in tests)]


def _holds(answer: bool | None, negated: bool) -> bool:
    return answer is not None and answer is not negated


def _test(term: Word | Comparison | Text) -> Test:
    match term:
        case Comparison():
            return _compared(term)
        case Text():
            text = term.value.strip().lower()
            return lambda row: text in row.app.app_id.lower()
        case Word(key="state"):
            return lambda row: state_of(row) in term.values
        case Word(key="group"):
            groups = [f"/{value.strip('/').lower()}/" for value in term.values]
            return lambda row: any(row.app.app_id.lower().startswith(group) for group in groups)
        case Word(key="label"):
            return _labelled(term)
        case Word(key="restarts"):
            wanted = [RESTARTS[value] for value in term.values]
            return lambda row: None if row.restarts is None else row.restarting in wanted
    named = like(term.values)
    text_of = TEXTS[term.key]
    return lambda row: named(text_of(row))


TEXTS: dict[str, Callable[[AppRow], str]] = {
    "marathon": lambda row: row.marathon,
    "role": lambda row: row.app.role,
    "image": lambda row: row.app.image,
}


def state_of(row: AppRow) -> str:
    """Its state in the filter's word: what was true is not called the present."""
    return row.app.state if row.current else NO_DATA


def _compared(term: Comparison) -> Test:
    value_of, one = FIGURES[term.figure]
    number, compare = term.number, COMPARE[term.operator]

    def test(row: AppRow) -> bool | None:
        value = value_of(row)
        return None if value is None else compare(value / one, number, term.decimals)

    return test


def _labelled(term: Word) -> Test:
    said, wanted = like(term.values), term.name.lower()
    return lambda row: any(name.lower() == wanted and said(str(value)) for name, value in row.app.labels.items())


def states(rows: Iterable[AppRow]) -> Counter[str]:
    """How many are in which state."""
    return Counter(state_of(row) for row in rows)


def groups(rows: Iterable[AppRow]) -> Counter[str]:
    """How many are in each group of the first level; those in none are left out."""
    return Counter(group for row in rows if (group := row.group))
