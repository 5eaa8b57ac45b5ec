"""One question to a misbehaving server, with limits short enough for a test."""

from __future__ import annotations

import time

import pytest

from collectors.client import MIB, Client, Limits
from collectors.errors import PollError
from tests.faults.server import FaultServer, Script

QUICK = Limits(connect_seconds=0.3, headers_seconds=0.3, total_seconds=0.6, retry_after_seconds=0.05, body_bytes=MIB)


def failure(url: str, *, ca_pem: str | None = None, limits: Limits = QUICK) -> PollError:
    """The error of one GET; the call must not outlast its limit."""
    started = time.monotonic()
    with Client(deadline_seconds=5, ca_pem=ca_pem, limits=limits) as client, pytest.raises(PollError) as caught:
        client.get_json(url, dict)
    assert time.monotonic() - started < 2 * limits.total_seconds + 0.3
    return caught.value


def failure_of(script: Script, *, limits: Limits = QUICK) -> PollError:
    with FaultServer({"/x": script}) as server:
        return failure(f"{server.url}/x", limits=limits)
