"""How a cluster's apps stand, in words. Pure; the rows stand worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard import figures
from dashboard.models import App
from dashboard.queries.apps_row import AppRow

NAMED = 3
PHRASES = {
    App.State.UNHEALTHY: "is unhealthy",
    App.State.DELAYED: "is delayed",
    App.State.DEGRADED: "is degraded",
    App.State.WAITING: "waits for an offer that fits",
}
COUNTED = (App.State.RUNNING, App.State.DEPLOYING, App.State.SUSPENDED)


def named(rows: Sequence[AppRow]) -> list[AppRow]:
    """Those that are called by name: the worst few of what needs a look."""
    return [row for row in rows if row.needs_a_look][:NAMED]


def counted(rows: Sequence[AppRow]) -> str:
    """28 running, 1 deploying, 3 need a look. Of those that are not known to be so now only that."""
    known = [row for row in rows if row.current]
    counts = [
        f"{figures.count(number)} {state.value}"
        for state in COUNTED
        if (number := sum(row.app.state == state for row in known))
    ]
    if unknown := len(rows) - len(known):
        counts.append(f"{figures.count(unknown)} without data")
    looks = sum(row.needs_a_look for row in known)
    verb = "needs" if looks <= 1 else "need"
    if known:
        counts.append(f"{figures.count(looks) if looks else 'none'} {verb} a look")
    return ", ".join(counts)


def phrase(row: AppRow, lacking: Mapping[int, str]) -> str:
    """What is to be said of one that needs a look; `lacking` is what offers lack, by `pk`."""
    lacks = lacking.get(row.app.pk)
    return f"waits for {lacks}" if lacks else PHRASES[App.State(row.app.state)]


def instances(rows: Sequence[AppRow]) -> str:
    """669 of 672 instances run: of the apps that are known now; empty where none is."""
    known = [row.app for row in rows if row.current]
    if not known:
        return ""
    running, wanted = sum(app.running for app in known), sum(app.instances for app in known)
    return f"{figures.count(running)} of {figures.counted(wanted, 'instance')} {figures.verb(wanted, 'runs', 'run')}."
