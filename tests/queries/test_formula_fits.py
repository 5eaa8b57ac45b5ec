from __future__ import annotations

import pytest

from dashboard.queries import explored_in_words
from dashboard.queries.formula import Unreadable
from tests import builders
from tests.queries.exploring import asked, containers, machines, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "why", "allowed"),
    [
        ("cpu.totl{kind=host}", "No host tells cpu.totl.", "cpu.total"),
        ("cpu.totl", "Nothing tells cpu.totl.", "cpu.total"),
        ("cpu.total{kind=hots}", "hots is no kind", "kind=host"),
        ("cpu.total{kind=host, rack=1}", "No host has a label rack.", "zone"),
        ("sum by (rack) (cpu.total{kind=host})", "No host has a label rack.", "zone"),
        ("rate(cpu.total{kind=host})", "is kept as a gauge and has no rate", None),
        ("rate(cpu.total / cores {kind=host})", "A share has no rate", None),
    ],
)
def test_what_does_not_fit_says_what_to_write_instead(text: str, why: str, allowed: str | None) -> None:
    problem = refused(machines(), text)
    assert why in problem.why
    assert allowed is None or allowed in problem.allowed


def test_more_series_than_are_read_say_how_many_and_how_to_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.queries.formula_fits.MOST_SERIES", 3)
    problem = refused(containers(), "cpus_used{kind=container}")
    assert "4 series, and at most 3" in problem.why
    assert "framework=…" in problem.allowed


def test_none_that_fits_is_an_empty_answer_and_no_mistake() -> None:
    found = asked(machines(), "cpu.total{kind=host, host=10.9.9.9}")
    assert (found.lines, found.series) == ((), 0)
    assert explored_in_words.coverage(found) == "none of them fits the braces: 2 of kind host were there"
    assert explored_in_words.nothing(found) == (
        "No host has host=10.9.9.9",
        "There is, for example, host=10.0.0.1, host=10.0.0.2.",
    )


def test_each_condition_may_hold_for_some_and_all_together_for_none() -> None:
    cluster = machines()
    found = asked(cluster, "cpu.total{kind=host, host=10.0.0.1, name=10.0.0.2}")
    assert explored_in_words.nothing(found)[0] == "No host has name=10.0.0.2"
    found = asked(cluster, "cpu.total{kind=host, zone!=there, host!=10.0.0.1, host!=10.0.0.2}")
    assert explored_in_words.nothing(found)[0] == "No host has all that stands in the braces"


def test_where_nothing_of_a_kind_was_there_no_condition_is_blamed() -> None:
    found = asked(builders.cluster(), "cpu.total{kind=host, host=10.9.9.9}")
    assert explored_in_words.nothing(found) == ("No host was there in this time", "Choose a longer time.")


def test_a_value_is_found_by_a_part_of_it() -> None:
    found = asked(machines(), 'cpu.total{kind=host, host="0.0.2*"}')
    assert explored_in_words.nothing(found) == ('No host has host="0.0.2*"', "There is, for example, host=10.0.0.2.")


def test_the_rate_of_a_slip_of_the_pen_is_no_gauge() -> None:
    with pytest.raises(Unreadable, match=r"No host tells cpu\.totl\."):
        asked(machines(), "rate(cpu.totl{kind=host})")


def test_what_is_like_nothing_that_is_told_says_where_to_look() -> None:
    with pytest.raises(Unreadable, match=r"^Nothing tells Ω\. What is told stands in the list of metrics\.$"):
        asked(machines(), "Ω")


def test_a_function_without_brackets_is_told_from_an_unknown_metric() -> None:
    with pytest.raises(Unreadable, match=r"p95 is a function: what it is of stands in brackets, p95\(…\)\."):
        asked(machines(), "p95")
