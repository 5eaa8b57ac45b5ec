"""Which nodes a list shows: what a query (queries/node_query.py) asks for, held against each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dashboard.models import Cluster, Collection, Container
from dashboard.queries import nodes
from dashboard.queries.filter_line import Comparison, LineQuery, Problem, Text, Word
from dashboard.queries.freshness import Freshness
from dashboard.queries.node_row import NodeRow

Test = Callable[[NodeRow], bool | None]
"""Whether it holds; None where that is not known."""
CONTAINERS = "containers"

IS: dict[str, Callable[[NodeRow], bool]] = {
    "healthy": lambda row: row.units is not None and row.units.state.mark == "good",
    "unhealthy": lambda row: row.units is not None and row.units.state.mark in ("bad", "warn"),
    "na": lambda row: row.units is None or row.units.state.mark == "unk",
    "silent": lambda row: row.silent,
    "public": lambda row: row.kind == "public",
    "private": lambda row: row.kind == "private",
    "unmeasured": lambda row: not row.measured.current,
}
"""What `is:` may say: health is that of its units, silent is lost to Mesos, unmeasured is without a figure of use now."""

PERCENT = 100.0
FIGURES: dict[str, tuple[Callable[[NodeRow], float | None], float]] = {
    "cpu.alloc": (lambda row: row.cpu_allocated_ratio, PERCENT),
    "cpu.used": (lambda row: row.cpu_used_ratio, PERCENT),
    "mem.alloc": (lambda row: row.mem_allocated_ratio, PERCENT),
    "mem.used": (lambda row: row.mem_used_ratio, PERCENT),
    "disk.alloc": (lambda row: row.disk_allocated_ratio, PERCENT),
    "disk.used": (lambda row: row.fullest_ratio, PERCENT),
    "gpu.alloc": (lambda row: row.gpu_allocated_ratio, PERCENT),
    "load": (lambda row: row.load_per_core, 1.0),
    "tasks": (lambda row: row.tasks, 1.0),
}
"""What may be compared, and what it is multiplied by to be what the query writes."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What else a query may ask of nodes, read only where it does."""

    attributes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """By the agents' `pk`."""
    frameworks: Mapping[str, frozenset[str]] | None = None
    """Host → names and ids of the frameworks that run there, in lower case; None where no containers are collected."""


def known(cluster: Cluster, query: LineQuery) -> Known:
    """Attributes and frameworks, where the query asks for them. No query of the database, else one or two for each."""
    asked = query.words("attr")
    attributes = nodes.attributes(cluster, [word.name for word in asked]) if asked else {}
    return Known(attributes=attributes, frameworks=_frameworks(cluster) if query.words("framework") else None)


def _frameworks(cluster: Cluster) -> dict[str, frozenset[str]] | None:
    found: dict[str, set[str]] = {}
    running = Container.objects.filter(cluster=cluster, ended_at=None).order_by()
    for host, name, framework_id in running.values_list("host", "framework_name", "framework_id").distinct():
        found.setdefault(host, set()).update((name.lower(), framework_id.lower()))
    collected = found or Collection.objects.filter(cluster=cluster, source=CONTAINERS, last_success_at__isnull=False)
    return {host: frozenset(names - {""}) for host, names in found.items()} if collected else None


def unanswerable(query: LineQuery, known: Known) -> tuple[Problem, ...]:
    """The parts that could be read, but for which this cluster gives no answer."""
    if known.frameworks is not None:
        return ()
    why = "cannot be answered: which frameworks run where is known by their containers, and none are collected yet"
    return tuple(Problem(word.text, why) for word in query.words("framework"))


def filtered(rows: Iterable[NodeRow], query: LineQuery, known: Known | None = None) -> list[NodeRow]:
    """The rows for which every term is known to hold, in the order they came in; terms without an answer are left out.

    A comparison with a figure that is not known does not hold, nor does its opposite.
    """
    known = known or Known()
    left_out = {problem.part for problem in unanswerable(query, known)}
    tests = [(_test(term, known), term.negated) for term in query.terms if term.text not in left_out]
    if not tests:
        return list(rows)
    return [row for row in rows if all(_holds(test(row), negated) for test, negated in tests)]


