"""The filter's grammar: what is read, what is named because it cannot be, and that nothing makes it fall over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.queries import filter_line
from dashboard.queries.filter_line import Comparison, Text, Word
from dashboard.queries.node_query import EXAMPLES, FIGURES, IS, KEYS, parse

PIECES = st.one_of(
    st.sampled_from(
        [
            "is:",
            "zone:",
            "attr:",
            "cpu.used",
            ">",
            ">=",
            "=",
            "80",
            "%",
            '"',
            "-",
            " ",
            ",",
            "*",
            "healthy",
            "x:",
            "\u0000",
        ]
    ),
    st.text(max_size=5),
)


def term(text: str) -> Word | Comparison | Text:
    found = parse(text)
    assert not found.problems and len(found.terms) == 1
    return found.terms[0]


def why(text: str) -> str:
    found = parse(text)
    assert len(found.problems) == 1
    return found.problems[0].why


def test_an_empty_filter_asks_for_nothing() -> None:
    assert parse("") == parse(" \t ") == filter_line.LineQuery()


def test_words_have_a_key_and_a_choice_of_values() -> None:
    assert term("is:HEALTHY,na") == Word(text="is:HEALTHY,na", negated=False, key="is", values=("healthy", "na"))
    assert term("-Zone:eu-a") == Word(text="-Zone:eu-a", negated=True, key="zone", values=("eu-a",))


def test_attributes_have_a_name_and_may_have_a_value() -> None:
    rack, ssd = term("attr:rack=b4,b5"), term("attr:ssd")
    assert isinstance(rack, Word) and (rack.name, rack.values) == ("rack", ("b4", "b5"))
    assert isinstance(ssd, Word) and (ssd.name, ssd.values) == ("ssd", ())


def test_quotes_keep_spaces_and_commas_together() -> None:
    zone = term('zone:"eu a, b",c')
    assert isinstance(zone, Word) and zone.values == ("eu a, b", "c")
    assert term('"two words"') == Text(text='"two words"', negated=False, value="two words")
    assert term('-"is:healthy"') == Text(text='-"is:healthy"', negated=True, value="is:healthy")


@pytest.mark.parametrize("operator", filter_line.OPERATORS)
def test_figures_are_compared_with_every_operator(operator: str) -> None:
    text = f"mem.alloc{operator}90.5"
    assert term(text) == Comparison(
        text=text, negated=False, figure="mem.alloc", operator=operator, number=90.5, decimals=1
    )


def test_a_percent_sign_is_for_shares_only() -> None:
    share = term("cpu.used>80%")
    assert isinstance(share, Comparison) and share.number == 80
    assert "number without a unit" in why("tasks>20%")


@pytest.mark.parametrize("host", ["10.0.0.1", "10.0.0.1:5051", "fe80::1", "dead::beef", "node-7", "-", "(a", "a\\b"])
def test_what_looks_like_a_host_is_text(host: str) -> None:
    assert isinstance(term(host), Text)


@pytest.mark.parametrize(
    ("text", "reason", "allowed"),
    [
        ("is:lovely", "asks for lovely, which is none", IS),
        ("is:healthy,lovely", "asks for lovely, which is none", IS),
        ("is:", "needs a value after it", IS),
        ("zone:", "needs a value after it", ()),
        ("rack:b4", "begins with a word that is none", tuple(f"{key}:" for key in KEYS)),
        ("cpu>80", "compares a figure that is none", FIGURES),
        ("disk.used>", "needs a percent", ()),
        ("cpu.used>nan", "needs a percent", ()),
        ("load>-1", "needs a number without a unit", ()),
        ("attr:=b4", "needs the name of an attribute", ("attr:NAME", "attr:NAME=VALUE")),
        ("attr:rack=", "needs a value after it", ()),
        ('zone:"eu', "has a quote that is not closed", ()),
        ('""', "is empty", ()),
    ],
)
def test_what_cannot_be_read_is_named_with_what_may_stand_there(
    text: str, reason: str, allowed: tuple[str, ...]
) -> None:
    (problem,) = parse(text).problems
    assert problem.part == text and problem.why.startswith(reason) and problem.allowed == allowed


def test_the_rest_still_holds_beside_what_cannot_be_read() -> None:
    found = parse("is:public rack:b4 tasks>3")
    assert [one.text for one in found.terms] == ["is:public", "tasks>3"]
    assert [one.part for one in found.problems] == ["rack:b4"]


def test_a_filter_has_an_end() -> None:
    assert "beyond the 500 characters" in parse("x" * 501).problems[0].why
    assert "beyond the 30 parts" in parse("a " * 31).problems[0].why
    assert len(parse("a " * 31).terms) == 30


def test_every_example_can_be_read() -> None:
    assert [parse(text).problems for text, _ in EXAMPLES] == [()] * len(EXAMPLES)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_text_makes_it_fall_over_and_no_part_is_lost(text: str) -> None:
    found = parse(text)
    told = [one.text for one in found.terms] + [one.part for one in found.problems]
    parts = filter_line.PART.findall(text[: filter_line.MOST_CHARACTERS])[: filter_line.MOST_PARTS]
    assert set(parts) <= set(told)


@given(st.sampled_from(FIGURES), st.sampled_from(filter_line.OPERATORS), st.decimals(0, 1000, places=2))
def test_every_figure_reads_back_as_it_was_written(figure: str, operator: str, number: object) -> None:
    found = term(f"{figure}{operator}{number}")
    assert isinstance(found, Comparison)
    assert (found.figure, found.operator, f"{found.number:.2f}") == (figure, operator, str(number))
