from __future__ import annotations

import numpy as np
import pytest

from dashboard.models import Cluster
from dashboard.queries import window
from dashboard.queries.readings import series
from dashboard.queries.spacing import usual_spacing
from dashboard.store import readings
from tests import builders
from tests.builders import NOON


def test_nine_of_ten_decide() -> None:
    assert usual_spacing(np.array([10] * 95 + [300] * 5)[np.random.default_rng(1).permutation(100)]) == 10


def test_three_in_a_row_that_are_longer_are_a_longer_period_and_no_gaps() -> None:
    assert usual_spacing(np.array([10] * 300 + [60, 60])) == 10
    assert usual_spacing(np.array([10] * 300 + [60, 60, 60])) == 60
    assert usual_spacing(np.array([60] * 5 + [10] * 300)) == 60


def test_three_equal_outages_that_are_too_long_are_gaps() -> None:
    assert usual_spacing(np.array([10] * 300 + [700, 700, 700])) == 10
    assert usual_spacing(np.array([900] * 9)) == 600


@pytest.mark.django_db
def test_a_line_goes_on_where_a_source_is_asked_less_often() -> None:
    cluster: Cluster = builders.cluster()
    (subject,) = readings.subjects(cluster, {("cluster", ""): "prod"}, seen_at=NOON).values()
    now = int(NOON.timestamp())
    quick, slow = range(now - 3600, now - 600, 10), range(now - 600, now + 1, 60)
    for tick in (*quick, *slow):
        readings.write(tick, ("cpus_total",), [(subject, [4.0])])
    line = series([subject], ["cpus_total"], window.of("1h", NOON))["cpus_total"]
    assert not np.isnan(line).any()
