from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.queries.formula import AGGREGATES, EXAMPLES, Formula, Match, Unreadable, quoted
from dashboard.queries.formula_reader import LONGEST, parse


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("cpu.total", Formula("cpu.total")),
        ("rate(master/tasks_failed)", Formula("master/tasks_failed", as_="rate")),
        (
            'mem{kind=host,host!=10.0.0.*, zone = "eu west"}',
            Formula(
                "mem",
                (Match("kind", "host"), Match("host", "10.0.0.", negated=True, prefix=True), Match("zone", "eu west")),
            ),
        ),
        ("sum by (zone, framework) (rate(a{}))", Formula("a", as_="rate", aggregate="sum", by=("zone", "framework"))),
        (
            "p95(used / used + free {kind=filesystem})",
            Formula("used÷used+free", (Match("kind", "filesystem"),), aggregate="p95"),
        ),
        ("used÷used+free", Formula("used÷used+free")),
        ('"requests (all)"', Formula("requests (all)")),
        ("sum{x=1}", Formula("sum", (Match("x", "1"),))),
    ],
)
def test_a_formula_is_read_as_it_was_meant(typed: str, read: Formula) -> None:
    assert parse(typed) == read


@pytest.mark.parametrize("text", [text for text, _ in EXAMPLES])
def test_the_examples_can_be_read(text: str) -> None:
    formula = parse(text)
    assert parse(formula.text) == formula


@pytest.mark.parametrize(
    ("typed", "at", "why"),
    [
        ("", 0, "name of a metric is missing"),
        ("sumx(a)", 0, "sumx is no function. Do you mean sum?"),
        ("rate(sum(a))", 8, "the other way round: sum(rate(…))"),
        ("sum(a", 5, "not closed"),
        ("a + b", 2, "no arithmetic but a share"),
        ("a * 2", 2, "no arithmetic"),
        ("a{host}", 6, "Behind host comes = or !="),
        ("a{host=}", 7, "value of host is missing"),
        ("a{x=1} / b", 7, "braces come last"),
        ("sum by zone (a)", 7, "Labels stand in brackets"),
        ('"a', 0, "quote is not closed"),
        ('""', 0, "name of a metric is missing"),
        ("a{host=b", 8, "A brace is not closed"),
        ("sum(a{host=b)", 12, "A brace is not closed"),
        ("a{x=1}{y=2}", 6, "one pair of braces"),
        ('a{host=~"b.*"}', 7, "There is no =~: a * at the end"),
        ("sum(a) by (zone)", 7, "by stands before the brackets: sum by (zone) (…)"),
        ("sum without (zone) (a)", 4, "There is no without"),
        ("avg(a)", 0, "Do you mean mean?"),
        ("SUM(a)", 0, "Do you mean sum?"),
        ("quantile(a)", 0, "Do you mean p95?"),
        ("a" * (LONGEST + 1), LONGEST, "at most 500 characters"),
        ("a{" + ",".join(f"l{n}=1" for n in range(13)) + "}", None, "More than 12 conditions"),
    ],
)
def test_what_is_wrong_says_where_and_why(typed: str, at: int | None, why: str) -> None:
    with pytest.raises(Unreadable) as found:
        parse(typed)
    assert why in found.value.why
    assert at in (None, found.value.at)


NAMES = st.text(min_size=1, max_size=20).filter(lambda text: "÷" not in text)


@given(
    st.builds(
        Formula,
        NAMES,
        st.lists(st.builds(Match, NAMES, st.text(max_size=10), st.booleans(), st.booleans()), max_size=3).map(tuple),
        st.sampled_from(["raw", "rate", "increase"]),
        st.sampled_from(AGGREGATES),
        st.lists(NAMES, max_size=2, unique=True).map(tuple),
    )
)
def test_what_is_written_properly_reads_as_the_same(formula: Formula) -> None:
    assert parse(formula.text) == formula


@given(st.text(alphabet='ab{}()=!*,"\\ /÷+.\n', max_size=40))
def test_whatever_is_typed_is_read_or_refused_within_it(typed: str) -> None:
    try:
        read = parse(typed)
    except Unreadable as problem:
        assert 0 <= problem.at <= len(typed)
    else:
        assert parse(read.text) == read


def test_a_name_is_quoted_only_where_it_must_be() -> None:
    assert [quoted(name) for name in ("a.b/c", "a b", "a*", "")] == ["a.b/c", '"a b"', '"a*"', '""']
