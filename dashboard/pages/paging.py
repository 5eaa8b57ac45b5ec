"""Long tables in pages: `page=` in the address, counted from 1, so that a thousand nodes do not become a thousand rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dashboard.pages.sorting import query

Row = TypeVar("Row")
MOST_ROWS = 200


@dataclass(frozen=True, kw_only=True)
class Cut(Generic[Row]):
    """One page of a table: places are counted from 1; `before` and `after` are links, empty at the ends."""

    rows: Sequence[Row]
    first: int
    total: int
    before: str
    after: str

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def is_whole(self) -> bool:
        """Whether all rows are on this page: then a script may filter them without asking the server."""
        return len(self.rows) == self.total


def cut(
    rows: Sequence[Row], asked: str, others: Mapping[str, str], *, most: int = MOST_ROWS, name: str = "page"
) -> Cut[Row]:
    """The page asked for; the first for what is no number, the last for one beyond it. `others` stay in the links, in which
    `name` is the page's own parameter: a second table of a page has another one."""
    pages = max(1, -(-len(rows) // most))
    number = min(max(1, int(asked)), pages) if asked.isdecimal() and len(asked) < 9 else 1
    skipped = (number - 1) * most
    return Cut(
        rows=rows[skipped : skipped + most],
        first=skipped + 1,
        total=len(rows),
        before=query({**others, name: str(number - 1)}) if number > 1 else "",
        after=query({**others, name: str(number + 1)}) if number < pages else "",
    )
