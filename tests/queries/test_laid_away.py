"""Any past, laid away turn by turn by the store's own upkeep, reads as if it still stood as readings."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_django import Settings

from dashboard.models import Subject
from dashboard.queries import rates
from dashboard.queries.readings import Keep, Loaded, loaded
from dashboard.queries.window import Window
from dashboard.store import compaction, readings, roll_up
from tests import builders
from tests.history import DAY, HOUR, MIDNIGHT, at, clock, subject

pytestmark = pytest.mark.django_db
LAYOUTS = (("load.1min", "in_bytes", "sample.age_seconds"), ("in_bytes", "cores", "load.1min", "sample.age_seconds"))
NAMES = ("load.1min", "in_bytes")
END = DAY + 9 * HOUR


def past(seed: int, every: int) -> list[tuple[int, int, list[float]]]:
    """A day and a half with gaps, resets, what was not said, and a layout that follows another: tick, layout, and the values
    that both have."""
    random = np.random.default_rng(seed)
    counter, rows, layout, silent_until = 1e6, [], 0, 0
    for tick in range(MIDNIGHT, MIDNIGHT + END, every):
        if random.random() < 0.002:
            silent_until = tick + int(random.integers(60, 5 * HOUR))
        if random.random() < 0.003:
            layout = 1
        if random.random() < 0.002:
            counter = 0.0
        counter += float(random.integers(0, 1000))
        load = np.nan if random.random() < 0.05 else round(float(random.random()), 2)
        if tick >= silent_until:
            rows.append((tick, layout, [load, counter, float(random.integers(0, 30))]))
    return rows


def write(of: int, rows: list[tuple[int, int, list[float]]]) -> None:
    for layout, names in enumerate(LAYOUTS):
        known = [(tick, of, dict(zip(LAYOUTS[0], values, strict=True))) for tick, own, values in rows if own == layout]
        readings.write_many(names, [(tick, of, [said.get(name, 4.0) for name in names]) for tick, of, said in known])


def lines(found: Loaded, of: int) -> dict[str, NDArray[np.float64]]:
    told = {keep: found.series(of, NAMES[:1], keep=keep)[NAMES[0]] for keep in get_args(Keep)}
    told["counter"] = found.series(of, NAMES[1:], keep="last")[NAMES[1]]
    told["increase"] = rates.increases(found, of, NAMES[1:])[NAMES[1]]
    told["rate"] = rates.rates(found, of, NAMES[1:])[NAMES[1]]
    return told


@pytest.mark.parametrize("every", [10, 60, 360])
@pytest.mark.parametrize("kind", [Subject.Kind.HOST, Subject.Kind.CLUSTER])
@pytest.mark.parametrize("seed", range(2))
def test_any_past_reads_the_same_wherever_it_lies(
    seed: int, kind: Subject.Kind, every: int, settings: Settings
) -> None:
    settings.READINGS_KEPT_HOURS = 24 * 20
    cluster, other = builders.cluster(), builders.cluster("other")
    plain, laid_away = subject(other, "a", kind), subject(cluster, "b", kind)
    rows = past(seed, every)
    write(plain, rows)
    written = 0
    for turn in range(2 * HOUR, END + 1, 7 * HOUR):
        now = [row for row in rows if written <= row[0] - MIDNIGHT < turn]
        write(laid_away, now)
        written = turn
        for job in (compaction, roll_up):
            job.run(cluster.pk, clock(turn))
    write(laid_away, [row for row in rows if row[0] - MIDNIGHT >= written])
    ends_at = at(END)
    for span, step in ((30 * HOUR, 600), (30 * HOUR, 3600), (20 * HOUR, 3600), (5 * HOUR, 60)):
        asked = Window("asked", ends_at - timedelta(seconds=span), ends_at, step)
        one, two = loaded([plain], asked), loaded([laid_away], asked)
        assert one.window == two.window
        ours, theirs = lines(one, plain), lines(two, laid_away)
        # What rose before a window begins is looked for in its last 20 minutes only, unless it is rolled up.
        first = int(np.flatnonzero(np.isfinite([*ours["counter"], 0.0]))[0])
        ours["increase"][first : first + 1] = theirs["increase"][first : first + 1] = np.nan
        for name in ours:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, err_msg=f"{name} of {span} by {step}")
