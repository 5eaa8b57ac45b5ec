from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest

from dashboard import logs

CANARY = "canary-token-in-a-local-variable"


class Output(StringIO):
    """Standard error as `terminal` says: a terminal, or a pipe."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    handlers = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = handlers
    logs.configure()


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_a_trace_names_the_place_and_no_value_of_a_variable(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", output)
    logs.configure()
    token = "".join([CANARY])
    try:
        raise RuntimeError("it broke")
    except RuntimeError:
        logging.getLogger("daytwo.test").exception("failed with %d letters", len(token))
    said = output.getvalue()
    assert "it broke" in said and "test_logs.py" in said
    assert CANARY not in said
