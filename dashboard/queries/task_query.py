"""The filter of tasks as one line: words and text. Pure, and never raises.

    state:running,staging app:/search* -host:10.0.0.7 reason:memory "two words"

How a line is written stands in filter_line.py; here are the words of tasks, which have no figures to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.queries.filter_line import CHOICE, WORD, Problem, bare, no_word, split, turned
from dashboard.queries.task_in_words import STATES

KEYS = ("state", "framework", "app", "host", "reason", "role", "health")
HEALTH = ("healthy", "unhealthy", "unchecked")
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "health": HEALTH,
    "state": tuple(state.removeprefix("TASK_").lower() for state in STATES),
}
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("nightly 10.0.0.7", "task id, name, host or message holds both, in any case"),
    ("state:failed,lost", "one of them; states are Mesos’ own, with TASK_ or without"),
    ("framework:marathon", "tasks of it, by name or id"),
    ("app:/search* app:/web", "instances of these apps; * stands for anything"),
    ("host:10.0.0.7 role:slave_public", "where it runs, and in whose name"),
    ("reason:*memory*", "Mesos’ own word for why, with REASON_ or without"),
    ("health:unhealthy", f"what its health check says; there are {', '.join(HEALTH)}"),
    ('-state:killed "two words"', "a minus turns a part round, quotes keep words together"),
)
"""How it is written, and what that finds."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One part: `key` is one of KEYS, or empty for text; one of `values` must hold, none where `negated`."""

    key: str
    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True)
class TaskQuery:
    """What was asked for, and what of it could not be read."""

    terms: tuple[Term, ...] = ()
    problems: tuple[Problem, ...] = ()


def parse(text: str) -> TaskQuery:
    """The parts in the order they were written."""
    parts, problems = split(text)
    read = [_part(part) for part in parts]
    wrong = [one for one in read if isinstance(one, Problem)]
    return TaskQuery(tuple(one for one in read if isinstance(one, Term)), (*wrong, *problems))


def _part(part: str) -> Term | Problem:
    if part.count('"') % 2:
        return Problem(part, "has a quote that is not closed")
    negated, body = turned(part)
    if found := WORD.fullmatch(body):
        return _word(part, found[1].lower(), found[2], negated=negated)
    value = bare(body).strip()
    return Term(key="", values=(value,), negated=negated) if value else Problem(part, "is empty")


def _word(part: str, key: str, rest: str, *, negated: bool) -> Term | Problem:
    if key not in KEYS:
        return no_word(part, KEYS)
    values = tuple(value for one in CHOICE.findall(rest) if (value := bare(one).strip()))
    if not values:
        return Problem(part, "needs a value after it")
    allowed = ALLOWED.get(key, ())
    wrong = [value for value in values if allowed and value.lower().removeprefix("task_") not in allowed]
    if wrong:
        return Problem(part, f"asks for {wrong[0]}, which is none", allowed)
    return Term(key=key, values=values, negated=negated)
