"""The rows of Collection's matrix as HTML. Not a template: a hundred rows of seven cells would be most of the page's price.

Whatever a cell says is escaped where it is put into the row, unless it was made by `format_html`, which has done so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard import figures
from dashboard.hostile_text import visible
from dashboard.pages.sorting import query
from dashboard.queries import marks
from dashboard.queries.asked_nodes import ANSWERING, FAILING, LATE, OTHER, Cell, Row
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.marks import Mark
from dashboard.templatetags.parts import health

NOT_ASKED = mark_safe('<span class="dim">n/a</span>')
WORST = {
    FAILING: Mark("bad", "Failing"),
    LATE: Mark("warn", "Late"),
    OTHER: Mark("warn", "In part"),
    ANSWERING: Mark("good", "On time"),
}
NO_DATA = marks.FRESHNESS[Freshness.NO_DATA]
WASH = {FAILING: ' class="r-bad"', LATE: ' class="r-warn"'}


def rows(shown: Iterable[Row], columns: Iterable[SourceAge], *, asked: Mapping[str, str], now: datetime) -> SafeString:
    """The rows of the table's body: node, its worst state, a cell for each column, what it costs a minute."""
    titles = [escape(column.source.title) for column in columns]
    return mark_safe("\n".join(_row(row, titles, asked, now) for row in shown))  # noqa: S308  each cell is escaped


def _row(row: Row, titles: list[SafeString], asked: Mapping[str, str], now: datetime) -> str:
    href = escape(f"{query({**asked, 'node': row.host})}#node")
    head = f'<th scope="row"><a href="{href}">{escape(visible(row.host, one_line=True))}</a></th>'
    # Late is the least that an old answer is: where one of them is too old to be called the present, the node has no data.
    state = (
        NO_DATA if row.word == LATE and any(cell and cell.state == NO_DATA for cell in row.cells) else WORST[row.word]
    )
    cells = "".join(
        f'<td data-label="{title}"{_title(cell, now)}>{_cell(cell, now)}</td>'
        for title, cell in zip(titles, row.cells, strict=True)
    )
    return (
        f'<tr{WASH.get(row.word, "")}>{head}<td class="key">{_health(state.mark, state.word)}</td>{cells}'
        f'<td class="num" data-label="Answers a minute">{figures.count(round(row.requests_per_minute, 1))}</td>'
        f'<td class="num" data-label="Bytes a minute">{figures.byte_size(round(row.bytes_per_minute))}</td></tr>'
    )


@lru_cache(maxsize=64)
def _health(state: str, word: str) -> SafeString:
    return health(state, word, quiet=state == "good")


def _cell(cell: Cell | None, now: datetime) -> str:
    if cell is None:
        return NOT_ASKED
    if cell.state.mark == "good":
        return _on_time(figures.age(cell.age_seconds))
    # What answered last is as old as its sample; what did not has been silent since then.
    span = cell.age_seconds if cell.failures_in_row == 0 else now - cell.since
    often = f"every {figures.duration(cell.every_seconds)}" if cell.rests else ""
    return _said(cell.state.mark, cell.state.word, figures.age(span), often)


@lru_cache(maxsize=512)
def _on_time(age: str) -> SafeString:
    """The expected state says its age alone; the word is for whoever does not see the mark."""
    return health("good", format_html('<span><span class="vh">On time, </span>{}</span>', age), quiet=True)


@lru_cache(maxsize=512)
def _said(state: str, word: str, age: str, often: str) -> SafeString:
    said = format_html('<span class="nw">{} <span class="sub">{}</span></span>', health(state, word), age)
    return format_html('<span>{}<br><span class="sub">{}</span></span>', said, often) if often else said


def _title(cell: Cell | None, now: datetime) -> str:
    return f' title="{escape(in_words(cell, now))}"' if cell else ""


def in_words(cell: Cell, now: datetime) -> str:
    """What the cell does not show, on one line; of the expected state only what it cost."""
    said = []
    if cell.state.mark != "good":
        said += [visible(cell.reason, one_line=True), f"since {figures.instant(cell.since, now)} UTC"]
    if cell.failures_in_row:
        said.append(f"{figures.counted(cell.failures_in_row, 'failure')} in a row")
    if cell.rests:
        said.append(f"asked every {figures.duration(cell.every_seconds)} while it does not answer")
    if cell.duration_seconds is not None:
        said.append(f"took {figures.took(cell.duration_seconds)}")
    if cell.requests:
        said.append(f"{figures.counted(cell.requests, 'question')}, {figures.byte_size(cell.bytes_read)}")
    return "; ".join(said)
