from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.queries.task_query import KEYS, Term, parse


def test_words_and_text_stand_side_by_side() -> None:
    asked = parse('state:failed,lost -host:10.0.0.7 "two words"')
    assert asked.problems == ()
    assert asked.terms == (
        Term(key="state", values=("failed", "lost"), negated=False),
        Term(key="host", values=("10.0.0.7",), negated=True),
        Term(key="", values=("two words",), negated=False),
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("zone:eu-a", "a word that is none"),
        ("state:", "needs a value"),
        ("health:well", "asks for well"),
        ("state:failed,broken", "asks for broken, which is none"),
        ('"open', "a quote that is not closed"),
        ("x" * 501, "beyond the 500 characters"),
        ("a " * 31, "beyond the 30 parts"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_holds(line: str, why: str) -> None:
    asked = parse(line)
    assert why in " ".join(problem.why for problem in asked.problems)


def test_a_state_is_written_as_mesos_does_or_shorter() -> None:
    assert parse("state:TASK_FAILED,Gone_by_operator").problems == ()


def test_the_rest_of_a_line_with_an_error_still_holds() -> None:
    assert [term.key for term in parse("zone:eu-a app:/web").terms] == ["app"]


@given(st.text())
def test_whatever_is_typed_becomes_terms_of_known_words_and_problems_with_a_reason(text: str) -> None:
    asked = parse(text)
    assert {term.key for term in asked.terms} <= {"", *KEYS}
    assert all(problem.why for problem in asked.problems)
    assert bool(asked.terms or asked.problems) >= any(letter.isalnum() for letter in text)
