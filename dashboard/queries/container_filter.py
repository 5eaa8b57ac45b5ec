"""Which containers a list shows: words of an allow-list, the framework, and a text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dashboard.queries.containers import ContainerRow

IS: dict[str, Callable[[ContainerRow], bool]] = {
    "running": lambda row: not row.ended,
    "ended": lambda row: row.ended,
    "held": lambda row: row.held_back,
    "near": lambda row: row.near_limit,
}
"""What `is=` may say: held is held back by its CPU limit, near is near its limit of memory or disk."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which containers; empty texts stand for all."""

    text: str = ""
    word: str = ""
    """A key of IS."""
    framework: str = ""
    """A framework's id."""

    @property
    def everything(self) -> bool:
        return not (self.text.strip() or self.word or self.framework)


def filtered(rows: Iterable[ContainerRow], wanted: Wanted) -> list[ContainerRow]:
    """The rows that are all that is wanted, in the order they came in. Text is looked for in any case."""
    text = wanted.text.strip().lower()
    return [
        row
        for row in rows
        if (not wanted.word or IS[wanted.word](row))
        and wanted.framework in ("", row.container.framework_id)
        and any(text in name.lower() for name in names(row))
    ]


def with_parents(kept: Iterable[ContainerRow], rows: Sequence[ContainerRow]) -> list[ContainerRow]:
    """Those of the rows that are kept or hold one that is: without its parents nobody knew in what a nested one is."""
    by_id = {row.container.container_id: row for row in rows}
    wanted: set[str] = set()
    for row in kept:
        above: ContainerRow | None = row
        while above is not None and above.container.container_id not in wanted:
            wanted.add(above.container.container_id)
            above = by_id.get(above.container.parent_id)
    return [row for row in rows if row.container.container_id in wanted]


def names(row: ContainerRow) -> list[str]:
    """What a container can be found by."""
    own = row.container
    return [
        own.container_id,
        own.task_name,
        own.executor_id,
        own.executor_name,
        own.framework_id,
        own.framework_name,
    ]


def counts(rows: Iterable[ContainerRow]) -> Counter[str]:
    """How many are what."""
    return Counter(word for row in rows for word, holds in IS.items() if holds(row))


def frameworks(rows: Iterable[ContainerRow]) -> dict[str, str]:
    """Id → name of every framework that has a container among the rows, by name."""
    found = {row.container.framework_id: row.framework for row in rows if row.container.framework_id}
    return dict(sorted(found.items(), key=lambda pair: (pair[1].lower(), pair[0])))
