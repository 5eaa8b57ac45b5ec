"""What the lists of tasks share: what was asked of them, and the way from one page of them to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest

from dashboard.pages.sorting import query
from dashboard.queries import task_query
from dashboard.queries.tasks import Show, TaskRow, Wanted

MOST_ROWS = 100
LARGEST_ID_DIGITS = 18
SEGMENTS = ((Show.ACTIVE, "Active"), (Show.ENDED, "Ended"), (Show.FAILED, "Failed"))
Place = tuple[datetime | None, int]


@dataclass(frozen=True)
class Asked:
    """The parameters by their names in the address; a value that is none of those offered is as if it were not there."""

    q: str
    show: Show
    after: Place | None
    """Where the page begins; None for the first."""

    @property
    def parameters(self) -> dict[str, str]:
        """Without the page: another filter begins at its first."""
        return {"q": self.q, "show": "" if self.show is Show.ACTIVE else self.show.value}

    @property
    def wanted(self) -> Wanted:
        return Wanted(show=self.show, query=task_query.parse(self.q))

    def link(self, **changes: str) -> str:
        return query({**self.parameters, **changes})


def asked(request: HttpRequest) -> Asked:
    show = request.GET.get("show", "")
    return Asked(
        q=request.GET.get("q", "").strip(),
        show=Show(show) if show in set(Show) else Show.ACTIVE,
        after=_place(request.GET.get("after", "")),
    )


def following(asked_for: Asked, rows: list[TaskRow]) -> tuple[list[TaskRow], str]:
    """Of one row more than a page has: those of the page, and the link to the next; empty on the last."""
    shown = rows[:MOST_ROWS]
    return shown, asked_for.link(after=_written(shown[-1].place)) if len(rows) > MOST_ROWS else ""


def _written(place: Place) -> str:
    ended_at, number = place
    return f"{ended_at.astimezone(UTC).isoformat()}_{number}" if ended_at else str(number)


def _place(text: str) -> Place | None:
    moment, _, number = text.rpartition("_")
    if not (number.isascii() and number.isdigit() and len(number) <= LARGEST_ID_DIGITS):
        return None
    try:
        ended_at = datetime.fromisoformat(moment) if moment else None
    except ValueError:
        return None
    return None if ended_at is not None and ended_at.utcoffset() is None else (ended_at, int(number))
