"""The chain as a file that can be checked elsewhere: JSON lines, with a header that says how.

Of entries that were not asked for (other clusters' between them) there is the link only, so that the chain has no gap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from dashboard.audit_chain import Link, canonical
from dashboard.auditing.checking import Checked, Misread, own_keys
from dashboard.models import AuditEntry, Cluster
from dashboard.queries import audit_entries

FORMAT = "daytwo-audit-1"
HOW = (
    "Each line after this one is an entry, oldest first. content_digest = SHA-256 of content as UTF-8; digest = SHA-256 of "
    "previous_digest, a line feed and content_digest; signature = Ed25519 of the 32 bytes of digest; all hexadecimal. "
    "Entries without content are of other clusters or days. Trust only a public key that you were given otherwise."
)
FIELDS = {"number": int, "previous_digest": str, "content_digest": str, "digest": str, "signature": str, "key_id": str}


def lines(
    now: datetime, *, cluster: Cluster | None = None, since: date | None = None, until: date | None = None
) -> Iterator[str]:
    """The file, a line at a time; the header alone where nothing matches. Days are included. Raises Broken."""
    yield _line(
        {
            "format": FORMAT,
            "how": HOW,
            "exported_at": now,
            "cluster": cluster.name if cluster else None,
            "since": since,
            "until": until,
            "public_keys": own_keys(),
        }
    )
    ends = audit_entries.numbers(cluster, since, until)
    for entry in audit_entries.in_order(*ends) if ends else ():
        content = audit_entries.content(entry)
        asked_for = cluster is None or entry.cluster_key == cluster.pk
        yield _line(asdict(audit_entries.link(entry, content)) | ({"content": content} if asked_for else {}))


def read(file: Iterable[str]) -> Iterator[Checked]:
    """The entries of such a file. Raises Misread for a line that is none."""
    rows = enumerate(file, start=1)
    _, first = next(rows, (1, ""))
    if _object(first, 1).get("format") != FORMAT:
        raise Misread(None, "this is no audit export of Day Two: line 1 does not say so")
    for number, line in rows:
        yield _entry(_object(line, number), number)


def name(cluster: Cluster, entry: AuditEntry | None = None) -> str:
    """What a download is called."""
    return f"{cluster.name}-audit{f'-{entry.day}' if entry else ''}.jsonl"


def _line(row: Mapping[str, Any]) -> str:
    return f"{canonical(row)}\n"


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Misread(None, f"line {number} is not JSON") from error
    if not isinstance(row, dict):
        raise Misread(None, f"line {number} is not a JSON object")
    return row


def _entry(row: Mapping[str, Any], line: int) -> Checked:
    if set(row) - {"content"} != set(FIELDS) or not all(type(row[name]) is kind for name, kind in FIELDS.items()):
        raise Misread(None, f"line {line} is not an entry")
    content = row.get("content")
    if "content" in row and not isinstance(content, str):
        raise Misread(row["number"], f"line {line} has a content that is no text")
    return Link(**{name: row[name] for name in FIELDS}), content, {}
