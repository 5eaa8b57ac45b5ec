"""Signing in to DC/OS by user name and password: the identity service (ACS) gives a token for them.

Endpoint: POST /acs/api/v1/auth/login {"uid", "password"} → {"token"}, open to everybody
Document: https://docs.d2iq.com/mesosphere/dcos/latest/security/ent/iam-api/

The password goes to the cluster's own URL, in the body, and nowhere else: no redirect is followed, and an answer that
repeats it is cleaned before a word of it is shown.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus

import msgspec

from collectors.client import Answer, Client
from collectors.decoding import decode, decoder, first_words, from_http_date, moment
from collectors.errors import Outcome, PollError
from collectors.tokens import check_token
from collectors.verdicts import of_status, spoken

PATH = "/acs/api/v1/auth/login"
LIMIT_BYTES = 64 * 1024
ANY_STATUS = frozenset(range(200, 600))
LONGEST_UID, LONGEST_PASSWORD = 255, 1024
UNTYPABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
HIDDEN = b"[password]"

UNTOLD_LIFE_SECONDS = 3600.0
"""For a token that does not say when it ends. DC/OS' own last two days or more: an hour is safely less, and cheap."""
SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS = 60.0, 30 * 86400.0
"""What is believed of a token's end: one that lies in the past or in a moment tells of a wrong clock."""


@dataclass(frozen=True)
class Account:
    """Who signs in. ValueError says what is wrong with either."""

    uid: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.uid and self.uid.isprintable() and len(self.uid) <= LONGEST_UID):
            raise ValueError(f"The user name must have 1 to {LONGEST_UID} printable characters")
        if not 0 < len(self.password) <= LONGEST_PASSWORD:
            raise ValueError(f"The password must have 1 to {LONGEST_PASSWORD} characters")
        if UNTYPABLE.search(self.password):
            raise ValueError("The password holds line breaks or control characters; give it alone, on one line")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What signing in gave."""

    token: str = field(repr=False)
    life_seconds: float
    """How long it is held to be good."""
    until: datetime | None
    """When it ends, by the cluster's clock; None where it does not say."""


class Granted(msgspec.Struct, frozen=True):
    token: str


class Refusal(msgspec.Struct, frozen=True):
    title: str = ""
    description: str = ""


class Claims(msgspec.Struct, frozen=True):
    exp: float


def log_in(client: Client, cluster_url: str, account: Account) -> Grant:
    """One request. PollError `auth` for whatever the cluster has against the account; never with the password in it."""
    document = msgspec.json.encode({"uid": account.uid, "password": account.password})
    url = cluster_url + PATH
    try:
        answer = client.get(url, body=document, accept=ANY_STATUS, limit_bytes=LIMIT_BYTES)
        return grant_of(answer, account)
    except PollError as error:
        # Elsewhere "empty" means that nothing has been measured yet, which is no failure.
        outcome = Outcome.WRONG_SHAPE if error.outcome is Outcome.EMPTY else error.outcome
        raise PollError(outcome, f"Sign-in: {error.detail}", url=url) from None


def without(password: str, body: bytes) -> bytes:
    """The body with the password hidden, however it is written: some servers repeat what they were sent."""
    as_json = (json.dumps(password, ensure_ascii=ascii)[1:-1] for ascii in (True, False))
    for written in sorted({password, html.escape(password), *as_json}, key=len, reverse=True):
        body = body.replace(written.encode(), HIDDEN)
    return body


def grant_of(answer: Answer, account: Account) -> Grant:
    cleaned = replace(answer, body=without(account.password, answer.body))
    if answer.status != HTTPStatus.OK:
        raise refused(cleaned)
    try:
        token = decode(answer.body, Granted, url=answer.url).token
    except PollError:
        token = decode(cleaned.body, Granted, url=answer.url).token  # again, for an error that repeats no password
    try:
        check_token(token)
    except ValueError:
        raise PollError(Outcome.WRONG_SHAPE, "what it gave is no token that can be sent", url=answer.url) from None
    until = end_of(token)
    if until is None:
        return Grant(token=token, life_seconds=UNTOLD_LIFE_SECONDS, until=None)
    there = from_http_date(answer.headers.get("date", "")) or answer.taken_at
    life_seconds = (until - there).total_seconds()
    believed = min(max(life_seconds, SHORTEST_LIFE_SECONDS), LONGEST_LIFE_SECONDS)
    return Grant(token=token, life_seconds=believed, until=until)


def end_of(token: str) -> datetime | None:
    """The `exp` claim of a JWT, read and not verified: it is for the cluster to judge it, and for us to be in time."""
    _, _, rest = token.partition(".")
    claims = rest.partition(".")[0]
    try:
        said = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
        return moment(decoder(Claims).decode(said).exp)
    except (binascii.Error, ValueError, RecursionError):
        return None


def refused(answer: Answer) -> PollError:
    """Why there is no token, and what to do."""
    said = in_words(answer)
    details = {
        HTTPStatus.BAD_REQUEST: f"a user name and password are not accepted here ({said}): "
        "Open Source DC/OS before 1.13 takes a token only",
        HTTPStatus.UNAUTHORIZED: f"the user name or password was refused ({said})",
        HTTPStatus.FORBIDDEN: f"the account may not sign in ({said})",
        HTTPStatus.NOT_FOUND: f"{PATH} does not exist there ({said}): check the URL; "
        "a cluster that asks nobody to sign in needs no user name",
    }
    for status, detail in details.items():
        if answer.status == status:
            return PollError(Outcome.AUTH, detail, url=answer.url)
    return of_status(answer.url, answer.status, dict(answer.headers), answer.body)


def in_words(answer: Answer) -> str:
    """The identity service's own title and description where it gave them, else the status and what else was said."""
    try:
        wire = decoder(Refusal).decode(answer.body)
    except (ValueError, RecursionError):
        return spoken(answer.status, answer.body)
    said = spoken(answer.status, b"")
    texts = (first_words(text.encode(errors="replace"), 200) for text in (wire.title, wire.description))
    return ": ".join(dict.fromkeys((said, *filter(None, texts))))
