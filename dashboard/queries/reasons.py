"""Outcomes in an operator's words: what happened, and what to do where something can be done."""

from __future__ import annotations

from collectors.errors import ANSWERED, Outcome

WORDS: dict[Outcome, str] = {
    Outcome.OK: "answered",
    Outcome.PARTIAL: "answered in part",
    Outcome.REFUSED: "connection refused",
    Outcome.UNREACHABLE: "host cannot be reached: check route and firewall",
    Outcome.DNS: "name does not resolve",
    Outcome.TLS_EXPIRED: "certificate has expired",
    Outcome.TLS_UNTRUSTED: "certificate is not signed by a CA we trust: give the cluster's CA in its settings",
    Outcome.TLS_HOSTNAME: "certificate is for another name than the one asked",
    Outcome.TLS_PROTOCOL: "no common TLS: is this http where https is asked, or the reverse?",
    Outcome.AUTH: "sign-in refused: token or password is missing, wrong or expired",
    Outcome.FORBIDDEN: "the token may not read this",
    Outcome.RATE_LIMITED: "the server asks to be asked less often",
    Outcome.NOT_FOUND: "not offered by this cluster",
    Outcome.SERVER_ERROR: "the server failed",
    Outcome.NOT_LEADER: "no master leads",
    Outcome.REDIRECT_REFUSED: "sent elsewhere: the redirect was not followed",
    Outcome.TIMEOUT_CONNECT: "no connection in time",
    Outcome.TIMEOUT_HEADERS: "connected, but no answer in time",
    Outcome.TIMEOUT_BODY: "the answer was too slow",
    Outcome.TRUNCATED: "the answer was cut short",
    Outcome.EMPTY: "nothing to tell yet",
    Outcome.NOT_JSON: "answered with something else than data: session expired, or wrong URL?",
    Outcome.WRONG_SHAPE: "the answer has another shape than documented",
    Outcome.TOO_LARGE: "the answer is larger than we accept",
    Outcome.TOO_DEEP: "the answer is nested too deeply",
    Outcome.SKEWED: "the cluster's clock is far from ours",
    Outcome.INTERNAL_ERROR: "Day Two failed here: see the worker's log",
    Outcome.SKIPPED_OVERLAP: "skipped: a newer poll had answered",
    Outcome.MISSED: "no worker took it in time",
}


def why_old(outcome: Outcome | str | None, detail: str = "") -> str:
    """Why there is nothing newer: how the last poll failed, or that none has ended since the one that answered."""
    if outcome in ANSWERED:
        return "no poll has ended since"
    return reason(outcome, detail)


def reason(outcome: Outcome | str | None, detail: str = "") -> str:
    """The outcome in words, with what exactly was seen; before the first poll "not asked yet"."""
    if not outcome:
        return "not asked yet"
    words = WORDS[Outcome(outcome)]
    return f"{words} — {detail}" if detail else words
