"""What each tab of an app's page shows, and the way between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard import applications
from dashboard.charts import allocated_used, app_offers, app_use, lifetimes, lines
from dashboard.charts.bars import double_bar
from dashboard.pages import app_metrics, paging
from dashboard.pages.app_look import Look, Tab
from dashboard.pages.sorting import query
from dashboard.queries import app_configs, app_failures, app_history, app_instances, waiting
from dashboard.queries import waiting_in_words as in_words
from dashboard.queries.app import Found
from dashboard.queries.app_history import History

MOST_FAILURES = 100
"""On one page."""
DRAWN: tuple[lines.Resource, ...] = ("cpu", "mem")
STATISTICS = {
    "started after last scaling": "Started after last scaling",
    "with latest config": "With latest config",
    "with outdated config": "With outdated config",
    "total": "Total",
}
"""As Marathon calls its statistics, and as DC/OS does."""


TABS = (
    Tab("overview", "Overview", is_first=True),
    Tab("instances", "Instances"),
    Tab("failures", "Failures"),
    Tab("offers", "Offers"),
    Tab("metrics", "Metrics"),
    Tab("configurations", "Configurations"),
)


def chosen(key: str) -> Tab:
    """One that is not offered is the first."""
    return next((tab for tab in TABS if tab.key == key), TABS[0])


def links(current: Tab, range_name: str, counts: Mapping[str, int]) -> list[dict[str, object]]:
    return [
        {
            "word": tab.word,
            "href": query({"tab": tab.parameter, "range": range_name}),
            "count": counts.get(tab.key),
            "current": tab is current,
        }
        for tab in TABS
    ]


def overview(look: Look) -> dict[str, Any]:
    history = app_history.history(look.found.app, look.window)
    stats = [
        one | {"word": STATISTICS.get(one["name"], one["name"])} for one in applications.statistics(look.found.app)
    ]
    return {"charts": _charts(history), "window": history.window, "history": history, "stats": stats}


def instances(look: Look) -> dict[str, Any]:
    return {"instances": app_instances.of(look.found.app, look.sources, look.now), "most": app_instances.MOST_INSTANCES}


def failures(look: Look) -> dict[str, Any]:
    own, kept = look.found.app, {"tab": "failures", "range": look.given.get("range", "")}
    table = paging.cut(range(app_failures.count(own)), look.given.get("page", ""), kept, most=MOST_FAILURES)
    rows = app_failures.latest(own, look.found.versions, range(table.first - 1, table.last))
    hist = lifetimes.drawn(app_failures.lives(own))
    return {"failures": rows, "table": table, "hist": hist, "kept_days": app_failures.KEPT_DAYS}


def offers(look: Look) -> dict[str, Any]:
    found = look.found
    declined = app_history.declined(found.app, look.window)
    drawn = None
    if app_offers.measured(declined):
        basis = f"agents whose last offer was declined, by reason · {declined.window.point}"
        drawn = {"figure": app_offers.drawn(declined), "title": app_offers.title(declined), "basis": basis}
    if found.wait is None:
        return {"waits": None, "offers_chart": drawn, "window": declined.window}
    found.wait.app = found.app
    waits = waiting.one(found.wait, look.sources.get(waiting.SOURCE), look.now)
    return {
        "waits": waits,
        "wants": [
            (one, double_bar(one.ratio, None).allocated_width) for one in (waits.nearest.wants if waits.nearest else ())
        ],
        "since_launch": in_words.requirements(found.wait.since_launch),
        "offers": details(found),
        "names": list(in_words.REQUIREMENTS),
        "offers_chart": drawn,
        "window": declined.window,
    }


def details(found: Found) -> list[dict[str, Any]]:
    """Each unused offer with whether it met each of DC/OS's requirements."""
    offers_told = found.wait.nearest if found.wait else []
    return [
        {
            **one,
            "received": in_words.received(one.get("received_at")),
            "met": [(name, not set(words) & set(one["reasons"])) for name, words in in_words.REQUIREMENTS.items()],
            "why": ", ".join(in_words.reason(word) for word in one["reasons"]),
        }
        for one in offers_told
    ]


def configurations(look: Look) -> dict[str, Any]:
    return {"configurations": app_configs.history(look.found.versions)}


def _charts(history: History) -> list[dict[str, object]]:
    """CPU, memory and instances; those with anything to show."""
    basis = f"of all its instances; allocated as Marathon asks, used by its containers · {history.window.point}"
    drawn: list[dict[str, object]] = [
        {
            "id": key,
            "figure": app_use.drawn(history, key),
            "title": allocated_used.title(history, key),
            "basis": basis,
        }
        for key in DRAWN
        if app_use.measured(history, key)
    ]
    if drawn:
        says = f"as Marathon lists them · {history.window.point}"
        title = app_use.instances_title(history)
        drawn.append({"id": "counts", "figure": app_use.instances(history), "title": title, "basis": says})
    return drawn


Part = Callable[[Look], dict[str, Any]]
PARTS: dict[str, Part] = {
    "overview": overview,
    "instances": instances,
    "failures": failures,
    "offers": offers,
    "metrics": app_metrics.tab,
    "configurations": configurations,
}
