"""A filter as one line, whatever it is of: words, comparisons and text. Pure, and never raises.

Parts stand between spaces and all must hold, as in DC/OS's own filter. A comma inside of a part is a choice, a minus
before it turns it round, quotes keep spaces together. What cannot be read is named and left out; the rest still holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MOST_CHARACTERS = 500
MOST_PARTS = 30
OPERATORS = (">", ">=", "<", "<=", "=")

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
    """One of `values` must hold. `name` is that of an attribute or a label, else empty; no values stand for any."""

    key: str
    values: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison(Term):
    """A figure against a number, percents as percents; `decimals` are those the number was written with."""

    figure: str
    operator: str
    number: float
    decimals: int


@dataclass(frozen=True, kw_only=True)
class Text(Term):
    """Looked for in what a thing can be found by."""

    value: str


@dataclass(frozen=True)
class Problem:
    """A part that could not be read, why, and what may stand there instead."""

    part: str
    why: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineQuery:
    """What was asked for, and what of it could not be read."""

    terms: tuple[Word | Comparison | Text, ...] = ()
    problems: tuple[Problem, ...] = ()

    def with_terms(self, *more: Word) -> LineQuery:
        return LineQuery((*self.terms, *more), self.problems)

    def words(self, key: str) -> list[Word]:
        return [term for term in self.terms if isinstance(term, Word) and term.key == key]


def word(key: str, value: str) -> Word:
    """One word of a filter with one value, taken as it is."""
    return Word(text=f"{key}:{value}", negated=False, key=key, values=(value,))


def split(text: str) -> tuple[list[str], list[Problem]]:
    """The parts of a line, in the order they were written, and what of it is beyond the bounds."""
    parts = PART.findall(text[:MOST_CHARACTERS])
    problems = []
    if len(text) > MOST_CHARACTERS:
        why = f"is beyond the {MOST_CHARACTERS} characters a filter may have"
        problems.append(Problem(f"{text[MOST_CHARACTERS:][:20]}…", why))
    if len(parts) > MOST_PARTS:
        problems.append(Problem(parts[MOST_PARTS], f"is beyond the {MOST_PARTS} parts a filter may have"))
    return parts[:MOST_PARTS], problems


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """The words and figures of one kind of thing."""

    keys: tuple[str, ...]
    named: tuple[str, str]
    """The key whose values have names (`attr:rack=b4`), and what such a name is of ("an attribute")."""
    allowed: Mapping[str, tuple[str, ...]]
    """The values of a key that takes no others."""
    figures: tuple[str, ...]
    is_percent: Callable[[str], bool]
    """Whether a figure is compared with percents."""
    needed: Callable[[str], str]
    """What a figure needs to be compared with, in words."""

    def parse(self, text: str) -> LineQuery:
        """The parts in the order they were written."""
        parts, problems = split(text)
        read = [self._part(part) for part in parts]
        wrong = [one for one in read if isinstance(one, Problem)]
        return LineQuery(tuple(one for one in read if not isinstance(one, Problem)), (*wrong, *problems))

    def _part(self, part: str) -> Word | Comparison | Text | Problem:
        if part.count('"') % 2:
            return Problem(part, "has a quote that is not closed")
        negated, body = turned(part)
        if found := WORD.fullmatch(body):
            return self._word(part, found[1].lower(), found[2], negated=negated)
        if found := COMPARISON.fullmatch(body):
            return self._comparison(part, found[1].lower(), found[2], bare(found[3]), negated=negated)
        value = bare(body)
        return Text(text=part, negated=negated, value=value) if value.strip() else Problem(part, "is empty")

    def _word(self, part: str, key: str, rest: str, *, negated: bool) -> Word | Problem:
        if key not in self.keys:
            return no_word(part, self.keys)
        has_name, (named, what) = key == self.named[0], self.named
        name, sign, choice = rest.partition("=") if has_name else ("", "=", rest)
        values = tuple(value for one in CHOICE.findall(choice) if (value := bare(one)))
        if has_name and not bare(name):
            return Problem(part, f"needs the name of {what}", (f"{named}:NAME", f"{named}:NAME=VALUE"))
        allowed = self.allowed.get(key, ())
        if sign and not values:
            return Problem(part, "needs a value after it", allowed)
        if allowed:
            values = tuple(value.lower() for value in values)
            if wrong := [value for value in values if value not in allowed]:
                return Problem(part, f"asks for {wrong[0]}, which is none", allowed)
        return Word(text=part, negated=negated, key=key, values=values, name=bare(name))

    def _comparison(self, part: str, figure: str, operator: str, number: str, *, negated: bool) -> Comparison | Problem:
        if figure not in self.figures:
            why = "compares a figure that is none; put text with such a sign in quotes"
            return Problem(part, why, self.figures)
        found = NUMBER.fullmatch(number)
        if found is None or (number.endswith("%") and not self.is_percent(figure)):
            return Problem(part, f"needs {self.needed(figure)} after {figure}{operator}")
        value, decimals = float(number.removesuffix("%")), len(found[2] or "")
        return Comparison(text=part, negated=negated, figure=figure, operator=operator, number=value, decimals=decimals)


def turned(part: str) -> tuple[bool, str]:
    """Whether a minus turns the part round, and the part without it."""
    negated = part.startswith("-") and len(part) > 1
    return negated, part[1:] if negated else part


def no_word(part: str, keys: tuple[str, ...]) -> Problem:
    why = "begins with a word that is none; put text with a colon in quotes"
    return Problem(part, why, tuple(f"{key}:" for key in keys))


def bare(text: str) -> str:
    return text.replace('"', "")
