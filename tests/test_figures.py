"""Figures, as tables of examples. A "·" in an expectation stands for the no-break space."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dashboard import figures

KIB, MIB, GIB, TIB = (1024**power for power in (1, 2, 3, 4))
NOW = datetime(2026, 11, 24, 2, 16, tzinfo=UTC)


def spaced(text: str) -> str:
    return text.replace("·", figures.NO_BREAK)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0·B"),
        (1, "1·B"),
        (1023, "1,023·B"),
        (KIB, "1·KiB"),
        (1.5 * KIB, "1.50·KiB"),
        (9.87 * GIB, "9.87·GiB"),
        (9.997 * GIB, "10.0·GiB"),
        (98.7 * GIB, "98.7·GiB"),
        (951 * GIB, "951·GiB"),
        (999.4 * GIB, "999·GiB"),
        (999.6 * GIB, "0.98·TiB"),
        (8 * GIB, "8·GiB"),
        (2.36 * TIB, "2.36·TiB"),
        (1024**6 * 5000, "5,000·EiB"),
        (-3 * MIB, "−3·MiB"),
        (None, "—"),
        (math.nan, "—"),
    ],
)
def test_bytes_have_three_significant_digits_and_iec_units(value: float | None, text: str) -> None:
    assert figures.byte_size(value) == spaced(text)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0, "0·%"),
        (0.0000001, "<0.1·%"),
        (0.00099, "<0.1·%"),
        (0.001, "0.1·%"),
        (0.062, "6.2·%"),
        (0.0994, "9.9·%"),
        (0.0996, "10·%"),
        (0.82, "82·%"),
        (0.995, "99·%"),
        (0.99999, "99·%"),
        (1, "100·%"),
        (1.234, "123·%"),
        (-0.05, "−5.0·%"),
        (None, "—"),
        (math.nan, "—"),
    ],
)
def test_a_percent_never_rounds_a_trace_to_zero_nor_an_almost_to_all(ratio: float | None, text: str) -> None:
    assert figures.percent(ratio) == spaced(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.5, "1.5"),
        (0.36, "0.36"),
        (12, "12"),
        (1024, "1,024"),
        (543.5, "543.5"),
        (0.1 + 0.2, "0.3"),
        (0.004, "<0.01"),
        (100, "100"),
        (None, "—"),
        (math.nan, "—"),
    ],
)
def test_cores_show_the_decimals_they_need(value: float | None, text: str) -> None:
    assert figures.cores(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (681, "681"),
        (18204, "18,204"),
        (18204.0, "18,204"),
        (2.54, "2.5"),
        (0.01, "<0.1"),
        (None, "—"),
        (math.nan, "—"),
    ],
)
def test_counts_set_thousands_apart(value: float | None, text: str) -> None:
    assert figures.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1·agent"), (0, "0·agents"), (1204, "1,204·agents"), (None, "—·agents")],
)
def test_a_counted_noun_agrees_with_its_number(value: int | None, text: str) -> None:
    assert figures.counted(value, "agent") == spaced(text)


def test_what_is_counted_agrees_with_its_verb() -> None:
    assert [figures.verb(value, "runs", "run") for value in (0, 1, 2, None)] == ["run", "runs", "run", "run"]


def test_a_counted_noun_may_bring_its_own_plural() -> None:
    assert figures.counted(2, "process", "processes") == spaced("2·processes")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0·s"),
        (0.2, "<1·s"),
        (12.9, "12·s"),
        (60, "1·min"),
        (125, "2·min·05·s"),
        (130, "2·min·10·s"),
        (3600, "1·h"),
        (3605, "1·h"),
        (22_320, "6·h·12·min"),
        (timedelta(days=3, hours=4, minutes=59), "3·d·4·h"),
        (timedelta(days=400), "400·d"),
        (-90, "−1·min·30·s"),
        (None, "—"),
        (math.nan, "—"),
    ],
)
def test_durations_have_two_units(value: timedelta | float | None, text: str) -> None:
    assert figures.duration(value) == spaced(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "<1·s"),
        (-5, "<1·s"),
        (12.9, "12·s"),
        (59, "59·s"),
        (119, "1·min"),
        (timedelta(hours=23, minutes=59), "23·h"),
        (timedelta(days=41), "41·d"),
        (None, "—"),
    ],
)
def test_ages_have_one_unit_and_round_down(value: timedelta | float | None, text: str) -> None:
    assert figures.age(value) == spaced(text)


def test_an_unknown_age_is_not_ago() -> None:
    assert figures.ago(None) == "—"
    assert figures.ago(12) == spaced("12·s·ago")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 24, 2, 13, 50, tzinfo=UTC), "02:13:50"),
        (datetime(2026, 11, 24, 4, 13, 50, tzinfo=timezone(timedelta(hours=2))), "02:13:50"),
        (datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC), "23·Nov·23:59"),
        (datetime(2026, 10, 4, 21, 58, tzinfo=UTC), "4·Oct·21:58"),
        (datetime(2025, 12, 31, 8, 0, tzinfo=UTC), "31·Dec·2025·08:00"),
        (None, "—"),
    ],
)
def test_an_instant_says_as_much_of_the_date_as_is_needed(moment: datetime | None, text: str) -> None:
    assert figures.instant(moment, NOW) == spaced(text)


def test_an_instant_for_machines_is_utc() -> None:
    assert figures.iso(datetime(2026, 11, 24, 4, 13, 50, tzinfo=timezone(timedelta(hours=2)))) == "2026-11-24T02:13:50Z"


@pytest.mark.parametrize(("value", "text"), [(None, "—"), ("", "—"), (math.nan, "—"), (0, "0"), ("1.12", "1.12")])
def test_absent_is_a_dash_and_zero_is_not_absent(value: object, text: str) -> None:
    assert figures.absent(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00·s"),
        (0.001, "<0.01·s"),
        (0.214, "0.21·s"),
        (9.994, "9.99·s"),
        (9.996, "10.0·s"),
        (99.9, "99.9·s"),
        (125, "2·min·05·s"),
        (None, "—"),
        (math.nan, "—"),
    ],
)
def test_how_long_an_action_took_has_three_digits(seconds: float | None, text: str) -> None:
    assert figures.took(seconds) == spaced(text)


def test_a_rate_of_bytes_has_its_unit_and_none_has_none() -> None:
    assert figures.byte_rate(9.6 * 1024**2) == f"9.60{figures.NO_BREAK}MiB/s"
    assert figures.byte_rate(None) == figures.ABSENT


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1524713390.0, "1,524,713,390"),
        (9412.07, "9,412.07"),
        (0.00001, "<0.0001"),
        (0.31621, "0.3162"),
        (-2.5, "\u22122.5"),
        (0, "0"),
        (None, "—"),
        (float("nan"), "—"),
    ],
)
def test_a_number_as_it_was_told_keeps_its_digits(value: float | None, text: str) -> None:
    assert figures.exact(value) == text


@pytest.mark.parametrize(("value", "text"), [(1.0, "1\u00a0core"), (0.36, "0.36\u00a0cores"), (None, "—")])
def test_cores_agree_with_their_number(value: float | None, text: str) -> None:
    assert figures.counted_cores(value) == text
