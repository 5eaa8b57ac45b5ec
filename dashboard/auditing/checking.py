"""Whether the chain is what was signed: all of it, an exported file, or the days that a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from dashboard import audit_chain, keys
from dashboard.audit_chain import Broken, Link, Signer, check, check_order
from dashboard.models import AuditEntry
from dashboard.queries import audit_entries

Checked = tuple[Link, str | None, Mapping[str, Any]]
"""An entry, its content (None: left out of an export), and what stands beside it and must be in the content too."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was checked, from which number to which, and the first thing that is wrong; nothing wrong: `error` is empty."""

    first: int | None
    """None: there was nothing to check."""
    last: int | None
    links: int
    """Entries whose place in the chain was checked."""
    contents: int
    """Of these, how many have their content here."""
    signed: bool
    """Whether signatures were checked: only where a public key is trusted."""
    head: str
    """The digest of the last one."""
    number: int | None = None
    """Of the entry that is broken."""
    error: str = ""

    @property
    def from_the_beginning(self) -> bool:
        return self.first == 1


def own_keys() -> dict[str, str]:
    """Public keys of this installation by their ids; none where this machine was never given or made one."""
    return audit_chain.trusted(Signer(one).public for one in keys.known_audit_keys(settings.DATA_DIR))


def chain(trusted: Mapping[str, str]) -> Report:
    """Every entry that is stored."""
    return report(stored(audit_entries.in_order()), trusted)


def stored(entries: Iterable[AuditEntry]) -> Iterator[Checked]:
    """Rows as they are checked. Raises Misread for one whose content cannot be read."""
    for entry in entries:
        try:
            content = audit_entries.content(entry)
        except Broken as error:
            raise Misread(entry.number, str(error)) from error
        if entry.cluster_id not in (None, entry.cluster_key):
            raise Misread(entry.number, "its row belongs to another cluster than it says")
        yield audit_entries.link(entry, content), content, audit_entries.columns(entry)


class Misread(Exception):
    """What cannot even be read as an entry: its number, as far as it is known, and why."""

    def __init__(self, number: int | None, why: str) -> None:
        super().__init__(why)
        self.number, self.why = number, why


def report(found: Iterable[Checked], trusted: Mapping[str, str]) -> Report:
    """Check entries, oldest first, up to the first that is broken."""
    first = before = None
    links = contents = 0
    broken: tuple[int | None, str] = (None, "")
    try:
        for link, content, beside in found:
            first = link.number if first is None else first
            try:
                _check(before, link, content, beside, trusted)
            except Broken as error:
                broken = (link.number, str(error))
                break
            before, links, contents = link, links + 1, contents + (content is not None)
    except Misread as error:
        broken = (error.number, error.why)
    return Report(
        first=first,
        last=before.number if before else None,
        links=links,
        contents=contents,
        signed=bool(trusted),
        head=before.digest if before else "",
        number=broken[0],
        error=broken[1],
    )


def shown(entries: Sequence[AuditEntry], trusted: Mapping[str, str]) -> dict[int, str]:
    """What is wrong with each of these, by number; empty where nothing is. One query.

    Each is checked by itself, and the chain from the first to the last of them: a gap or a fork is told at its later end.
    """
    if not entries:
        return {}
    wrong = {entry.number: _wrong(entry, trusted) for entry in entries}
    ordered = sorted(wrong)
    before = None
    for number, digest, previous in audit_entries.links(ordered[0], ordered[-1]):
        if before is not None and (number, previous) != (before[0] + 1, before[1]):
            told = next(one for one in ordered if one >= number)
            wrong[told] = (
                wrong[told] or f"the chain is broken at number {number}, which does not follow number {before[0]}"
            )
        before = number, digest
    return wrong


def _wrong(entry: AuditEntry, trusted: Mapping[str, str]) -> str:
    try:
        for link, content, beside in stored([entry]):
            _check(None, link, content, beside, trusted)
    except (Broken, Misread) as error:
        return str(error)
    return ""


def _check(
    before: Link | None, link: Link, content: str | None, beside: Mapping[str, Any], trusted: Mapping[str, str]
) -> None:
    check(link, trusted, content, beside)
    if before is not None:
        check_order(before, link)
    elif link.number == 1 and link.previous_digest != audit_chain.ORIGIN:
        raise Broken("it is the first, and names an entry before it")
