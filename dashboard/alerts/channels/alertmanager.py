"""Prometheus' Alertmanager, which groups, silences and routes by itself. Document: its api/v2/openapi.yaml, POST /alerts.

It holds an alert for resolved when its `endsAt` has passed, so what still fires is told again each minute (alerts/refresh.py) and
ends there five minutes after Day Two has fallen silent.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.alerts.channels.sending import Call, Line, Message, tell
from dashboard.hostile_text import visible
from dashboard.models import Notice

HELD_FOR = timedelta(minutes=5)
LONGEST_VALUE = 1000
MOST_IN_ONE = 250


def send(call: Call, message: Message) -> str:
    alerts = [_alert(message, line, call.now) for line in message.lines] or [_test(message, call.now)]
    return _post(call, alerts, message.key)


def refresh(call: Call, messages: Iterable[Message]) -> str:
    """Tell again how alerts are, many in one request, all within one deadline. Raises NotTaken at the first that fails."""
    said, began = "nothing to tell", time.monotonic()
    alerts = [_alert(message, line, call.now) for message in messages for line in message.lines]
    for first in range(0, len(alerts), MOST_IN_ONE):
        left = replace(call, deadline_seconds=call.deadline_seconds - (time.monotonic() - began))
        said = _post(left, alerts[first : first + MOST_IN_ONE], f"refresh-{int(call.now.timestamp())}-{first}")
    return said


def _post(call: Call, alerts: Sequence[dict[str, Any]], key: str) -> str:
    headers = {"Idempotency-Key": key}
    if call.secret:
        headers["Authorization"] = f"Bearer {call.secret}"
    return tell(call, f"{call.target.rstrip('/')}/api/v2/alerts", msgspec.json.encode(alerts), headers)


def _alert(message: Message, line: Line, now: datetime) -> dict[str, Any]:
    """Labels say which alert it is and stay as they are; annotations say how it is. Empty labels count as absent there."""
    labels = {
        "alertname": message.rule_name,
        "cluster": message.cluster,
        "rule": message.rule,
        "severity": line.severity,
        "subject": line.subject,
        "node": line.host,
    }
    ends_at = now + HELD_FOR
    if line.ended_at is not None:
        ends_at = max(
            min(line.ended_at, now), line.began_at + timedelta(seconds=1)
        )  # it refuses what ends as it begins
    return {
        "labels": {name: _value(value) for name, value in labels.items() if value},
        "annotations": {"summary": _value(line.sentence), "name": _value(line.name), **_numbers(line)},
        "startsAt": line.began_at,
        "endsAt": ends_at,
        **({"generatorURL": message.url} if message.url else {}),
    }


def _test(message: Message, now: datetime) -> dict[str, Any]:
    """Shown for a minute."""
    labels = {"alertname": "Day Two test", "severity": message.severity, "kind": str(Notice.Kind.TEST)}
    return {
        "labels": labels,
        "annotations": {"summary": _value(message.subject)},
        "startsAt": now,
        "endsAt": now + timedelta(minutes=1),
    }


def _numbers(line: Line) -> dict[str, str]:
    found = {"value": line.value, "limit": line.limit}
    return {name: repr(value) for name, value in found.items() if value is not None}


def _value(text: str) -> str:
    return visible(text, one_line=True)[:LONGEST_VALUE]
