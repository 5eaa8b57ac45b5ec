from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from collectors.sources import SOURCES_BY_NAME
from dashboard import figures
from dashboard.api import latest_rows
from dashboard.models import Cluster, Subject
from dashboard.queries import freshness
from dashboard.queries.latest import Asked, Latest, Measured
from tests.builders import NOON

AT = NOON.timestamp()
NAN = float("nan")
LATE_SECONDS = freshness.limits_seconds(SOURCES_BY_NAME["nodes"])[0] + 1.0


def measured(*, settled: bool = True) -> Measured:
    """Of two machines, one of which told the second value only a minute before, and the other nothing of late."""
    return Measured(
        subjects=[(1, "a", 'the "first"\n'), (2, "b", "zweite ü")],
        keys=("a", "b"),
        names=('the "first"\n', "zweite ü"),
        values=np.array([[0.1, 2.0], [NAN, NAN]]),
        times=np.array([[AT, AT - 60], [NAN, NAN]]),
        read_at=np.array([AT, NAN]),
        settled=settled,
    )


def rows(found: Measured, after_seconds: float, *, gone: bool = False) -> list[dict[str, Any]]:
    what = Asked(Cluster(name="prod"), Subject.Kind.HOST, ("x", "y"), NOON + timedelta(seconds=after_seconds), None)
    values, times = (np.full_like(found.values, NAN) if gone else of for of in (found.values, found.times))
    told: list[dict[str, Any]] = json.loads(
        latest_rows.told(what, Latest(found, found.keys, found.names, values, times, found.read_at, more=False))
    )
    return told


@pytest.mark.parametrize("settled", [True, False])
def test_what_is_remembered_is_told_with_the_ages_of_now(settled: bool) -> None:
    found = measured(settled=settled)
    assert rows(found, 1.5) == [
        {
            **{"key": "a", "name": 'the "first"\n', "taken_at": figures.iso(NOON), "age_seconds": 1.5},
            **{"freshness": "fresh", "values": [0.1, 2.0], "older_seconds": {"y": 61.5}},
        },
        {
            **{"key": "b", "name": "zweite ü", "taken_at": None, "age_seconds": None},
            **{"freshness": "no_data", "values": [None, None], "older_seconds": {}},
        },
    ]
    late = rows(found, LATE_SECONDS)[0]
    assert (late["age_seconds"], late["freshness"]) == (LATE_SECONDS, "late")
    assert late["older_seconds"] == {"y": LATE_SECONDS + 60}
    assert bool(latest_rows.REMEMBERED.held_bytes) == settled


def test_values_that_have_grown_too_old_are_told_no_more() -> None:
    found = measured()
    assert rows(found, 1)[0]["values"] == [0.1, 2.0]
    assert rows(found, 400, gone=True)[0] | {"name": ""} == {
        **{"key": "a", "name": "", "taken_at": figures.iso(NOON), "age_seconds": 400.0},
        **{"freshness": "no_data", "values": [None, None], "older_seconds": {}},
    }
    assert rows(found, 1)[0]["values"] == [0.1, 2.0]


def test_none_are_an_empty_list() -> None:
    nothing = np.zeros((0, 2))
    assert rows(Measured([], (), (), nothing, nothing, np.zeros(0), settled=True), 1) == []
