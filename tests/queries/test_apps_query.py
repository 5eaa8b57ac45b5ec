from __future__ import annotations

import pytest

from dashboard.queries.apps_query import EXAMPLES, parse
from dashboard.queries.filter_line import MOST_CHARACTERS, MOST_PARTS, Comparison, Text, Word


def test_words_figures_and_text_are_told_apart() -> None:
    found = parse('state:delayed,Waiting -label:team=web mem.slack>10.5 "two words"').terms
    assert found == (
        Word(text="state:delayed,Waiting", negated=False, key="state", values=("delayed", "waiting")),
        Word(text="-label:team=web", negated=True, key="label", values=("web",), name="team"),
        Comparison(text="mem.slack>10.5", negated=False, figure="mem.slack", operator=">", number=10.5, decimals=1),
        Text(text='"two words"', negated=False, value="two words"),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("zone:eu", "begins with a word that is none"),
        ("state:sleepy", "asks for sleepy, which is none"),
        ("restarts:often", "asks for often, which is none"),
        ("group:", "needs a value after it"),
        ("label:=web", "needs the name of a label"),
        ("mem.slack>lots", "needs GiB as a number, without a unit, after mem.slack>"),
        ("cpu.used<50%", "needs cores as a number, without a unit, after cpu.used<"),
        ("failures=x", "needs a number, without a unit, after failures="),
        ("latency>3", "compares a figure that is none"),
        ('"open', "has a quote that is not closed"),
        ('""', "is empty"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_holds(text: str, why: str) -> None:
    found = parse(f"state:running {text}")
    assert [term.text for term in found.terms] == ["state:running"]
    assert len(found.problems) == 1 and found.problems[0].why.startswith(why)


def test_a_line_has_a_bound() -> None:
    long = parse("a" * (MOST_CHARACTERS + 1))
    many = parse(" ".join(["web"] * (MOST_PARTS + 1)))
    assert "beyond" in long.problems[0].why and "beyond" in many.problems[0].why
    assert len(many.terms) == MOST_PARTS


def test_every_example_can_be_read() -> None:
    assert [text for text, _ in EXAMPLES if parse(text).problems] == []
