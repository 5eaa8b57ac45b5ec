from __future__ import annotations

import numpy as np

from dashboard.alerts.picking import known, picked
from dashboard.models import Rule

NAN = float("nan")
ABOVE = Rule(warning=0.8, critical=0.9, comparison="above")
BELOW = Rule(warning=0.1, critical=None, comparison="below")
HOSTS = ["a", "b", "c", "d"]


def test_those_at_or_beyond_a_limit_are_told() -> None:
    assert picked(ABOVE, np.array([0.1, 0.8, 0.95, 0.79]), HOSTS, ()) == [1, 2]
    assert picked(BELOW, np.array([0.5, 0.1, 0.05, 0.2]), HOSTS, ()) == [1, 2]


def test_where_nobody_is_the_nearest_is_told() -> None:
    assert picked(ABOVE, np.array([0.1, 0.5, 0.7, 0.2]), HOSTS, ()) == [2]
    assert picked(BELOW, np.array([0.9, 0.3, 0.7, 0.8]), HOSTS, ()) == [1]


def test_the_unknown_are_never_left_out() -> None:
    assert picked(ABOVE, np.array([NAN, 0.5, NAN, 0.2]), HOSTS, ()) == [0, 1, 2]


def test_open_alerts_are_told_of_however_well_they_are() -> None:
    assert picked(ABOVE, np.array([0.1, 0.5, 0.7, 0.2]), HOSTS, frozenset({"d"})) == [2, 3]


def test_another_value_may_be_held_against_the_critical_limit() -> None:
    values = np.array([0.5, 0.5, 0.5, 0.6])
    assert picked(ABOVE, values, HOSTS, (), np.array([0.5, 0.92, 0.5, 0.6])) == [1, 3]


def test_nobody_at_all_is_nobody_told_of() -> None:
    assert picked(ABOVE, np.zeros(0), [], ()) == []


def test_nan_is_no_value() -> None:
    assert (known(NAN), known(0.0)) == (None, 0.0)
