from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from numpy.typing import NDArray
from pytest_django import Settings
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Chunk, Cluster, Layout, Reading
from dashboard.queries import rates, stored
from dashboard.queries.newest import last_read
from dashboard.queries.readings import Loaded, loaded
from dashboard.queries.window import Window, step_seconds
from dashboard.rolling import Rows
from dashboard.store import chunks, readings, roll_up
from dashboard.tiers import Tier
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
LAYOUT = ("load.1min", "in_bytes", "sample.age_seconds")
HOUR, DAY = 3600, 86_400
END = int(NOON.timestamp())
TODAY = END // DAY * DAY
Told = tuple[NDArray[np.int64], NDArray[np.float64]]


def subject(cluster: Cluster, key: str = "10.0.0.1") -> int:
    return readings.subjects(cluster, {("host", key): key}, seen_at=NOON)["host", key]


def told(hours: int, *, every: int = 60, seed: int = 1) -> Told:
    """Hours up to noon with a gap of one and a half, a counter that began anew twice, and values that were not said."""
    random = np.random.default_rng(seed)
    ticks = np.arange(END - hours * HOUR, END + 1, every)
    # Not where a window begins: of what rose before it only the last 20 minutes are looked at.
    away = END - random.integers(1, 20 if hours > 20 else hours) * HOUR
    ticks = ticks[(ticks < away - 1800) | (ticks > away + HOUR)]
    rises = random.integers(0, 1000, len(ticks)).astype(float)
    counter = np.cumsum(rises)
    for place in random.integers(0, len(ticks), 2):
        counter[place:] -= counter[place] - 5
    load = np.round(random.random(len(ticks)) * 8, 2)
    load[random.random(len(ticks)) < 0.05] = np.nan
    return ticks, np.column_stack([load, counter, random.integers(0, 50, len(ticks)).astype(float)])


def write(
    of: int, history: Told, *, raw_until: int = 0, rolled_until: int = 0, layout: tuple[str, ...] = LAYOUT
) -> None:
    """As compaction would have left it: what is before `rolled_until` rolled up, before `raw_until` chunks, else readings."""
    ticks, values = history
    row = Layout(pk=readings.layout_id(layout), names=list(layout))
    rows = Rows(np.full(len(ticks), of), ticks, values, ticks)
    chunks.write(chunks.packed(Tier.RAW, row.pk, rows.where(ticks < raw_until)))
    if rolled_until:
        chunks.write(roll_up.roll_rows(row, rows.where(ticks < rolled_until)))
    late = ticks >= raw_until
    readings.write_many(layout, zip(ticks[late].tolist(), [of] * late.sum(), values[late].tolist(), strict=True))


def window(hours: float, step: int | None = None) -> Window:
    span = timedelta(hours=hours)
    return Window("asked", NOON - span, NOON, step or step_seconds(span))


def lines(found: Loaded, of: int) -> Iterable[tuple[str, NDArray[np.float64]]]:
    for keep in ("mean", "min", "max", "last"):
        yield keep, found.series(of, ["load.1min"], keep=keep)["load.1min"]
    yield "counter", found.series(of, ["in_bytes"], keep="last")["in_bytes"]
    yield "increase", rates.increases(found, of, ["in_bytes"])["in_bytes"]
    yield "rate", rates.rates(found, of, ["in_bytes"])["in_bytes"]


def agree(one: Loaded, of: int, other: Loaded, of_other: int) -> None:
    assert one.window == other.window
    for (name, ours), (_, theirs) in zip(lines(one, of), lines(other, of_other), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, err_msg=name)


SEAMS = [
    (END - 2 * HOUR, 0),
    (END, 0),
    (END - 2 * HOUR, TODAY),
    (END - 2 * HOUR, END - 2 * HOUR),
    (END - 2 * HOUR, TODAY - DAY),
    (TODAY, TODAY),
]


@pytest.mark.parametrize(("raw_until", "rolled_until"), SEAMS)
@pytest.mark.parametrize(("hours", "step"), [(24, 120), (48, 300), (60, 3600), (60, 7200)])
def test_the_same_past_makes_the_same_lines_whatever_tier_it_is_read_from(
    hours: int, step: int, raw_until: int, rolled_until: int, settings: Settings
) -> None:
    settings.READINGS_KEPT_HOURS = 100
    cluster = builders.cluster()
    plain, laid_away = subject(cluster, "a"), subject(cluster, "b")
    history = told(72)
    write(plain, history)
    write(laid_away, history, raw_until=raw_until, rolled_until=rolled_until)
    agree(loaded([plain], window(hours, step)), plain, loaded([laid_away], window(hours, step)), laid_away)


