"""A square for each node, grouped by zone: the outline is its state, the filling one share of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard import figures
from dashboard.hostile_text import visible
from dashboard.queries.node_basis import Basis
from dashboard.queries.node_row import NodeRow


@dataclass(frozen=True, slots=True)
class Square:
    """`state` is one of the five marks; `filled` the percent that is filled, None where it is not known."""

    host: str
    state: str
    filled: float | None
    says: str


@dataclass(frozen=True, slots=True)
class Zone:
    """The squares of one zone, in the order of the rows; without a name those that are in none."""

    name: str
    squares: tuple[Square, ...]


def drawn(rows: Iterable[NodeRow], basis: Basis) -> list[Zone]:
    """The zones by name, those without one last."""
    zones: dict[str, list[Square]] = {}
    for row in rows:
        zones.setdefault(row.zone, []).append(_square(row, basis))
    return [
        Zone(name, tuple(squares)) for name, squares in sorted(zones.items(), key=lambda zone: (not zone[0], zone[0]))
    ]


def states(zones: Sequence[Zone]) -> set[str]:
    """The marks that are on the picture."""
    return {square.state for zone in zones for square in zone.squares}


def _square(row: NodeRow, basis: Basis) -> Square:
    share = basis.share(row)
    state, words = _state(row)
    figure = f"{basis.title} {figures.percent(share)}" if share is not None else f"{basis.title}: not known"
    filled = None if share is None else round(min(max(share, 0.0), 1.0) * 100, 1)
    return Square(row.host, state, filled, f"{visible(row.host, one_line=True)}: {words}, {figure}")


def _state(row: NodeRow) -> tuple[str, str]:
    """The worst of what the list says: the state itself, sick units, a filesystem that is nearly full."""
    sick = row.units is not None and row.units.state.mark == "bad"
    words = [row.state.word]
    if row.units is not None and row.units.healthy < row.units.total:
        words.append(f"{row.units.healthy} of {row.units.total} units healthy")
    if row.nearly_full:
        words.append("nearly full")
    if row.state.mark != "good" or not (sick or row.nearly_full):
        return row.state.mark, ", ".join(words)
    return ("bad" if sick else "warn"), ", ".join(words)
