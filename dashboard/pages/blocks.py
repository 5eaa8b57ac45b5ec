"""Blocks of a page that fail alone: the others are shown, and the one that failed says under which id the log tells why."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import structlog
from django.utils import timezone

log = structlog.get_logger("daytwo.pages")

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Block(Generic[Answer]):
    """What a block shows. Without an answer, when it failed and the id of its trace in the log."""

    answer: Answer | None
    error_id: str = ""
    failed_at: datetime | None = None


def attempt(name: str, ask: Callable[[], Answer]) -> Block[Answer]:
    """The block's answer, or how it failed. Any error is caught: one bad row must not cost the whole page."""
    try:
        return Block(ask())
    except Exception:
        error_id = secrets.token_hex(4)
        log.exception("block failed", block=name, error_id=error_id)
        return Block(None, error_id, timezone.now())
