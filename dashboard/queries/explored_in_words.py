"""What the lines of a formula are, in words: of what, per what, and how much of it is missing."""

from __future__ import annotations

import numpy as np

from dashboard import figures
from dashboard.queries.explored import Explored
from dashboard.queries.formula import Match

OF_STEPS = {
    "rate": "per second, between restarts of the counter",
    "increase": "by how much it rose in each step",
}
OF_SERIES = {
    "sum": "added up",
    "mean": "the mean of the series in each step",
    "max": "the highest series of each step",
    "min": "the lowest series of each step",
    "p95": "p95 of the series in each step: 95 of 100 are below",
    "count": "how many series tell it",
}


def basis(found: Explored) -> list[str]:
    """Basis, what a value is, what a point is."""
    own, parts = found.formula, [found.basis]
    if own.as_ != "raw":
        parts.append(OF_STEPS[own.as_])
    if own.aggregate:
        parts.append(OF_SERIES[own.aggregate])
    point = found.window.point if own.as_ == "raw" else f"a point is of {figures.duration(found.window.step_seconds)}"
    return [*parts, point]


def coverage(found: Explored) -> str:
    """How many lines of how many series, and where some of them were missing."""
    if not found.series:
        there = f"{figures.count(found.looked_at)} of kind {found.kind} were there"
        return f"none of them fits the braces: {there}" if found.looked_at else f"no {found.kind} was there"
    of = figures.counted(found.series, "series", "series")
    lines = figures.counted(len(found.lines), "line")
    whole = lines if found.series == len(found.lines) else f"{lines} from {of}"
    silent = found.series - sum(line.series for line in found.lines)
    told = [whole, *([f"{figures.count(silent)} told nothing in this time"] if silent else [])]
    return "; ".join([*told, *_missing(found)])


def nothing(found: Explored) -> tuple[str, str]:
    """Why there is no line, and what to do about it."""
    one = found.kind.label.lower()
    if found.series:
        return "Nothing was measured in this time", "Choose a longer time."
    if found.misfit is None:
        return f"No {one} was there in this time", "Choose a longer time."
    match, near = found.misfit.match, found.misfit.near
    if match is None:
        return f"No {one} has all that stands in the braces", "Each condition holds for some: take one of them out."
    there = ", ".join(Match(match.label, value).text for value in near)
    return f"No {one} has {match.text}", f"There is, for example, {there}." if there else "Take the condition out."


def _missing(found: Explored) -> list[str]:
    """Of the step with most of them missing; those that still wait for an answer are not meant."""
    if not any(line.partial for line in found.lines):
        return []
    known = np.array([np.isfinite(line.values) for line in found.lines])
    told = (np.array([line.told for line in found.lines]) * known).sum(axis=0)
    expected = (np.array([line.expected for line in found.lines]) * known).sum(axis=0)
    missing = expected - told
    worst = int(missing.argmax())
    at = figures.instant(found.window.moment(worst), found.window.ends_at)
    many = figures.counted(int(np.count_nonzero(missing)), "step")
    here = f"{figures.count(int(told[worst]))} of {figures.count(int(expected[worst]))}"
    return [f"some were missing in {many}: at {at} {here} were there"]
