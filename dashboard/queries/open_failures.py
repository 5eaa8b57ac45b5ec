"""What the verdict says of schedulers that are away and of tasks that fail, by their open incidents. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from dashboard import figures
from dashboard.models import Incident
from dashboard.queries.incident_rows import Row
from dashboard.queries.verdict_facts import Facts, Finding, lower_first, names

About = Incident.About


def findings(facts: Facts, now: datetime) -> Iterator[Finding]:
    failed = [row for row in facts.incidents if not row.planned]
    away = [row for row in failed if row.about == About.SCHEDULER]
    if away and facts.sources["summary"].freshness.current:
        yield _finding(_away(away, now), away, mark="bad", word="Degraded")
    failing = [row for row in failed if row.about == About.TASKS]
    if failing:
        yield _finding(_failing(failing, now), failing, mark="warn", word="Warning")


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
