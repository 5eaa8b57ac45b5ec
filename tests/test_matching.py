from __future__ import annotations

import time

import pytest

from dashboard import matching
from dashboard.matching import Named

DISK = Named(
    rule="R38", severity="warning", node="10.0.0.1", zone="eu-a", subject="10.0.0.1//var/lib", name="/var/lib on node 1"
)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("node:10.0.0.1", True),
        ("node:10.0.0.2,10.0.0.1", True),
        ("node:10.0.0.2", False),
        ("node:10.0.0", False),
        ("node:10.0.0.1 severity:warning", True),
        ("node:10.0.0.1 severity:critical", False),
        ("  NODE:10.0.0.1   rule:r38 ", True),
        ("rule:R3", False),
        ("zone:eu-a,eu-b", True),
        ("subject:10.0.0.1//var/lib", True),
        ('subject:"/var/lib on node 1"', True),
        ('subject:"/var/lib on node 2","/var/lib on node 1"', True),
        ("severity:WARNING", True),
    ],
)
def test_every_pair_must_hold_and_alternatives_are_enough(text: str, covered: bool) -> None:
    assert matching.parse(text).covers(DISK) is covered


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Say which alerts are meant"),
        ("10.0.0.1", "“10.0.0.1” is no pair of word and value: write it as node:10.0.0.1"),
        ("host:10.0.0.1", "“host” is no word that alerts are matched with: use one of rule, node, zone"),
        ("pk__in:1", "“pk__in” is no word"),
        ("node:", "There is no value behind “node:”"),
        ("node: 10.0.0.1", "There is no value behind “node:”"),
        ("node:a rule:R1 node:b", "node stands here twice: put all its values behind one"),
        ("severity:page", "“page” is no severity: write warning or critical"),
        ('subject:"open', "cannot be read"),
        ('node:""', "One of the values of node is empty"),
        ("node:a,", "cannot be read"),
        ("node:" + 500 * "a", "This is 505 characters long"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        matching.parse(text)


def test_no_text_takes_long_to_read() -> None:
    began = time.process_time()
    for text in ("node:" + 247 * "a,", "a:" * 250, 'a:"' * 166, "node:" + '"",' * 165, " " * 500):
        with pytest.raises(ValueError):
            matching.parse(text)
    assert time.process_time() - began < 0.2


def test_the_values_of_a_word_can_be_asked_for() -> None:
    matcher = matching.parse("node:a,b zone:c")
    assert matcher.values("node") == {"a", "b"}
    assert matcher.values("rule") == frozenset()
