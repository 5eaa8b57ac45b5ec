"""Long lists in pages: each page begins after the last row of the one before, by key, so that rows which come or go in
between are neither shown twice nor make others be skipped."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.utils.encoding import escape_uri_path
from rest_framework import serializers
from rest_framework.request import Request

from collectors.decoding import UNSTORABLE
from dashboard.api.problems import BadParameter
from dashboard.api.resource import Query

LARGEST_ID_DIGITS = 18
Row = TypeVar("Row")
Key = tuple[str, ...]
"""A row's place in the order: texts only, so that a cursor from outside always compares."""
KeyOf = Callable[[Row], Key]


class PagedQuery(Query):
    limit = serializers.IntegerField(
        min_value=1, max_value=1000, default=100, help_text="How many rows a page has at most."
    )
    after = serializers.CharField(
        max_length=2000, required=False, help_text="Where the page begins: take it from `next`, it means nothing else."
    )


class PageSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(
        allow_null=True,
        help_text="Path and query of the next page on this server; null on the last page.",
    )


class CountedPageSerializer(PageSerializer):
    count = serializers.IntegerField(help_text="Rows that match, on all pages together.")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page, and the link to the next."""

    results: Sequence[Row]
    next: str | None


def cut(rows: Sequence[Row], key: Callable[[Row], Key], request: Request, asked: dict[str, Any]) -> Page[Row]:
    """The page that was asked for, out of rows in any order. Raises BadParameter."""
    after = cursor(asked)
    ordered = sorted((row for row in rows if after is None or key(row) > after), key=key)
    return page(ordered, key, request, limit=asked["limit"])


def page(rows: Sequence[Row], key: Callable[[Row], Key], request: Request, *, limit: int) -> Page[Row]:
    """The first `limit` of rows that are in order; there is a next page when more were given."""
    shown = rows[:limit]
    return Page(shown, _link(request, key(shown[-1])) if len(rows) > limit else None)


def cursor(asked: dict[str, Any]) -> Key | None:
    """The key after which the page begins; None for the first. Raises BadParameter."""
    if "after" not in asked:
        return None
    try:
        parts = json.loads(base64.b64decode(asked["after"], altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or not all(isinstance(part, str) and not UNSTORABLE.search(part) for part in parts):
        raise BadParameter("after is not from a next link of this API.", parameter="after")
    return tuple(parts)


def id_before(asked: dict[str, Any]) -> int | None:
    """Of a list with the highest id first: the id that the page comes after; None for the first. Raises BadParameter."""
    after = cursor(asked)
    return None if after is None else _id(after[0] if len(after) == 1 else "")


def moment_before(asked: dict[str, Any]) -> tuple[datetime, int] | None:
    """Of a list with the latest first, then the highest id: what the page comes after. Raises BadParameter."""
    after = cursor(asked)
    if after is None:
        return None
    try:
        moment = datetime.fromisoformat(after[0]) if len(after) == 2 else None
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() != timedelta():
        raise BadParameter("after is not from a next link of this list.", parameter="after")
    return moment, _id(after[1])


def moment_key(moment: datetime, number: int) -> Key:
    """The key that `moment_before` reads."""
    return moment.astimezone(UTC).isoformat(), str(number)


def _id(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > LARGEST_ID_DIGITS:
        raise BadParameter("after is not from a next link of this list.", parameter="after")
    return int(text)


def _link(request: Request, last: Key) -> str:
    query = request.query_params.copy()
    query["after"] = base64.urlsafe_b64encode(json.dumps(last).encode()).decode()
    return f"{escape_uri_path(request.path)}?{query.urlencode()}"


def by_number(text: str) -> str:
    """The text so that its numbers sort as numbers: 10.0.0.9 before 10.0.0.10."""
    return re.sub(r"[0-9]+", lambda digits: digits[0].zfill(10), text)
