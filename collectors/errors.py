"""How an exchange with a cluster can end: a closed list of outcomes and the one error that carries them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collectors.records import NodeOutcome

LONGEST_DETAIL = 500


class Outcome(StrEnum):
    """The end of a poll or of one node's part of it. The words an operator reads are the dashboard's."""

    OK = "ok"
    PARTIAL = "partial"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    DNS = "dns"
    TLS_EXPIRED = "tls_expired"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_HOSTNAME = "tls_hostname"
    TLS_PROTOCOL = "tls_protocol"
    AUTH = "auth"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    SERVER_ERROR = "server_error"
    NOT_LEADER = "not_leader"
    REDIRECT_REFUSED = "redirect_refused"
    TIMEOUT_CONNECT = "timeout_connect"
    TIMEOUT_HEADERS = "timeout_headers"
    TIMEOUT_BODY = "timeout_body"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    SKEWED = "skewed"
    INTERNAL_ERROR = "internal_error"
    SKIPPED_OVERLAP = "skipped_overlap"
    MISSED = "missed"


ANSWERED = frozenset({Outcome.OK, Outcome.PARTIAL})
"""The ends that brought figures, whole or in part; stored outcomes compare equal, for they are these texts."""


class PollError(Exception):
    """An exchange that brought no usable answer.

    `detail` is one line for the operator: what was seen, where, at most 500 characters, never a secret and never a body.
    `nodes` is the fate of each node asked, where a source asks several and all of them failed.
    """

    def __init__(
        self,
        outcome: Outcome,
        detail: str,
        *,
        url: str = "",
        http_status: int | None = None,
        nodes: tuple[NodeOutcome, ...] = (),
    ) -> None:
        super().__init__(f"{outcome}: {detail}")
        self.outcome = outcome
        self.detail = detail[:LONGEST_DETAIL]
        self.url = url
        self.http_status = http_status
        self.nodes = nodes

    def without_trace(self) -> Self:
        """Itself, to be kept as a value: its trace would keep every body on the way here for as long."""
        self.__traceback__ = self.__context__ = None
        return self
