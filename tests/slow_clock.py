"""A clock for simulated clusters and who polls them: it stands nearly still between the steps of a test."""

from __future__ import annotations

import time
from datetime import UTC, datetime, tzinfo
from typing import Self

import pytest

from collectors import client
from collectors.simulator import Simulator

SLOWER = 100
"""Real seconds for one of its own. It does not stand quite still: what comes later is to be later."""


class SlowClock:
    """Begins at the present when it is made or set anew; only a test moves it on."""

    def __init__(self) -> None:
        self.set_anew()

    def set_anew(self) -> None:
        self._began, self._real = time.time(), time.monotonic()

    def pass_seconds(self, simulator: Simulator, seconds: float) -> None:
        """What was to live or to die meanwhile has."""
        self._began += seconds
        simulator.settle()

    def seconds(self) -> float:
        """Since 1970."""
        return self._began + (time.monotonic() - self._real) / SLOWER

    def rules(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on, also over when an answer was taken."""
        self.set_anew()
        seconds = self.seconds

        class Present(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp(seconds(), tz)

        monkeypatch.setattr(client, "datetime", Present)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)
