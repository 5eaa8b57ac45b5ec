from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.charts import lines
from dashboard.charts.lines import Figure
from dashboard.charts.panel import TABLE_ROWS, panel, value_text
from dashboard.figures import NO_BREAK

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def figure(*values: float | None, digits: int = 0) -> Figure:
    def one(name: str, role: lines.Role, ys: list[float | None]) -> dict[str, object]:
        return lines.line(name, ys, role=role, resource="mem", begins_at=NOON, step_seconds=60)

    return lines.figure(
        [
            one("", "band_low", [0.0] * len(values)),
            one("Range", "band_high", [9.0] * len(values)),
            one("Used", "used", list(values)),
            one("Limit 90 %", "limit", [90.0] * len(values)),
        ],
        unit="%",
        digits=digits,
    )


def test_keys_say_the_newest_measured_value() -> None:
    used = panel(figure(44, 45.4, None)).keys[1]
    assert (used.index, used.name, used.latest) == (2, "Used", f"45{NO_BREAK}%")


def test_a_band_has_one_key_and_a_limit_says_its_value_in_its_name() -> None:
    keys = panel(figure(44)).keys
    assert [key.name for key in keys] == ["Range", "Used", "Limit 90 %"]
    assert keys[-1].latest == ""


def test_the_table_runs_from_the_newest_and_keeps_what_was_not_measured() -> None:
    rows = panel(figure(44, None)).rows
    assert rows == [(NOON + timedelta(minutes=1), ["0–9", "—", "90"]), (NOON, ["0–9", "44", "90"])]


def test_a_long_table_is_picked_evenly_and_keeps_the_newest() -> None:
    rows = panel(figure(*range(361))).rows
    assert len(rows) <= TABLE_ROWS
    assert rows[0][0] == NOON + timedelta(minutes=360)
    assert rows[0][0] - rows[1][0] == rows[1][0] - rows[2][0]


def test_limits_alone_are_no_measurement() -> None:
    only_limit = lines.line("Limit", [90.0], role="limit", resource="mem", begins_at=NOON, step_seconds=60)
    assert not panel(lines.figure([only_limit], unit="%")).measured
    assert panel(figure(0)).measured


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0, 0, "0"), (0.2, 0, "<1"), (0.004, 2, "<0.01"), (1234.5, 1, "1,234.5"), (None, 0, "—")],
)
def test_a_value_keeps_the_precision_of_its_chart_and_no_trace_is_zero(
    value: float | None, digits: int, text: str
) -> None:
    assert value_text(value, digits) == text


def test_the_table_of_a_young_cluster_begins_where_measuring_began() -> None:
    ys = [*([None] * 700), 41.0, 42.0, 43.0]
    used = lines.line("Used", ys, role="used", resource="mem", begins_at=NOON, step_seconds=60)
    assert [cells for _, cells in panel(lines.figure([used], unit="%")).rows] == [["43"], ["42"], ["41"]]
