"""The filter of nodes as one line: words, comparisons and text. Pure, and never raises.

    is:unhealthy -is:public zone:eu-a,eu-b attr:rack=b4 mem.alloc>=90 "two words"

Parts stand between spaces and all must hold, as in DC/OS's own filter. A comma inside of a part is a choice, a minus
before it turns it round, quotes keep spaces together. What cannot be read is named and left out; the rest still holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_CHARACTERS = 500
MOST_PARTS = 30

IS = ("healthy", "unhealthy", "na", "silent", "public", "private", "unmeasured")
STATUS = (
    *("active", "silent", "unreachable", "reregistering", "draining", "deactivated", "maintenance", "nodata"),
    *("leading", "standby", "noanswer"),
)
"""Of agents, then of masters: the words of the pages, in lower case and without spaces."""
KEYS = ("is", "status", "region", "zone", "framework", "attr")
FIGURES = (
    *("cpu.alloc", "cpu.used", "mem.alloc", "mem.used", "disk.alloc", "disk.used", "gpu.alloc"),
    *("load", "tasks"),
)
OPERATORS = (">", ">=", "<", "<=", "=")
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("10.0.0 web", "host, host name, agent id, region or zone holds both, in any case"),
    ("is:unhealthy,silent", f"one of them; there are {', '.join(IS)}"),
    ("status:draining", f"the state; agents are {', '.join(STATUS[:-3])}, masters {', '.join(STATUS[-3:])}"),
    ("region:eu zone:eu-a,eu-b zone:*b", "region and zone; a comma is a choice, * stands for anything"),
    ("framework:marathon", "agents that run a container of it, by name or id"),
    ("attr:rack=b4 attr:ssd", "attributes the operator gave the agent"),
    ("cpu.used>80 mem.alloc>=90 disk.used>90", "percent; also cpu.alloc, mem.used, disk.alloc, gpu.alloc"),
    ("load>1.5 tasks>20 tasks=0", "load for each core; running tasks"),
    ('-is:public -zone:eu-a "two words"', "a minus turns a part round, quotes keep words together"),
)
"""How it is written, and what that finds."""

PART = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
WORD = re.compile(r"([A-Za-z]+):(?!:)(.*)", re.DOTALL)
COMPARISON = re.compile(r"([A-Za-z][A-Za-z._]*)(>=|<=|>|<|=)(.*)", re.DOTALL)
NUMBER = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?%?")
CHOICE = re.compile(r'(?:[^,"]|"[^"]*")+')


@dataclass(frozen=True, kw_only=True)
class Term:
    """One part as it was written; `negated` where it must not hold."""

    text: str
    negated: bool


@dataclass(frozen=True, kw_only=True)
class Word(Term):
    """One of `values` must hold. `name` is that of an attribute, else empty; no values stand for any."""

    key: str
    values: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison(Term):
    """A figure of FIGURES against a number, percents as percents; `decimals` are those the number was written with."""

    figure: str
    operator: str
    number: float
    decimals: int


@dataclass(frozen=True, kw_only=True)
class Text(Term):
    """Looked for in what a node can be found by."""

    value: str


@dataclass(frozen=True)
class Problem:
    """A part that could not be read, why, and what may stand there instead."""

    part: str
    why: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeQuery:
    """What was asked for, and what of it could not be read."""

    terms: tuple[Word | Comparison | Text, ...] = ()
    problems: tuple[Problem, ...] = ()

    def with_terms(self, *more: Word) -> NodeQuery:
        return NodeQuery((*self.terms, *more), self.problems)

    def words(self, key: str) -> list[Word]:
        return [term for term in self.terms if isinstance(term, Word) and term.key == key]


def parse(text: str) -> NodeQuery:
    """The parts in the order they were written."""
    parts = PART.findall(text[:MOST_CHARACTERS])
    read = [_part(part) for part in parts[:MOST_PARTS]]
    problems = [*(one for one in read if isinstance(one, Problem)), *_too_long(text, parts)]
    return NodeQuery(tuple(one for one in read if not isinstance(one, Problem)), tuple(problems))


def word(key: str, value: str) -> Word:
    """One word of the query with one value, taken as it is."""
    return Word(text=f"{key}:{value}", negated=False, key=key, values=(value,))


def _too_long(text: str, parts: list[str]) -> Iterator[Problem]:
    if len(text) > MOST_CHARACTERS:
        yield Problem(
            f"{text[MOST_CHARACTERS:][:20]}…", f"is beyond the {MOST_CHARACTERS} characters a filter may have"
        )
    if len(parts) > MOST_PARTS:
        yield Problem(parts[MOST_PARTS], f"is beyond the {MOST_PARTS} parts a filter may have")


def _part(part: str) -> Word | Comparison | Text | Problem:
    if part.count('"') % 2:
        return Problem(part, "has a quote that is not closed")
    negated = part.startswith("-") and len(part) > 1
    body = part[1:] if negated else part
    if found := WORD.fullmatch(body):
        return _word(part, found[1].lower(), found[2], negated=negated)
    if found := COMPARISON.fullmatch(body):
        return _comparison(part, found[1].lower(), found[2], _bare(found[3]), negated=negated)
    value = _bare(body)
    return Text(text=part, negated=negated, value=value) if value.strip() else Problem(part, "is empty")


def _word(part: str, key: str, rest: str, *, negated: bool) -> Word | Problem:
    if key not in KEYS:
        return Problem(part, "begins with a word that is none; put text with a colon in quotes", _after(KEYS, ":"))
    name, sign, choice = rest.partition("=") if key == "attr" else ("", "=", rest)
    values = tuple(value for one in CHOICE.findall(choice) if (value := _bare(one)))
    if key == "attr" and not _bare(name):
        return Problem(part, "needs the name of an attribute", ("attr:NAME", "attr:NAME=VALUE"))
    if sign and not values:
        return Problem(part, "needs a value after it", ALLOWED.get(key, ()))
    if key in ALLOWED:
        values = tuple(value.lower() for value in values)
        wrong = [value for value in values if value not in ALLOWED[key]]
        if wrong:
            return Problem(part, f"asks for {wrong[0]}, which is none", ALLOWED[key])
    return Word(text=part, negated=negated, key=key, values=values, name=_bare(name))


ALLOWED = {"is": IS, "status": STATUS}


def _comparison(part: str, figure: str, operator: str, number: str, *, negated: bool) -> Comparison | Problem:
    if figure not in FIGURES:
        return Problem(part, "compares a figure that is none; put text with such a sign in quotes", FIGURES)
    found = NUMBER.fullmatch(number)
    if found is None or (number.endswith("%") and "." not in figure):
        of = "a percent: 0 to 100" if "." in figure else "a number without a unit"
        return Problem(part, f"needs {of} after {figure}{operator}")
    value, decimals = float(number.removesuffix("%")), len(found[2] or "")
    return Comparison(text=part, negated=negated, figure=figure, operator=operator, number=value, decimals=decimals)


def _after(words: tuple[str, ...], sign: str) -> tuple[str, ...]:
    return tuple(f"{word}{sign}" for word in words)


def _bare(text: str) -> str:
    return text.replace('"', "")