def _holds(answer: bool | None, negated: bool) -> bool:
    return answer is not None and answer is not negated


def _test(term: Word | Comparison | Text, known: Known) -> Test:
    match term:
        case Comparison():
            return _compared(term)
        case Text():
            text = term.value.strip().lower()
            return lambda row: any(text in name.lower() for name in names(row))
        case Word(key="is"):
            return lambda row: any(IS[value](row) for value in term.values)
        case Word(key="status"):
            return lambda row: _plain(row.state.word) in term.values
        case Word(key="region"):
            in_region = like(term.values)
            return lambda row: in_region(row.region)
        case Word(key="zone"):
            in_zone = like(term.values)
            return lambda row: in_zone(row.zone)
        case Word(key="attr"):
            return _attributed(term, known.attributes)
    return _running(term, known.frameworks or {})


def _compared(term: Comparison) -> Test:
    value_of, scale = FIGURES[term.figure]
    number, compare = term.number, COMPARE[term.operator]

    def test(row: NodeRow) -> bool | None:
        value = value_of(row)
        return None if value is None else compare(value * scale, number, term.decimals)

    return test


COMPARE: dict[str, Callable[[float, float, int], bool]] = {
    ">": lambda value, number, decimals: value > number,
    ">=": lambda value, number, decimals: value >= number,
    "<": lambda value, number, decimals: value < number,
    "<=": lambda value, number, decimals: value <= number,
    "=": lambda value, number, decimals: round(value, decimals) == number,
}
"""Only equality rounds, to the decimals the number was written with: 80 is what reads 80 %, though it be 79.6."""


def _attributed(term: Word, attributes: Mapping[int, Mapping[str, str]]) -> Test:
    said, wanted = like(term.values), term.name.lower()

    def test(row: NodeRow) -> bool:
        own = attributes.get(row.agent.pk, {}) if row.agent else {}
        return any(said(value) for name, value in own.items() if name.lower() == wanted)

    return test


def _running(term: Word, frameworks: Mapping[str, frozenset[str]]) -> Test:
    named = like(term.values)
    return lambda row: any(named(name) for name in frameworks.get(row.host, ()))


def like(values: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a text is one of the values, in any case; a star in them stands for anything. No values are any text."""
    patterns = [value.lower().split("*") for value in values] or [["", ""]]
    return lambda text: any(_fits(text.lower(), pieces) for pieces in patterns)


def _fits(text: str, pieces: list[str]) -> bool:
    """Whether the pieces follow each other in the text, the first at its beginning and the last at its end."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    place = len(first) if text.startswith(first) else -1
    for piece in middle:
        found = text.find(piece, place) if place >= 0 else -1
        place = found + len(piece) if found >= 0 else -1
    return 0 <= place <= len(text) - len(last) and text.endswith(last)


def _plain(word: str) -> str:
    return "".join(character for character in word.lower() if character.isalpha())


def names(row: NodeRow) -> list[str]:
    """What a node can be found by."""
    own = [row.agent.hostname, row.agent.agent_id, row.agent.zone, row.agent.region] if row.agent else []
    return [row.host, *own]


def counts(rows: Iterable[NodeRow]) -> Counter[str]:
    """How many are what."""
    return Counter(word for row in rows for word in _words(row))


def _words(row: NodeRow) -> list[str]:
    return [word for word, holds in IS.items() if holds(row)]


def zones(rows: Iterable[NodeRow]) -> Counter[str]:
    """How many are in each zone; those without one are in none."""
    return Counter(zone for row in rows if (zone := row.zone))


def never_measured(rows: Iterable[NodeRow]) -> bool:
    """Whether no machine ever told its use."""
    return all(row.measured is Freshness.NEVER for row in rows)
