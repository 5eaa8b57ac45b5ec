"""Layouts of free names, many at once: those that applications choose for their metrics.

Rows are shared: containers of one app that tell the same names have one. Ids are not remembered, for one made in a
transaction that rolls back would be remembered wrongly; what is, within a bound, is the digest that finds them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from functools import lru_cache

from dashboard.models import Layout

MOST_REMEMBERED = 4096
Names = tuple[str, ...]


@lru_cache(maxsize=MOST_REMEMBERED)
def digest_of(names: Names) -> str:
    """What is unique of a layout: its names in their order."""
    return hashlib.sha1(json.dumps(names).encode(), usedforsecurity=False).hexdigest()


def ids_of(wanted: Collection[Names]) -> dict[Names, int]:
    """The ids of layouts with exactly these names, made where they are new. One query, three where some are.

    New ones in the order of their digests: shards that make the same at once wait for each other, and never in a circle.
    """
    digests = {digest_of(names): names for names in wanted}
    found = _found(digests)
    if new := sorted(digests.keys() - found.keys()):
        rows = [Layout(digest=digest, names=list(digests[digest])) for digest in new]
        Layout.objects.bulk_create(rows, ignore_conflicts=True)
        found |= _found(new)
    return {names: found[digest] for digest, names in digests.items()}


def _found(digests: Collection[str]) -> dict[str, int]:
    return dict(Layout.objects.filter(digest__in=list(digests)).values_list("digest", "pk"))
