from __future__ import annotations

import pytest

from dashboard.models import Alert, Cluster, Notice, Rule
from dashboard.store.notice_texts import told
from tests.builders import NOON


def message(rule: Rule, unit: str) -> str:
    alert = Alert(
        rule=rule,
        sentence="it is so",
        severity="warning",
        value=2048.0,
        limit=1024.0,
        pending_since=NOON,
        fired_at=NOON,
    )
    said = told(
        Notice.Kind.PROBLEM, "warning", Cluster(name="prod"), rule, [alert], count=1, unit=unit, holders={}, now=NOON
    )
    return said.text


@pytest.mark.parametrize(
    ("measure", "value"), [("value", "value 2 KiB, limit 1 KiB"), ("rate", "value 2 KiB/s, limit 1 KiB/s")]
)
def test_a_rate_is_told_per_second_as_on_the_page(measure: str, value: str) -> None:
    assert value in message(Rule(own=True, key="own-1", name="busy", measure=measure), "bytes")


def test_a_rule_that_only_holds_tells_no_number() -> None:
    text = message(Rule(key="R31", name="Component unhealthy"), "")
    assert "warning since 22 Nov 2026" in text and "value" not in text and "limit" not in text
