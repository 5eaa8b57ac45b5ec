"""What the verdict says of schedulers that are away and of tasks that fail, by their open incidents. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from dashboard import figures
from dashboard.models import Incident
from dashboard.queries.incident_rows import Row
from dashboard.queries.verdict_facts import Facts, Finding, lower_first, names

About = Incident.About
REPEATED = 3
"""So many failed tasks of one framework are a warning; one or two, which it starts again, are said below."""


def findings(facts: Facts, now: datetime) -> Iterator[Finding]:
    away = [row for row in facts.incidents if row.about == About.SCHEDULER and not row.planned]
    if away and facts.sources["summary"].freshness.current:
        yield _finding(_away(away, now), away, mark="bad", word="Degraded")
    failing = [row for row in _of_tasks(facts) if (row.tasks_failed or 0) >= REPEATED]
    if failing:
        yield _finding(_failing(failing, now), failing, mark="warn", word="Warning")


def asides(facts: Facts, now: datetime) -> Iterator[Finding]:
    few = [row for row in _of_tasks(facts) if (row.tasks_failed or 0) < REPEATED]
    if few:
        yield _finding(_failing(few, now), few, mark="mute", word="Seen")


def _of_tasks(facts: Facts) -> list[Row]:
    return [row for row in facts.incidents if row.about == About.TASKS and not row.planned]


def _finding(text: str, rows: Sequence[Row], *, mark: str, word: str) -> Finding:
    link = ("incident", str(rows[0].number)) if len(rows) == 1 else ("failures",)
    return Finding(mark=mark, word=word, text=text, link=link)


def _away(rows: Sequence[Row], now: datetime) -> str:
    noun = "scheduler" if len(rows) == 1 else f"{len(rows)} schedulers:"
    since = figures.duration(now - min(row.began_at for row in rows))
    effect = lower_first(rows[0].effect) if len(rows) == 1 else "they start nothing new"
    return f"{noun} {names([row.name for row in rows])} away for {since}{f': {effect}' if effect else ''}"


def _failing(rows: Sequence[Row], now: datetime) -> str:
    """Counted since the first failure of each, for an incident lasts until ten minutes pass without one."""
    failed = sum(row.tasks_failed or 0 for row in rows)
    since = figures.duration(now - min(row.began_at for row in rows))
    return f"{figures.counted(failed, 'task')} of {names([row.name for row in rows])} failed in {since}"
