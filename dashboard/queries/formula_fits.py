"""Whether a formula fits the cluster: of which kind it is, and what is wrong with it where it cannot be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from dashboard.models import Subject
from dashboard.queries import metric_catalogue
from dashboard.queries.catalogue import BASES, Entry
from dashboard.queries.formula import AGGREGATES, FUNCTIONS, Formula, Match, Unreadable, quoted
from dashboard.queries.labelled import MOST_LOOKED_AT, MOST_SERIES, Found
from dashboard.rolling import COUNTERS

Kind = Subject.Kind
Entries = Callable[[], Sequence[Entry]]
"""Asked for only where they are needed: they cost more than many a formula."""
NEAR_NAMES, MOST_COMPARED = 5, 1_000


@dataclass(frozen=True)
class Misfit:
    """Why nothing fits: the first condition that holds for none of what is there, and what that label says of them."""

    match: Match | None
    """None where each condition holds for some, and all together for none."""
    near: tuple[str, ...] = ()


def kind_of(formula: Formula, entries: Entries) -> Kind:
    for match in formula.matches:
        if match.label == "kind" and (match.negated or match.prefix):
            raise Unreadable("A formula is of one kind: write kind=host.", formula.at, _kinds(BASES))
    if formula.kind:
        if formula.kind not in set(BASES):
            raise Unreadable(f"{formula.kind} is no kind of what is measured.", formula.at, _kinds(BASES))
        return Kind(formula.kind)
    parts = set(metric_catalogue.parts(formula.metric))
    every = entries()
    telling = [kind for kind in BASES if parts <= {entry.name for entry in every if entry.kind == kind}]
    if len(telling) > 1:
        raise Unreadable(f"{formula.metric} is told by several kinds: say which.", formula.at, _kinds(telling))
    if not telling:
        raise _unknown(formula, every, "")
    return telling[0]


def _kinds(kinds: Iterable[str]) -> list[str]:
    return [f"kind={kind}" for kind in kinds]


def _unknown(formula: Formula, every: Sequence[Entry], of: str) -> Unreadable:
    names = {entry.name for entry in every if of in ("", entry.kind)}
    wrong = next((part for part in metric_catalogue.parts(formula.metric) if part not in names), formula.metric)
    if wrong in (*AGGREGATES, *FUNCTIONS):
        return Unreadable(f"{wrong} is a function: what it is of stands in brackets, {wrong}(…).", formula.at)
    near = get_close_matches(wrong, names, NEAR_NAMES, 0.5)
    who = f"No {Kind(of).label.lower()} tells" if of else "Nothing tells"
    look = "" if near else " What is told stands in the list of metrics."
    return Unreadable(f"{who} {wrong}.{look}", formula.at, [quoted(name) for name in near])


def must_have_sense(formula: Formula, kind: Kind, entries: Entries) -> None:
    if formula.as_ != "raw":
        if formula.is_share:
            raise Unreadable(f"A share has no {formula.as_}: it is of one counter.", formula.at)
        if formula.metric not in COUNTERS:
            must_be_told(formula, kind, entries)
            why = f"{formula.metric} is kept as a gauge and has no {formula.as_}: leave {formula.as_}() out."
            raise Unreadable(why, formula.at)
    if formula.is_share and formula.aggregate == "sum":
        raise Unreadable("Shares do not add up.", 0, ("mean", "max", "min", "p95"))


def must_be_drawable(formula: Formula, kind: Kind, found: Found) -> None:
    plural = f"subjects of kind {kind}"
    if found.beyond:
        why = f"More than {MOST_LOOKED_AT:,} {plural} were there in this time. Name a host, or choose a shorter time"
        raise Unreadable(f"{why}; totals have lines of their own: kind=use, kind=container_use.", formula.at)
    for label in (*(match.label for match in formula.matches), *formula.by):
        if label not in found.known and found.looked_at:
            raise Unreadable(f"No {kind.label.lower()} has a label {label}.", formula.at, sorted(found.known))
    if len(found.series) > MOST_SERIES:
        why = f"This is of {len(found.series):,} series, and at most {MOST_SERIES:,} are read"
        labels = [f"{label}=…" for label in sorted(found.known) if label not in ("kind", "name", "key")]
        raise Unreadable(f"{why}: narrow it in the braces, or draw a total.", formula.at, labels)


def must_be_told(formula: Formula, kind: Kind, entries: Entries) -> None:
    """A name that nobody tells is a slip of the pen; one that was told before or after is an empty chart."""
    every = entries()
    if not set(metric_catalogue.parts(formula.metric)) <= {entry.name for entry in every if entry.kind == kind}:
        raise _unknown(formula, every, kind)


def misfit(formula: Formula, found: Found) -> Misfit | None:
    """None where something fits, or nothing is there at all."""
    if not found.beside:
        return None
    for match in formula.matches:
        told = {one.labels.get(match.label, "") for one in found.beside}
        if not any(match.holds(value) for value in told):
            return Misfit(match, () if match.negated else _near(match.value, sorted(told - {""})))
    return Misfit(None)


def _near(value: str, told: Sequence[str]) -> tuple[str, ...]:
    """Those that hold it, else those like it, else the first, in order; to compare is dear, so not all are."""
    holding = [one for one in told if value.strip("*") in one]
    like = holding or sorted(get_close_matches(value, told[:MOST_COMPARED], NEAR_NAMES, 0.5))
    return tuple((like or told)[:NEAR_NAMES])
