"""One question to a misbehaving server, with limits that only what never ends meets."""

from __future__ import annotations

import dataclasses
import time

import pytest

from collectors.client import MIB, Client, Limits
from collectors.errors import PollError
from tests.faults.server import HUNG_SECONDS, FaultServer, Script

PATIENT = Limits(connect_seconds=30, headers_seconds=60, total_seconds=60, retry_after_seconds=0.05, body_bytes=MIB)
"""For what ends by itself, however slow the machine is."""
QUICK_TO_BEGIN = dataclasses.replace(PATIENT, headers_seconds=0.3)
QUICK_TO_END = dataclasses.replace(PATIENT, total_seconds=1.5)
"""For what does not."""


def failure(url: str, *, ca_pem: str | None = None, limits: Limits = PATIENT) -> PollError:
    """The error of one GET; the call must not outlast its limit."""
    started = time.monotonic()
    with (
        Client(deadline_seconds=HUNG_SECONDS / 4, ca_pem=ca_pem, limits=limits) as client,
        pytest.raises(PollError) as caught,
    ):
        client.get_json(url, dict)
    assert time.monotonic() - started < HUNG_SECONDS / 2
    return caught.value


def failure_of(script: Script, *, limits: Limits = PATIENT) -> PollError:
    with FaultServer({"/x": script}) as server:
        return failure(f"{server.url}/x", limits=limits)
