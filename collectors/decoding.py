"""Strict JSON from a hostile sender: typed, siblings kept, text made safe to store.

A document is decoded in two steps: its outline with `Raw` entries, then every entry by itself, so that a bad entry is
dropped and counted without its neighbours.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import islice
from typing import Annotated, Any, TypeVar, cast

import msgspec

from collectors.errors import Outcome, PollError

T = TypeVar("T")
Dropped = Counter[str]

# Mesos prints whole numbers as floats in old versions, so counts are read as floats; the caps keep products finite.
Count = Annotated[float, msgspec.Meta(ge=0, le=2**31 - 1)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]

LONGEST_NAME = 255
LONGEST_OUTPUT = 16 * 1024
LONGEST_MESSAGE = 4000
MOST_ENTRIES = 20_000
MOST_REASONS = 20
LARGEST_VALUE = 2.0**63
"""No figure of a machine, an agent or a container is larger; -1 in 64 bits without a sign is."""
LONGEST_UPTIME_SECONDS = 1e9
SMALL_BYTES = 1024 * 1024
LEAST_BYTES = MOST_ENTRIES * len(b"{},")
"""No shorter answer can hold more entries."""
BYTES_A_VALUE = 8
"""A large answer has more, by far: one of bare commas would take thirty times its size in memory."""

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
ESCAPE = re.compile(
    rb"\\(?:(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
# Everything up to the next such word at once, strings skipped. Nothing is ever tried twice: a string that does not end is
# taken to the end too.
NOT_A_NUMBER = re.compile(
    rb"""(?P<rest>(?:[^"NI-]++|"(?:[^"\\]++|\\.)*+"?+|(?!-?(?:NaN|Infinity)\b)[NI-])++)|-?(?:NaN|Infinity)\b""",
    re.DOTALL,
)
FLOAT = msgspec.json.Decoder(float)
TITLE = re.compile(rb"<title[^>]{0,200}>(.{0,2000}?)</title", re.IGNORECASE | re.DOTALL)
INDEX = re.compile(r"\[\d+\]")


def decode(body: bytes, shape: type[T], *, url: str) -> T:
    """The document as `shape`; PollError tells a cut answer, a web page, a wrong shape and hostile nesting apart."""
    if len(body) > SMALL_BYTES and body.count(b",") * BYTES_A_VALUE > len(body):
        raise PollError(Outcome.TOO_LARGE, "The answer holds more values than an answer of its length can", url=url)
    try:
        return decoder(shape).decode(mended(body))
    except msgspec.ValidationError as error:
        raise PollError(Outcome.WRONG_SHAPE, f"The answer has not the expected form: {error}", url=url) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_json(body, error, url) from None
    except RecursionError:
        raise PollError(Outcome.TOO_DEEP, "The answer is nested too deeply to be read", url=url) from None


def usual(body: bytes, shape: type[T]) -> T | None:
    """The document at once, as a shape without room for anything odd; None where it is odd or large: to be read with care.

    Nothing is counted, and no answer is judged by this: it only saves looking at each entry by itself where all are well.
    """
    if len(body) > SMALL_BYTES or (len(body) > LEAST_BYTES and body.count(b"{") > MOST_ENTRIES):
        return None
    try:
        body.decode()
        return None if writes_surrogates(body) else decoder(shape).decode(body)
    except (ValueError, RecursionError):
        return None


def decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of a shape, made once."""
    found: msgspec.json.Decoder[T] = _decoder(cast(Hashable, shape))
    return found


@cache
def _decoder(shape: Hashable) -> Any:
    return msgspec.json.Decoder(shape)


def mended(body: bytes) -> bytes:
    """The body with what JSON forbids but senders write made harmless; the usual body is returned as it is.

    A byte order mark goes, bytes that are no UTF-8 and lone surrogates become U+FFFD, NaN and Infinity become null.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        body.decode()
    except UnicodeDecodeError:
        body = body.decode(errors="replace").encode()
    if writes_surrogates(body):
        body = ESCAPE.sub(lambda found: b"\\ufffd" if found["lone"] else found[0], body)
    if b"NaN" in body or b"Infinity" in body:
        body = NOT_A_NUMBER.sub(lambda found: found["rest"] or b"null", body)
    return body


def writes_surrogates(body: bytes) -> bool:
    """Whether an escape in it is a surrogate, alone or in a pair. Most bodies have no backslash, which is soon told."""
    return b"\\" in body and (b"\\ud" in body or b"\\uD" in body)


def not_json(body: bytes, error: Exception, url: str) -> PollError:
    """What came instead of JSON, in words: a web page by its title, a cut answer by its length."""
    start = body.lstrip()[:1]
    if start == b"<":
        title = page_title(body)
        named = f"titled “{title}” " if title else ""
        detail = f"Got a web page {named}instead of data: is the URL right, and is the login still good?"
        return PollError(Outcome.NOT_JSON, detail, url=url)
    if "truncated" in str(error) and start in (b"{", b"["):
        return PollError(Outcome.TRUNCATED, f"The answer was cut at {len(body)} bytes", url=url)
    return PollError(Outcome.NOT_JSON, f"The answer is not JSON; it begins with: {first_words(body, 80)}", url=url)


def page_title(body: bytes) -> str:
    """The title of an HTML page, safe to show, else ''."""
    found = TITLE.search(body[:8192])
    return first_words(found[1], 100) if found else ""


def first_words(body: bytes, limit: int) -> str:
    """The first printable characters of a body, on one line."""
    shown = body[: limit * 4].decode("utf-8", "replace")
    return " ".join("".join(mark if mark.isprintable() else " " for mark in shown).split())[:limit]


def each(
    entries: Sequence[msgspec.Raw], shape: type[T], dropped: Dropped, *, what: str
) -> Iterator[tuple[msgspec.Raw, T]]:
    """Every entry that has the shape, raw and decoded; the others are counted under `what` and the reason."""
    count(dropped, f"{what}: more than {MOST_ENTRIES}", max(0, len(entries) - MOST_ENTRIES))
    for entry in islice(entries, MOST_ENTRIES):
        found = one(entry, shape, dropped, what=what)
        if found is not None:
            yield entry, found


def one(entry: msgspec.Raw, shape: type[T], dropped: Dropped, *, what: str) -> T | None:
    """One entry as its shape, or None and a reason counted."""
    try:
        return decoder(shape).decode(entry)
    except (ValueError, RecursionError) as error:
        count(dropped, f"{what}: {INDEX.sub('[]', str(error))}")
    return None


def count(dropped: Dropped, reason: str, times: int = 1) -> None:
    """One more of a reason; reasons past the twentieth are counted together, so that a body cannot fill memory."""
    if not times:
        return
    reason = reason[:LONGEST_NAME]
    dropped[reason if reason in dropped or len(dropped) < MOST_REASONS else "other reasons"] += times


def is_said(entry: msgspec.Raw) -> bool:
    """Whether there is anything: an entry that is missing is empty, and null is nothing."""
    return bytes(entry) not in (b"", b"null")


def number(entry: msgspec.Raw) -> float | None:
    """A finite JSON number, else None: no booleans, no numbers written as strings, nothing past a float's range."""
    try:
        value = FLOAT.decode(entry)
    except (ValueError, RecursionError):
        return None
    return value if math.isfinite(value) else None


def name(value: str) -> str:
    """Text the cluster chose, short and storable: NUL and lone surrogates become U+FFFD."""
    if len(value) <= LONGEST_NAME and value.isprintable():  # as it nearly always is, and told in a fraction of the time
        return value
    return UNSTORABLE.sub("\ufffd", value[:LONGEST_NAME])


def tail(value: str) -> str:
    """The end of a long text, at most 16 KiB as UTF-8: a log's last lines are the ones that tell."""
    value = UNSTORABLE.sub("\ufffd", value[-LONGEST_OUTPUT:])
    return value.encode()[-LONGEST_OUTPUT:].decode(errors="ignore")


def message(value: str) -> str:
    """The beginning of what a task left behind, at most 4,000 characters: its first lines say what ended it."""
    return UNSTORABLE.sub("\ufffd", value[:LONGEST_MESSAGE])


@lru_cache(maxsize=4096)  # an agent measures all of its containers at once
def moment(epoch_seconds: float | None) -> datetime | None:
    """A time the cluster gave as seconds since 1970; None where it is none (0, before 1970, past the year 2100)."""
    if epoch_seconds is None or not 0 < epoch_seconds < 4_102_444_800:
        return None
    return datetime.fromtimestamp(epoch_seconds, tz=UTC)


def from_rfc3339(text: str) -> datetime | None:
    """A time the cluster wrote, in UTC; None for no time, one without a zone, Go's zero time, and past the year 9998."""
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None and 1970 < at.year < 9999 else None


def from_http_date(text: str) -> datetime | None:
    """The moment a `Date` header tells, whole seconds."""
    try:
        return datetime.strptime(text.strip(), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None


def strings(mapping: Mapping[str, msgspec.Raw], dropped: Dropped, *, most: int, what: str) -> dict[str, str]:
    """An open map of the cluster's as text: a scalar attribute of Mesos is a number, a set is already text."""
    found: dict[str, str] = {}
    for key, entry in list(mapping.items())[:most]:
        value = one(entry, str | float, dropped, what=what)  # type: ignore[arg-type]
        if value is not None:
            found[name(key)] = as_text(value)
    return found


def as_text(value: str | float) -> str:
    """A scalar as an operator would write it: 2, not 2.0."""
    if isinstance(value, str):
        return name(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