class Seams(TestCase):
    """Any past, any border."""

    @settings(max_examples=15, deadline=None)
    @given(
        seed=st.integers(0, 10_000),
        every=st.sampled_from([10, 60, 120, 300]),
        raw_hours=st.integers(0, 30),
        rolled_hours=st.integers(0, 30),
        step=st.sampled_from([600, 1800, 3600]),
    )
    def test_any_past_agrees_at_any_border(
        self, seed: int, every: int, raw_hours: int, rolled_hours: int, step: int
    ) -> None:
        cluster = builders.cluster(f"c{seed}-{every}-{raw_hours}-{rolled_hours}-{step}")
        plain, laid_away = subject(cluster, "a"), subject(cluster, "b")
        history = told(30, every=every, seed=seed)
        write(plain, history)
        raw_until = END - raw_hours * HOUR
        write(laid_away, history, raw_until=raw_until, rolled_until=min(raw_until, END - rolled_hours * HOUR))
        asked = replace(window(26, step))
        agree(loaded([plain], asked), plain, loaded([laid_away], asked), laid_away)


def test_steps_of_increases_add_up_to_the_same_in_every_tier() -> None:
    one = subject(builders.cluster())
    ticks, values = told(50)
    write(one, (ticks, values), raw_until=END - 2 * HOUR, rolled_until=TODAY)
    found = [
        rates.increases(loaded([one], window(48, step)), one, ["in_bytes"])["in_bytes"] for step in (120, 600, 3600)
    ]
    sums = [float(np.nansum(each)) for each in found]
    assert sums[1:] == pytest.approx([sums[0]] * 2, rel=1e-12)


def test_a_reading_that_came_late_wins_over_its_chunk() -> None:
    one = subject(builders.cluster())
    ticks = np.arange(END - 3 * HOUR, END - 2 * HOUR, 60)
    write(one, (ticks, np.ones((len(ticks), 3))), raw_until=END)
    readings.write_many(LAYOUT, [(int(ticks[5]), one, (9.0, 1.0, 1.0))])
    (rows,) = stored.raw([one], int(ticks[0]), END)
    assert len(rows.ticks) == len(ticks)
    assert rows.matrix[5, 0] == 9.0 and (np.delete(rows.matrix[:, 0], 5) == 1).all()


def test_a_layout_that_changes_inside_an_hour_keeps_both_sides() -> None:
    one, other = subject(builders.cluster()), ("load.1min", "cores")
    middle = END - 5 * HOUR + 1800
    before, after = np.arange(END - 5 * HOUR, middle, 60), np.arange(middle, END - 4 * HOUR, 60)
    write(one, (before, np.full((len(before), 3), 1.0)), raw_until=END, rolled_until=END)
    write(one, (after, np.full((len(after), 2), 3.0)), raw_until=END, rolled_until=END, layout=other)
    assert {chunk.layout_id for chunk in Chunk.objects.filter(tier=Tier.HOURS)} == set(
        Layout.objects.values_list("pk", flat=True)
    )
    for asked in (window(6, 120), window(30, 3600)):
        line = loaded([one], asked).series(one, ["load.1min"])["load.1min"]
        known = line[np.isfinite(line)]
        assert known.mean() == pytest.approx(2.0)


def test_of_a_step_in_which_the_layout_changed_the_last_value_is_that_of_the_new_one() -> None:
    for names in (("load.1min", "cores"), LAYOUT):  # whichever was written, and so found, first
        one = subject(builders.cluster(names[1]))
        middle = END - 5 * HOUR + 1860
        before, after = np.arange(END - 5 * HOUR, middle, 60), np.arange(middle, END - 4 * HOUR, 60)
        other = LAYOUT if names != LAYOUT else ("load.1min", "cores")
        write(one, (after, np.full((len(after), len(other)), 3.0)), raw_until=END, rolled_until=END, layout=other)
        write(one, (before, np.full((len(before), len(names)), 1.0)), raw_until=END, rolled_until=END, layout=names)
        line = loaded([one], window(30, 300)).series(one, ["load.1min"], keep="last")["load.1min"]
        assert line[np.isfinite(line)].tolist() == [1.0] * 6 + [3.0] * 6


def test_only_the_columns_asked_for_are_read() -> None:
    one = subject(builders.cluster())
    write(one, told(4), raw_until=END - HOUR)
    (rows,) = stored.raw([one], END - 4 * HOUR, END, ["load.1min"])
    assert rows.layout == ("load.1min", "sample.age_seconds")


