"""One formula of Explore as the page shows it: its chart, its table, and what it may be turned into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.charts import explored as chart
from dashboard.charts.sparkline import Sparkline
from dashboard.models import Cluster
from dashboard.pages.explore_asked import DRAWN_FIRST, MOST_DRAWN, Asked, toggled
from dashboard.pages.paging import Cut, cut
from dashboard.queries import explored, explored_in_words, formula_reader, window
from dashboard.queries.explored import Explored, Line
from dashboard.queries.formula import AGGREGATES, FUNCTIONS, Formula, Unreadable
from dashboard.queries.formula_fits import Entries
from dashboard.queries.happenings import Happening
from dashboard.queries.window import LONGER_RANGES
from dashboard.rolling import COUNTERS

MOST_ROWS = 50
FILE = "explore.csv"
"""Beside the page: of one formula, for a wrong one next to it must not cost its figures."""


@dataclass(frozen=True)
class Row:
    """A line of the table; `href` draws it or leaves it out, empty where no more can be drawn."""

    line: Line
    spark: Sparkline
    now: str
    p95: str
    lowest: str
    highest: str
    drawn: bool
    href: str


@dataclass(frozen=True)
class Shown:
    """A panel; of one that cannot be drawn only the problem."""

    number: int
    text: str
    problem: Unreadable | None = None
    found: Explored | None = None
    parts: dict[str, Any] | None = None

    @property
    def chart_id(self) -> str:
        return f"explored-{self.number}"

    @property
    def before(self) -> str:
        """What was typed up to where it is wrong."""
        return self.text[: self.problem.at] if self.problem else ""

    @property
    def after(self) -> str:
        return self.text[self.problem.at :] if self.problem else ""


def evaluated(
    cluster: Cluster, texts: Sequence[str], range: str, now: datetime, entries: Entries
) -> list[Explored | Unreadable]:
    """Of each formula what it gives, or what is wrong with it."""
    return [_one(cluster, text, range, now, entries) for text in texts]


def _one(cluster: Cluster, text: str, range: str, now: datetime, entries: Entries) -> Explored | Unreadable:
    asked = window.of(range, now, ranges=LONGER_RANGES)
    try:
        return explored.explored(cluster, formula_reader.parse(text), asked, now, entries)
    except Unreadable as problem:
        return problem


def shown(
    number: int, asked: Asked, result: Explored | Unreadable, happenings: Sequence[Happening], now: datetime
) -> Shown:
    """`number` counts from 1."""
    panel = asked.panels[number - 1]
    if isinstance(result, Unreadable):
        return Shown(number, panel.text, problem=result)
    drawn = _drawn(result, panel.drawn)
    table = _table(number, asked, result, drawn, now)
    parts = {
        "title": chart.title(result),
        "basis": "; ".join(explored_in_words.basis(result)),
        "hint": explored_in_words.coverage(result),
        "nothing": explored_in_words.nothing(result),
        "figure": chart.drawn(result, drawn, happenings) if drawn else None,
        "table": table,
        "top": chart.written(result.unit, _highest(result)),
        "aggregates": _aggregates(number, asked, result),
        "functions": _functions(number, asked, result.formula),
        "splits": _splits(number, asked, result),
        "left_out": len(result.lines) - len(drawn),
        "csv": f"{FILE}{asked.only(panel.text).href()}",
        "remove": asked.without(number).href(),
    }
    return Shown(number, panel.text, found=result, parts=parts)


def _drawn(found: Explored, names: Sequence[str]) -> list[Line]:
    """The chosen ones; the first few where none of those chosen is there."""
    chosen = [line for line in found.lines if line.name in names][:MOST_DRAWN]
    return chosen or [line for line in found.lines if len(line.known)][:DRAWN_FIRST]


def _table(number: int, asked: Asked, found: Explored, drawn: Sequence[Line], now: datetime) -> Cut[Row]:
    """Written only for the rows that are shown."""
    panel, top = asked.panels[number - 1], _highest(found) or 0.0
    cut_ = cut(found.lines, panel.page, {}, most=MOST_ROWS)
    names = [line.name for line in drawn]
    rows = []
    for line in cut_.rows:
        is_drawn = line.name in names
        href = asked.to(number, replace(panel, drawn=toggled(names, line.name))).href()
        may = is_drawn or len(names) < MOST_DRAWN
        rows.append(_row(found, line, top, now, is_drawn, f"{href}#panel-{number}" if may else ""))
    page = (cut_.first - 1) // MOST_ROWS + 1
    before, after = (
        asked.to(number, replace(panel, page=str(other))).href() + f"#panel-{number}" if there else ""
        for other, there in ((page - 1, cut_.before), (page + 1, cut_.after))
    )
    return Cut(rows=rows, first=cut_.first, total=cut_.total, before=before, after=after)


def _row(found: Explored, line: Line, top: float, now: datetime, drawn: bool, href: str) -> Row:
    told = (found.now(line, now), line.p95, line.lowest, line.highest)
    latest, p95, lowest, highest = (chart.written(found.unit, value) for value in told)
    return Row(line, chart.spark(line, top), latest, p95, lowest, highest, drawn, href)


def _highest(found: Explored) -> float | None:
    return max((line.highest for line in found.lines if line.highest is not None), default=None)


def _turned(number: int, asked: Asked, formula: Formula) -> str:
    return asked.to(number, replace(asked.panels[number - 1], text=formula.text, drawn=(), page="")).href()


def _choice(number: int, asked: Asked, word: str, now: Formula, formula: Formula) -> dict[str, object]:
    return {"word": word, "href": _turned(number, asked, formula), "current": formula == now}


def _aggregates(number: int, asked: Asked, found: Explored) -> list[dict[str, object]]:
    """Those that have a sense: shares do not add up."""
    own = found.formula
    each = _choice(number, asked, "each", own, replace(own, aggregate=None, by=()))
    named = [name for name in AGGREGATES if not (own.is_share and name == "sum")]
    return [each, *(_choice(number, asked, name, own, replace(own, aggregate=name)) for name in named)]


def _functions(number: int, asked: Asked, own: Formula) -> list[dict[str, object]]:
    """Of a counter alone."""
    if own.metric not in COUNTERS:
        return []
    raw = _choice(number, asked, "as counted", own, replace(own, as_="raw"))
    return [raw, *(_choice(number, asked, name, own, replace(own, as_=name)) for name in FUNCTIONS)]


def _splits(number: int, asked: Asked, found: Explored) -> list[dict[str, object]]:
    """By one label at a time; more are typed."""
    own = found.formula
    if own.aggregate is None:
        return []
    whole = _choice(number, asked, "all", own, replace(own, by=()))
    return [whole, *(_choice(number, asked, f"by {name}", own, replace(own, by=(name,))) for name in found.labels)]
