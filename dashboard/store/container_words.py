"""Answers that say something else in words than their agents' last, and what the rows of their containers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from collectors.records import AgentContainers, ContainerReading
from dashboard import listings
from dashboard.store.container_listings import Listing, Told
from dashboard.store.writing import Writing

LONGEST_PARTIAL = 200
WORDS = [
    *("agent_id", "parent_id", "framework_id", "framework_name", "executor_id", "executor_name", "task_name"),
    *("labels", "route", "partial"),
]

Key = tuple[str, str]
"""Host and container id."""
Said = tuple[AgentContainers, ContainerReading]
Rows = dict[int, listings.Matrix]
"""Key of a container → what is known of it, in the order of `listings.COLUMNS`."""


class Known(NamedTuple):
    """What the row of a container says that ran until now."""

    pk: int
    host: str
    container_id: str
    measured: str
    """When, as the database writes it."""
    subject: int | None
    """Of its readings; None where that has to be asked for."""
    words: tuple[Any, ...]
    """In WORDS order."""

    @property
    def key(self) -> Key:
        return self.host, self.container_id

    def said(self, name: str) -> Any:
        return self.words[WORDS.index(name)]


@dataclass(frozen=True)
class Saying:
    """Answers that say something else in words than their agents' last; the listings known of all; frameworks' names by id."""

    writing: Writing
    told: Sequence[Told]
    found: Sequence[Listing]
    names: Mapping[str, str]
    listed: dict[Key, Said] = field(default_factory=dict)
    """Every container of theirs, once."""

    @property
    def hosts(self) -> set[str]:
        return {one.answer.host for one in self.told}

    @property
    def listings(self) -> list[Listing]:
        """Of their hosts."""
        hosts = self.hosts
        return [listing for listing in self.found if listing.host in hosts]

    def words(self, key: Key) -> tuple[Any, ...]:
        """What the row of a container holds in words, in WORDS order."""
        answer, said = self.listed[key]
        framework_name = said.framework_name or self.names.get(said.framework_id, "")
        return (
            *(answer.agent_id, said.parent_id, said.framework_id, framework_name, said.executor_id),
            *(said.executor_name, said.task_name, said.labels, answer.route, answer.partial[:LONGEST_PARTIAL]),
        )