def test_a_tier_is_taken_that_is_kept_for_all_of_the_window(settings: Settings) -> None:
    one = subject(builders.cluster())
    write(one, told(72), raw_until=END - 2 * HOUR, rolled_until=TODAY)
    assert loaded([one], window(40)).window.tier is Tier.RAW
    settings.READINGS_KEPT_HOURS = 36
    found = loaded([one], window(40)).window
    assert (found.tier, found.step_seconds) == (Tier.FIVE_MINUTES, 300)
    settings.FIVE_MINUTES_KEPT_DAYS = 1
    assert loaded([one], window(40)).window.tier is Tier.HOURS


def test_raw_costs_two_queries_and_a_rolled_up_tier_three(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    many = [subject(cluster, f"10.0.0.{number}") for number in range(20)]
    for one in many:
        write(one, told(30), raw_until=END - 2 * HOUR, rolled_until=TODAY)
    with django_assert_num_queries(2, connection=connection):
        stored.raw(many, END - 30 * HOUR, END)
    with django_assert_num_queries(3, connection=connection):
        stored.rolled(many, Tier.FIVE_MINUTES, END - 30 * HOUR, END)


def test_data_is_fetched_only_of_what_is_not_rolled_up(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    one = subject(builders.cluster())
    write(one, told(60), raw_until=END - 2 * HOUR, rolled_until=TODAY)
    _, tail = stored.rolled([one], Tier.HOURS, END - 60 * HOUR, END)
    assert tail.tier is Tier.RAW
    assert int(tail.ticks[0]) >= TODAY - HOUR and tail.own[tail.ticks >= TODAY].all()


def test_the_newest_is_found_wherever_it_lies() -> None:
    one = subject(builders.cluster())
    assert last_read([one]) is None
    ticks, values = told(4)
    write(one, (ticks, values), raw_until=END + 1, rolled_until=END + 1)
    newest = last_read([one])
    assert newest is not None and newest.tick == END and newest.values.tolist() == values[-1].tolist()
    Chunk.objects.filter(tier=Tier.RAW).delete()
    newest = last_read([one])
    assert newest is not None and newest.names == LAYOUT and newest.values[1] == values[-1, 1]
    write(one, (ticks, values))
    assert Reading.objects.count() == len(ticks)
    newest = last_read([one])
    assert newest is not None and newest.tick == END


def test_at_some_ticks_only_their_hours_are_read() -> None:
    cluster = builders.cluster()
    one, other = subject(cluster, "a"), subject(cluster, "b")
    ticks = np.arange(END - 24 * HOUR, END + 1, 60)
    for of in (one, other):
        write(of, (ticks, np.column_stack([ticks] * 3).astype(float)), raw_until=END - HOUR)
    looks = [END - 20 * HOUR, END - 7 * HOUR, END]
    (rows,) = stored.at([one, other], looks, ["load.1min"])
    assert rows.ticks.tolist() == looks * 2 and rows.matrix[:, 0].tolist() == [float(tick) for tick in looks * 2]


def rolled_up(of: int, load: float) -> None:
    """Yesterday's hours, with this load all day."""
    layout = Layout.objects.get(pk=readings.layout_id(LAYOUT))
    ticks = np.arange(TODAY - DAY, TODAY, 60)
    values = np.column_stack([np.full(len(ticks), load), ticks.astype(float), np.zeros(len(ticks))])
    chunks.write(list(roll_up.roll_rows(layout, Rows(np.full(len(ticks), of), ticks, values, ticks))))


def hours(of: int, until: int = TODAY) -> stored.Rows:
    """Yesterday's rows up to a tick."""
    return stored.rolled([of], Tier.HOURS, TODAY - DAY, until, ["load.1min"])[0]


def test_what_was_rolled_up_is_put_together_once_until_it_is_written_anew() -> None:
    one = subject(builders.cluster())
    rolled_up(one, 2.0)
    first = hours(one)
    assert hours(one, TODAY + 59) is first
    assert first.column("load.1min", "last") == pytest.approx([2.0] * 24)
    rolled_up(one, 3.0)
    assert hours(one).column("load.1min", "last") == pytest.approx([3.0] * 24)


def test_of_what_is_remembered_only_the_time_that_is_asked_for_is_told() -> None:
    one = subject(builders.cluster())
    rolled_up(one, 2.0)
    assert [len(hours(one, TODAY - DAY + until).ticks) for until in (DAY, 2 * HOUR, 2 * HOUR - 1)] == [24, 3, 2]
