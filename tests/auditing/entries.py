"""Entries as they read."""

from __future__ import annotations

from typing import Any

from dashboard import audit_chain
from dashboard.models import AuditEntry
from dashboard.queries import audit_entries


def content(entry: AuditEntry) -> dict[str, Any]:
    return audit_chain.read(audit_entries.content(entry))
