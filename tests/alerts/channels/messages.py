"""A message and a call as receivers are handed them."""

from __future__ import annotations

from typing import Any

from dashboard.alerts.channels.sending import Call, Line, Message
from tests.builders import NOON


def line(**said: Any) -> Line:
    said = {
        "subject": "10.0.0.1",
        "name": "10.0.0.1",
        "host": "10.0.0.1",
        "state": "firing",
        "severity": "critical",
        "sentence": "memory of 10.0.0.1 is 91 % allocated",
        "value": 0.91,
        "limit": 0.9,
        "began_at": NOON,
        "ended_at": None,
        **said,
    }
    return Line(**said)


def message(**said: Any) -> Message:
    said = {
        "key": "key-1",
        "thread": "group-1-0-channel-1",
        "kind": "problem",
        "severity": "critical",
        "cluster": "prod",
        "rule": "R20",
        "rule_name": "memory allocated",
        "subject": "CRITICAL prod: memory of 10.0.0.1 is 91 % allocated",
        "text": "CRITICAL on prod\n",
        "alerts": 1,
        "lines": [line()],
        "created_at": NOON,
        "url": "https://daytwo.example.org/c/prod/alerts/",
        **said,
    }
    return Message(**said)


def call(target: str = "", **said: Any) -> Call:
    return Call(**{"target": target, "now": NOON, "allow_here": True, "deadline_seconds": 60.0, **said})
