from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template import Context, Template

NOW = datetime(2026, 11, 24, 2, 16, tzinfo=UTC)


def rendered(expression: str, **context: Any) -> str:
    return Template("{% load figures %}{{ " + expression + " }}").render(Context({"now": NOW, **context}))


FILTERS = ["bytes", "pct", "cores", "count", "duration", "age", "ago", "instant", "absent"]


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("value", [None, float("nan")])
def test_every_filter_writes_a_dash_for_what_was_not_measured(name: str, value: float | None) -> None:
    if name == "instant" and value is not None:
        value = None
    assert rendered(f"value|{name}", value=value) == "—"


@pytest.mark.parametrize("name", FILTERS)
def test_a_name_that_does_not_exist_was_not_measured_either(name: str) -> None:
    assert rendered(f"mistyped|{name}") == "—"


def test_an_instant_is_a_time_that_machines_can_read() -> None:
    moment = datetime(2026, 11, 24, 2, 13, 50, tzinfo=UTC)
    assert rendered("t|instant:now", t=moment) == '<time datetime="2026-11-24T02:13:50Z">02:13:50</time>'


def test_a_moment_ago_shows_the_moment_on_hover() -> None:
    html = rendered("t|ago:now", t=NOW - timedelta(seconds=12))
    assert html == '<time datetime="2026-11-24T02:15:48Z" title="02:15:48 UTC">12\u00a0s\u00a0ago</time>'


def test_an_age_may_be_given_in_seconds() -> None:
    assert rendered("value|age", value=125.0) == "2\u00a0min"


def test_a_count_brings_its_noun() -> None:
    assert rendered('value|counted:"agent"', value=1) == "1\u00a0agent"
