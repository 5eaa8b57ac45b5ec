from __future__ import annotations

from dashboard.charts import unit_day
from dashboard.models.components import Health
from dashboard.queries.unit_history import Span
from tests.builders import NOON, later

DAY = (Span(Health.HEALTHY, later(-7200), later(-3600)), Span(Health.UNHEALTHY, later(-3600), NOON))


def test_the_strip_shows_the_states_and_hatches_what_is_not_known() -> None:
    blocks = unit_day.blocks(DAY, later(-4 * 3600), NOON)
    assert [(block.state, block.width) for block in blocks] == [
        ("unk", "50.00%"),
        ("good", "25.00%"),
        ("bad", "25.00%"),
    ]


def test_the_day_in_words() -> None:
    assert unit_day.told(DAY, NOON) == "Healthy from 10:00:00, Unhealthy from 11:00:00"
    assert unit_day.told((), NOON) == "not known"
