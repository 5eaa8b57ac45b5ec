"""An incident as Markdown: the same facts as its page, with every name escaped so that it stays a name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from dashboard import figures
from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.queries import failures_in_words, failures_named
from dashboard.queries.failures_named import Behind
from dashboard.queries.incident_phases import Phase
from dashboard.queries.incident_tree import Branch
from dashboard.queries.incidents import Detail

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>&~-])")
NO_PROOF = "By order and place; not proof."


def text(said: str) -> str:
    """Text of the cluster or of a person, on one line, in which nothing is markup, HTML or a link."""
    return SPECIAL.sub(r"\\\1", visible(said, one_line=True)).replace("://", r":\//")


def written(cluster: Cluster, detail: Detail, behind: Behind | None, now: datetime) -> str:
    """The whole file; times are UTC. `behind` are the tasks of an incident of failing tasks."""
    lines: list[str] = []
    for part in (
        _head(cluster, detail, now),
        _parts(detail),
        _tree(detail),
        *([_tasks(behind)] if behind else []),
        _events(detail),
        _notes(detail),
    ):
        lines += [*part, ""]
    return "\n".join(lines)


def _head(cluster: Cluster, detail: Detail, now: datetime) -> Iterator[str]:
    row = detail.row
    yield f"# Incident {row.number} of {text(cluster.name)}"
    yield ""
    yield f"**{failures_in_words.mark(row).word}** {text(failures_in_words.say(detail))}"
    yield ""
    for sentence in failures_in_words.why(detail):
        yield f"- {text(sentence)}"
    yield f"- Who has it: {text(row.taken_by) if row.taken_by else 'nobody'}."
    yield f"- Tasks at risk: {figures.count(row.tasks_at_risk)}; failed: {figures.count(row.tasks_failed)}."
    yield f"- Written {figures.iso(now)} by Day Two; all times are UTC."


def _parts(detail: Detail) -> Iterator[str]:
    yield "## Detection and recovery"
    yield ""
    if detail.last_good_at is not None:
        yield f"- Last heard of: {figures.iso(detail.last_good_at)}"
    for phase in detail.phases:
        yield f"- {phase.word}: {_when(phase)}"


def _when(phase: Phase) -> str:
    at = phase.at or phase.expected_at
    if at is None:
        return failures_in_words.NOT_YET
    said = figures.iso(at) if phase.at else f"expected {figures.iso(at)}"
    after = f", after {figures.duration(phase.after)}" if phase.after else ""
    configured = f", configured {figures.duration(phase.configured)}" if phase.configured is not None else ""
    return f"{said}{after}{configured}{f' ({text(phase.reason)})' if phase.reason else ''}"


def _tree(detail: Detail) -> Iterator[str]:
    yield "## Cause and effects"
    yield ""
    yield NO_PROOF
    yield ""
    yield from _branch(detail.tree, 0)


def _branch(branch: Branch, depth: int) -> Iterator[str]:
    row = branch.row
    reason = f": {text(branch.reason)}" if branch.reason else ""
    this = " (this one)" if branch.own else ""
    what = f"{row.kind_word} {text(row.name)}, {figures.iso(row.began_at)}, {row.mark.word.lower()}"
    yield f"{'  ' * depth}- {what}{this}{reason}"
    for effect in branch.effects:
        yield from _branch(effect, depth + 1)


def _tasks(behind: Behind) -> Iterator[str]:
    yield "## Tasks that failed"
    yield ""
    yield f"{text(failures_named.says(behind))}."
    yield ""
    for one in behind.tasks:
        on = f" on {text(one.host)}" if one.host else ""
        message = f" ({text(one.message)})" if one.message else ""
        yield f"- {figures.iso(one.ended_at)} {text(one.task_id)}{on} {text(one.why)}{message}"


def _events(detail: Detail) -> Iterator[str]:
    yield "## What happened"
    yield ""
    for one in detail.links:
        yield f"- {figures.iso(one.happening.taken_at)} {text(one.happening.text)} ({text(one.reason)})"
    if not detail.links:
        yield "No event belongs to it."


def _notes(detail: Detail) -> Iterator[str]:
    yield "## Notes"
    yield ""
    for note in reversed(detail.notes):
        yield f"- {figures.iso(note.at)} {text(note.by)}: {text(note.text)}"
    if not detail.notes:
        yield "None."
