"""The flapping board: what restarts now, what did, and how long its lives are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.charts import lifetimes, restart_ticks
from dashboard.charts.lifetimes import Histogram
from dashboard.charts.ticks import Tick
from dashboard.models import Cluster
from dashboard.pages import paging
from dashboard.pages.blocks import attempt
from dashboard.pages.links import way
from dashboard.pages.sorting import query
from dashboard.queries import flapping, flapping_in_words, happenings_of_apps
from dashboard.queries.flapping import FEWEST, MARKS, WORDS, Board, Episode, Row, Seen, State
from dashboard.queries.restarts import Subject, What

ROWS, WORST, EPISODES = 100, 2, 50
LOOKED_AT = 6
"""Among so many of the worst, two are looked for of which lives are known."""
WITHIN = timedelta(hours=24)
EPISODES_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Asked:
    """`state` None: all states; `what` None: all kinds of thing."""

    state: State | None
    what: What | None
    page: str

    @property
    def parameters(self) -> dict[str, str]:
        return {"state": self.state or "", "kind": self.what or ""}

    def shows(self, row: Row) -> bool:
        return self.state in (None, row.state) and self.what in (None, row.subject.what)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row as it is drawn."""

    row: Row
    name: str
    href: str
    ticks: list[Tick]


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = _asked(request)
    seen = flapping.seen(cluster, now, within=EPISODES_WITHIN)
    board = seen.board
    shown = [row for row in board.rows if asked.shows(row)]
    cut = paging.cut(shown, asked.page, asked.parameters, most=ROWS)
    context = {
        "cluster": cluster,
        "now": now,
        "asked": asked,
        "board": board,
        "said": flapping_in_words.said(board),
        "begins_at": now - WITHIN,
        "states": _states(board, asked),
        "kinds": _kinds(board, asked),
        "table": cut,
        "lines": [_line(cluster, row, now) for row in cut.rows],
        "filtered": asked.state is not None or asked.what is not None,
        "worst": attempt("lives", lambda: list(_worst(seen))),
        "episodes": attempt("episodes", lambda: _episodes(cluster, seen)),
        "csv": f"flapping.csv{query(asked.parameters)}",
        "crumbs": [("Failures", reverse("failures", args=[cluster.name])), ("Flapping", "")],
    }
    return render(request, "pages/flapping.html", context)


def _asked(request: HttpRequest) -> Asked:
    """Anything that is not on a list is as if it was not asked for."""
    state, what = request.GET.get("state", ""), request.GET.get("kind", "")
    return Asked(
        state=next((one for one in State if one == state), None),
        what=next((one for one in What if one == what), None),
        page=request.GET.get("page", ""),
    )


def _states(board: Board, asked: Asked) -> list[dict[str, object]]:
    """Of the kind asked for; the counts sum up to All."""
    rows = [row for row in board.rows if asked.what in (None, row.subject.what)]
    found: list[dict[str, object]] = [
        {
            "word": "All",
            "href": query({**asked.parameters, "state": ""}),
            "count": len(rows),
            "current": asked.state is None,
        }
    ]
    for state in State:
        count, mark = sum(row.state is state for row in rows), MARKS[state]
        href = query({**asked.parameters, "state": state})
        choice = {"word": mark.word, "href": href, "count": count, "current": asked.state is state, "state": mark.mark}
        found.append(choice)
    return found


def _kinds(board: Board, asked: Asked) -> list[tuple[str, str, int, bool]]:
    """Every kind with its count, and whether it is the one asked for."""
    return [
        (what.value, WORDS[what], sum(row.subject.what is what for row in board.rows), what is asked.what)
        for what in What
    ]


def _line(cluster: Cluster, row: Row, now: datetime) -> Line:
    return Line(
        row=row,
        name=flapping_in_words.called(row.subject),
        href=_href(cluster, row.subject),
        ticks=restart_ticks.drawn(row.restarts, row.mark.mark, now - WITHIN, now),
    )


def _href(cluster: Cluster, subject: Subject) -> str:
    """Where it can be looked at; empty where its page has no such address."""
    match subject.what:
        case What.MASTER:
            return reverse("masters", args=[cluster.name])
        case What.AGENT:
            return reverse("node", args=[cluster.name, subject.host or subject.key])
        case What.COMPONENT:
            return reverse("unit_on_node", args=[cluster.name, subject.key, subject.host])
        case What.SCHEDULER:
            return way(cluster.name, ("framework", subject.key)).href
        case What.APP:
            return way(cluster.name, happenings_of_apps.app_link(subject.key)).href


def _worst(seen: Seen) -> Iterator[tuple[str, Histogram]]:
    """How long the lives were of those that restart worst; fewer than three are told in the table well enough."""
    lived = ((row.subject, seen.lives(row.subject)) for row in seen.board.rows[:LOOKED_AT])
    for subject, lives in [(subject, lives) for subject, lives in lived if len(lives) >= FEWEST][:WORST]:
        yield flapping_in_words.called(subject), lifetimes.drawn(life.total_seconds() for life in lives)


def _episodes(cluster: Cluster, seen: Seen) -> list[tuple[Episode, str, str]]:
    return [
        (one, flapping_in_words.called(one.subject), _href(cluster, one.subject)) for one in seen.episodes[:EPISODES]
    ]


COLUMNS = (
    *("object", "host", "kind", "state", "restarts_24h", "restarts_last_hour"),
    *("shortest_life_seconds", "median_life_seconds", "lives_for_seconds", "episode_since"),
)


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The board as the filter shows it, all pages together; what is not known as empty cells."""
    cluster, asked = get_object_or_404(Cluster, name=cluster_name), _asked(request)
    rows = filter(asked.shows, flapping.board(cluster, timezone.now()).rows)
    return csv_file.response(f"{cluster.name}-flapping.csv", COLUMNS, _cells(rows))


def _cells(rows: Iterable[Row]) -> Iterator[list[csv_file.Cell]]:
    for row in rows:
        yield [
            row.subject.name or row.subject.key,
            row.subject.host,
            row.what_word,
            row.mark.word,
            len(row.restarts),
            row.last_hour,
            _seconds(row.shortest_life),
            _seconds(row.median_life),
            _seconds(row.lives_for),
            figures.iso(row.since) if row.since else None,
        ]


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 3)
