"""What changed from one configuration of an app to the next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from dashboard.models import AppVersion


@dataclass(frozen=True)
class Change:
    """A field's text before and after; None where it had, or has, none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Configuration:
    version: AppVersion
    changes: tuple[Change, ...]
    """Against the version before it, by name."""
    is_first: bool
    """The oldest that is known: what it changed is not."""


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Fields that differ, by name."""
    names = sorted({*before, *after})
    return tuple(
        Change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def history(versions: Iterable[AppVersion]) -> list[Configuration]:
    """The newest first, given so; each with what changed against the one below it."""
    listed = list(versions)
    told = [Configuration(new, changes(old.config, new.config), is_first=False) for new, old in pairwise(listed)]
    return [*told, *(Configuration(one, (), is_first=True) for one in listed[-1:])]
