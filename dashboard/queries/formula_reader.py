"""Reads a formula as it was typed (formula.py has the grammar). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from dashboard.queries.formula import AGGREGATES, FUNCTIONS, Aggregate, Formula, Match, Unreadable
from dashboard.queries.metric_catalogue import OVER, PLUS
from dashboard.queries.metrics_of import As

LONGEST, MOST_CONDITIONS = 500, 12
BY = "by"
MEANT = {"avg": "mean", "average": "mean", "quantile": "p95", "percentile": "p95", "irate": "rate", "delta": "increase"}
"""What others call our functions."""
ENDS = {
    BY: "by stands before the brackets: sum by (zone) (…).",
    "without": "There is no without: say what stays apart, sum by (zone) (…).",
    "{": "All conditions stand in one pair of braces: {kind=host, zone=a}.",
}
"""What may not follow, and why."""
PUNCTUATION = "(){},"
SIGNS = ("!=", "=")
BARE = re.compile(r'(?:[^\s(){},"=!]|!(?!=))+')
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def parse(text: str) -> Formula:
    """Raises Unreadable."""
    if len(text) > LONGEST:
        raise Unreadable(f"A formula has at most {LONGEST} characters; this has {len(text)}.", LONGEST)
    return _Reader(_tokens(text), len(text)).formula()


@dataclass(frozen=True)
class _Token:
    text: str
    at: int
    end: int
    is_quoted: bool = False

    def __bool__(self) -> bool:
        return bool(self.text) or self.is_quoted


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        one = _token(text, at)
        at = one.end
        if one:
            found.append(one)
    return found


def _token(text: str, at: int) -> _Token:
    """The one that begins here; a blank is one without text."""
    if text[at].isspace():
        return _Token("", at, at + 1)
    if text[at] == '"':
        found = QUOTED.match(text, at)
        if found is None:
            raise Unreadable("This quote is not closed: put another one behind the name.", at)
        return _Token(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL), at, found.end(), is_quoted=True)
    sign = next((one for one in (*SIGNS, *PUNCTUATION) if text.startswith(one, at)), "")
    if sign:
        return _Token(sign, at, at + len(sign))
    bare = BARE.match(text, at)
    return _Token(text[at], at, at + 1) if bare is None else _Token(bare[0], at, bare.end())


class _Reader:
    """Walks along the tokens."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens, self._place, self._end = tokens, 0, end

    def formula(self) -> Formula:
        aggregate, by = self._aggregate()
        as_ = self._function()
        at = self._next.at
        metric = self._metric()
        matches: tuple[Match, ...] = self._matches() if self._takes("{") else ()
        if self._next.text == "÷" or self._next.text == "/":
            raise self._wrong("The braces come last: write a / b{…}, for both are of the same subject.", ())
        if as_ != "raw" and self._opens(0):
            raise self._wrong(f"Functions go the other way round: sum({as_}(…)), not {as_}(sum(…)).", AGGREGATES)
        for _ in range((as_ != "raw") + (aggregate is not None)):
            self._must(")", "A bracket is not closed.")
        if self._next:
            why = "The formula ends before this: there is no arithmetic but a share, a / b."
            raise self._wrong(why if self._next.is_quoted else ENDS.get(self._next.text, why), ())
        return Formula(metric, matches, as_, aggregate, by, at)

    @property
    def _next(self) -> _Token:
        """One without text at the end."""
        return self._tokens[self._place] if self._place < len(self._tokens) else _Token("", self._end, self._end)

    def _opens(self, after: int = 1) -> bool:
        place = self._place + after
        return place < len(self._tokens) and self._tokens[place].text == "("

    def _aggregate(self) -> tuple[Aggregate | None, tuple[str, ...]]:
        word = self._next
        by: tuple[str, ...] = ()
        is_by = [one.text for one in self._tokens[self._place + 1 : self._place + 2]] == [BY]
        if word.is_quoted or not (self._opens() or is_by):
            return None, ()
        if word.text in FUNCTIONS and not is_by:
            return None, ()
        if word.text not in AGGREGATES:
            meant = _meant(word.text.lower())
            hint = f" Do you mean {meant}?" if meant else ""
            raise self._wrong(f"{word.text} is no function.{hint}", (*AGGREGATES, *FUNCTIONS))
        self._place += 1
        if self._takes(BY):
            by = self._labels()
        self._must("(", f"What {word.text} is of stands in brackets: {word.text}(…).")
        return cast(Aggregate, word.text), by

    def _labels(self) -> tuple[str, ...]:
        self._must("(", "Labels stand in brackets: by (framework).")
        found = [self._word("a label", ("kind", "host", "zone", "framework", "app"))]
        while self._takes(","):
            found.append(self._word("a label", ()))
        self._must(")", "The list of labels is not closed.")
        return tuple(dict.fromkeys(found))

    def _function(self) -> As:
        if self._next.is_quoted or not self._opens():
            return "raw"
        if self._next.text not in FUNCTIONS:
            why = f"{self._next.text} does not go inside of another function"
            raise self._wrong(f"{why}: only rate and increase do." if self._next else "A name is missing.", FUNCTIONS)
        word = self._next.text
        self._place += 2
        return cast(As, word)

    def _metric(self) -> str:
        """A share may be one token, as metric_catalogue writes it, or several."""
        first = self._name("the name of a metric")
        if not (self._takes("/") or self._takes(OVER)):
            return first
        whole = [self._name("what it is divided by")]
        while self._takes(PLUS):
            whole.append(self._name("what is added to the whole"))
        return f"{first}{OVER}{PLUS.join(whole)}"

    def _name(self, what: str) -> str:
        if self._next.is_quoted and not self._next.text:
            raise self._wrong(f"Here {what} is missing.", ())
        return self._word(what, ())

    def _matches(self) -> tuple[Match, ...]:
        found: list[Match] = []
        while not self._takes("}"):
            if not self._next or self._next.text == ")":
                raise self._wrong("A brace is not closed.", ("}",))
            if found:
                self._must(",", "Between two conditions stands a comma.")
            if len(found) == MOST_CONDITIONS:
                raise self._wrong(f"More than {MOST_CONDITIONS} conditions are not read.", ())
            found.append(self._match())
        return tuple(found)

    def _match(self) -> Match:
        label = self._word("a label", ("kind=host", "host=10.0.0.1", "framework=marathon", "app=/web"))
        if self._next.text not in SIGNS or self._next.is_quoted:
            raise self._wrong(f"Behind {label} comes = or !=.", SIGNS)
        negated = self._next.text == "!="
        self._place += 1
        token = self._next
        value = self._word(f"the value of {label}", ())
        if token.text == "~" and not token.is_quoted and self._next.is_quoted:
            raise Unreadable("There is no =~: a * at the end stands for any rest, host=10.0.*.", token.at)
        if token.is_quoted:
            after = self._next
            prefix = after.text == "*" and not after.is_quoted and after.at == token.end and self._takes("*")
            return Match(label, value, negated, prefix)
        return Match(label, value.removesuffix("*"), negated, value.endswith("*"))

    def _word(self, what: str, allowed: Sequence[str]) -> str:
        word = self._next
        if not word or (not word.is_quoted and word.text in (*SIGNS, *PUNCTUATION)):
            raise self._wrong(f"Here {what} is missing.", allowed)
        self._place += 1
        return word.text

    def _takes(self, text: str) -> bool:
        if self._next.text != text or self._next.is_quoted:
            return False
        self._place += 1
        return True

    def _must(self, text: str, why: str) -> None:
        if not self._takes(text):
            raise self._wrong(why, (text,))

    def _wrong(self, why: str, allowed: Sequence[str]) -> Unreadable:
        return Unreadable(why, self._next.at, allowed)


def _meant(word: str) -> str:
    """The function that was probably meant; empty where none comes near."""
    every = [*AGGREGATES, *FUNCTIONS]
    return MEANT.get(word) or next(iter(get_close_matches(word, every, 1)), "")
