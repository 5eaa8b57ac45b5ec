"""What rules ask of Marathons and their apps: which of them were listed of late, and how an app is called."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard import applications, figures
from dashboard.alerts.definition import Measured
from dashboard.alerts.facts import Facts
from dashboard.models import App, Marathon

TAKEN_AT = {
    "marathon": "taken_at",
    "apps": "apps_taken_at",
    "deployments": "deployments_taken_at",
    "queue": "queue_taken_at",
}
"""Source → what of a Marathon's row says how old its figures are."""


def marathons(facts: Facts) -> list[Marathon]:
    """All that are known, by key. One query."""
    return list(Marathon.objects.filter(cluster=facts.cluster).order_by("key"))


def silent(facts: Facts, source: str) -> dict[str, str]:
    """Key of each Marathon that said nothing of late in this way → why nothing is known of it."""
    age, found = facts.sources[source], {}
    for row in facts.of(marathons):
        at = getattr(row, TAKEN_AT[source])
        if not age.judge(at, facts.now).current:
            told = f"nothing new for {figures.duration(facts.now - at)}" if at else "nothing was ever collected"
            found[row.key] = f"Marathon {row.key}: {told}"
    return found


def unknown(facts: Facts, source: str, opened: frozenset[str]) -> Iterator[Measured]:
    """Each Marathon that is silent, and what fires of its apps: of those nothing is known."""
    why = silent(facts, source)
    for key, told in why.items():
        yield Measured(subject=key, name=key, value=None, why=told)
    for subject in opened:
        found = applications.of_key(subject)
        if found and found[0] in why:
            yield Measured(subject=subject, name=found[1], value=None, why=why[found[0]])


def subject(app: App) -> str:
    """An app's key among subjects; its Marathon is loaded with it."""
    return applications.subject_key(app.marathon.key, app.app_id)
