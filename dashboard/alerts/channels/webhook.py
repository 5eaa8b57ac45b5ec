"""A webhook of one's own: JSON, signed, with an idempotency key. The schema below is the contract; `version` names it.

`X-DayTwo-Signature: t=<unix seconds>,v1=<hex>` is HMAC-SHA256 over `<t>.<body>` with the channel's key: a receiver compares it,
refuses a `t` that is minutes old, and keeps `Idempotency-Key` for a day, because a notice may come twice but never
with another key.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any

import msgspec

from dashboard.alerts.channels.sending import Call, Line, Message, tell

VERSION = 1


def send(call: Call, message: Message) -> str:
    payload = msgspec.json.encode(document(message))
    headers = {"Idempotency-Key": message.key}
    if call.secret:
        headers["X-DayTwo-Signature"] = signature(payload, call.secret, call.now)
    return tell(call, call.target, payload, headers)


def signature(payload: bytes, key: str, now: datetime) -> str:
    """What a receiver holds against the body it got; `t` is the second of the try."""
    second = int(now.timestamp())
    digest = hmac.new(key.encode(), f"{second}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={second},v1={digest}"


def document(message: Message) -> dict[str, Any]:
    """The body, the same at each try. Times are RFC 3339 in UTC; absent numbers are null; `url` is null without a link."""
    return {
        "version": VERSION,
        "key": message.key,
        "thread": message.thread,
        "kind": message.kind,
        "severity": message.severity,
        "cluster": message.cluster,
        "rule": message.rule,
        "rule_name": message.rule_name,
        "subject": message.subject,
        "text": message.text,
        "alerts": message.alerts,
        "lines": [_line(line) for line in message.lines],
        "created_at": message.created_at,
        "url": message.url or None,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "subject": line.subject,
        "name": line.name,
        "host": line.host,
        "state": line.state,
        "severity": line.severity,
        "sentence": line.sentence,
        "value": line.value,
        "limit": line.limit,
        "began_at": line.began_at,
        "ended_at": line.ended_at,
    }
