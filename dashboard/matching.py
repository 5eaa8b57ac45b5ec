"""The words with which a silence names alerts: read, checked, compared. Pure.

`word:value` pairs with blanks between, all of which must hold; values with commas between are alternatives. A value with a
blank or a comma in it stands in double quotes: node:10.0.0.1,10.0.0.2 subject:"/var/lib/my disk".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WORDS = ("rule", "node", "zone", "severity", "subject")
PLACES = ("node", "zone")
"""The words that maintenance may use: it is of nodes."""
SEVERITIES = ("warning", "critical")
LONGEST = 500
VALUE = r'(?:"[^"]*"|[^\s",]+)'
PAIR = re.compile(rf"([A-Za-z_]*):({VALUE}(?:,{VALUE})*)(?=\s|$)")


@dataclass(frozen=True, kw_only=True)
class Named:
    """What of an alert can be matched: key of its rule, severity, host and its zone, subject and what it is called."""

    rule: str
    severity: str
    node: str = ""
    zone: str = ""
    subject: str = ""
    name: str = ""


@dataclass(frozen=True)
class Matcher:
    """Word → its alternatives."""

    pairs: tuple[tuple[str, frozenset[str]], ...]

    def covers(self, alert: Named) -> bool:
        """Whether every pair holds. Case counts in nothing but rules; a subject is meant by its key or by its name."""
        return all(_holds(word, values, alert) for word, values in self.pairs)

    def values(self, word: str) -> frozenset[str]:
        """The alternatives of a word; none where it does not stand in it."""
        return next((values for name, values in self.pairs if name == word), frozenset())


def parse(text: str) -> Matcher:
    """Raises ValueError with a sentence for whoever typed it: what is wrong, where, and what to write instead."""
    if len(text) > LONGEST:
        raise ValueError(f"This is {len(text)} characters long: at most {LONGEST} are kept. Make two silences of it.")
    pairs: dict[str, frozenset[str]] = {}
    for word, values in _pairs(text.strip()):
        if word in pairs:
            raise ValueError(f"{word} stands here twice: put all its values behind one, such as {word}:a,b.")
        pairs[word] = _checked(word, values)
    if not pairs:
        raise ValueError("Say which alerts are meant, such as node:10.0.0.1 or rule:R38 severity:warning.")
    return Matcher(tuple(pairs.items()))


def _pairs(text: str) -> list[tuple[str, list[str]]]:
    found, at = [], 0
    while at < len(text):
        pair = PAIR.match(text, at)
        if pair is None:
            raise ValueError(_unreadable(text[at:].split()[0]))
        found.append((_known(pair[1]), [value.strip('"') for value in re.findall(VALUE, pair[2])]))
        at = pair.end() + len(text[pair.end() :]) - len(text[pair.end() :].lstrip())
    return found


def _known(word: str) -> str:
    if word.lower() in WORDS:
        return word.lower()
    raise ValueError(f"“{word}” is no word that alerts are matched with: use one of {', '.join(WORDS)}.")


def _unreadable(part: str) -> str:
    word, colon, rest = part.partition(":")
    if colon and not rest:
        return f"There is no value behind “{part}”: write it without a blank, such as node:10.0.0.1."
    if colon:
        return f"“{part}” cannot be read: write {word or 'node'}:a,b, and values with blanks in double quotes."
    return f"“{part}” is no pair of word and value: write it as node:{part} or subject:{part}."


def _checked(word: str, values: list[str]) -> frozenset[str]:
    if not all(values):
        raise ValueError(f"One of the values of {word} is empty: leave it out.")
    if word == "severity" and (strange := next((one for one in values if one.lower() not in SEVERITIES), None)):
        raise ValueError(f"“{strange}” is no severity: write warning or critical.")
    fold = word in ("severity", "rule")
    return frozenset(value.lower() if fold else value for value in values)


def _holds(word: str, values: frozenset[str], alert: Named) -> bool:
    match word:
        case "rule":
            return alert.rule.lower() in values
        case "severity":
            return alert.severity in values
        case "node":
            return alert.node in values
        case "zone":
            return alert.zone in values
        case _:
            return bool({alert.subject, alert.name} & values)
