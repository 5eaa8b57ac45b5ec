"""How a cluster is reached: through Admin Router or at its masters' own ports, and who may be told the token.

What may be asked beyond the registered URLs, and why that is safe: a Mesos master that does not lead names the leader
in a protocol-relative `Location`. Only its host and port are used (the path is ours), the scheme stays the one in use,
link-local and metadata addresses are refused at the socket, and the token stays behind.
- mesos: the leader that a registered master names is asked if it is registered too, or if its port is a registered one
  or Mesos' own 5050: a hostile master can then at most point at another Mesos port.
- dcos: only masters given by `master_urls`, or already known as masters on 5050, are asked directly.

Document: https://mesos.apache.org/documentation/latest/endpoints/master/redirect/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from collectors.addresses import Origin, bracketed, check_url, may_ask, origin_of, registered_url, safe_id
from collectors.client import Answer, Client, Limits
from collectors.errors import Outcome, PollError
from collectors.login import Account
from collectors.records import MASTER_PORT, NodeOutcome
from collectors.sessions import SESSIONS, Sessions, SignIn
from collectors.tokens import FixedToken, TokenSource, check_token

MOST_HOPS = 3
ROOT_MARATHON = "marathon"
ANSWERED_OR_SENT_ON = frozenset({200, 307})


class Kind(StrEnum):
    DCOS = "dcos"
    MESOS = "mesos"


@dataclass(frozen=True)
class MarathonPlace:
    """Where a Marathon is asked; any of its instances answers for its leader."""

    key: str
    """`marathon` for the root one, else its path behind `/service/`, else its host and port; once in a cluster."""
    url: str


@dataclass(frozen=True)
class Target:
    """One cluster's address book. ValueError says which entry is wrong and what to write instead."""

    kind: Kind
    url: str
    """dcos: Admin Router. mesos: any master."""
    master_urls: tuple[str, ...] = ()
    """mesos: the other masters. dcos: the masters' own ports, in place of http on 5050."""
    token: str | None = field(default=None, repr=False)
    ca_pem: str | None = field(default=None, repr=False)
    account: Account | None = None
    """dcos: who signs in at `url`, where no token is given."""
    sessions: Sessions = field(default=SESSIONS, repr=False, compare=False)
    marathon_urls: tuple[str, ...] = ()
    """mesos: every Marathon. dcos: those beside the root one, as `<url>/service/team/marathon-user`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", Kind(self.kind))
        object.__setattr__(self, "url", registered_url(self.url))
        object.__setattr__(self, "master_urls", tuple(registered_url(url) for url in self.master_urls))
        object.__setattr__(self, "marathon_urls", tuple(registered_url(url) for url in self.marathon_urls))
        if self.token is not None:
            check_token(self.token)
        if self.account is not None:
            self._check_account()
        if self.ca_pem is not None and "-----BEGIN CERTIFICATE-----" not in self.ca_pem:
            raise ValueError("The CA file holds no certificate; give a PEM file that begins with BEGIN CERTIFICATE")

    def _check_account(self) -> None:
        if self.token is not None:
            raise ValueError("Give a token, or a user name with its password, not both")
        if self.kind is Kind.MESOS:
            raise ValueError("Plain Mesos has no sign-in by user name and password; leave them out")

    @property
    def sign_in(self) -> SignIn | None:
        return None if self.account is None else SignIn(self.url, self.account, self.ca_pem, self.sessions)

    @property
    def masters(self) -> tuple[str, ...]:
        """The registered masters of a Mesos cluster, each once, in the order given."""
        return tuple(dict.fromkeys((self.url, *self.master_urls)))

    @property
    def token_origins(self) -> frozenset[Origin]:
        """Who may be told the token: Admin Router alone, or the registered masters. A Marathon at another origin is not."""
        return frozenset({origin_of(self.url)} if self.kind is Kind.DCOS else map(origin_of, self.masters))

    @property
    def marathons(self) -> tuple[MarathonPlace, ...]:
        """Every Marathon once, the root one first: on DC/OS Admin Router's, on plain Mesos the first that was given."""
        root = (f"{self.url}/service/{ROOT_MARATHON}",) if self.kind is Kind.DCOS else ()
        places: dict[str, MarathonPlace] = {}
        for url in {(origin_of(url), urlsplit(url).path): url for url in (*root, *self.marathon_urls)}.values():
            key = ROOT_MARATHON if not places else next(key for key in _marathon_keys(url) if key not in places)
            places[key] = MarathonPlace(key, url)
        return tuple(places.values())

    @property
    def leader_doors(self) -> tuple[str, ...]:
        """Base URLs at which the leading master may be found, in the order to try them."""
        return (f"{self.url}/mesos",) if self.kind is Kind.DCOS else self.masters

    def open(self, *, deadline_seconds: float, limits: Limits | None = None, anonymous: bool = False) -> Client:
        """A client for one poll. An account signs in when the first request needs it; an anonymous client tells no token."""
        given: TokenSource | None = FixedToken(self.token) if self.token else self.sign_in
        return Client(
            deadline_seconds=deadline_seconds,
            token=None if anonymous else given,
            token_origins=self.token_origins,
            given_origins=map(origin_of, (self.url, *self.master_urls, *self.marathon_urls)),
            ca_pem=self.ca_pem,
            limits=limits,
        )

    def direct_master(self, host: str) -> str | None:
        """The URL of a master's own port on a DC/OS cluster; None for a host that is no host or is never asked."""
        for url in self.master_urls:
            if origin_of(url).host == host.lower():
                return url
        url = f"http://{bracketed(host)}:{MASTER_PORT}"
        return url if safe_id(host) and may_ask(url) else None

    def leader_url(self, named: Origin, known_masters: Iterable[str] = ()) -> str:
        """Where the leader that a master named may be asked; PollError where it may not be."""
        given = self.masters if self.kind is Kind.MESOS else self.master_urls
        for url in given:
            if origin_of(url)[1:] == named[1:]:
                return url
        if self.kind is Kind.MESOS:
            allowed = named.port in {MASTER_PORT, *(origin_of(url).port for url in given)}
        else:
            allowed = named.port == MASTER_PORT and named.host in known_masters
        if allowed:
            scheme = origin_of(self.url).scheme if self.kind is Kind.MESOS else "http"
            return Origin(scheme, named.host, named.port).url
        if self.kind is Kind.DCOS and named.port == MASTER_PORT:
            detail = (
                f"Admin Router leads to a master that does not lead; it names {named.host}, which is not registered"
            )
            raise PollError(Outcome.NOT_LEADER, detail, url=self.url)
        detail = f"The cluster sends us on to {named.host}:{named.port}, which is not registered as one of its masters"
        raise PollError(Outcome.REDIRECT_REFUSED, detail, url=self.url)


def _marathon_keys(url: str) -> tuple[str, ...]:
    """What a Marathon beside the root one may be called, the best first; the last is no other's."""
    service = urlsplit(url).path.partition("/service/")[2].strip("/")
    place = f"{bracketed(origin_of(url).host)}:{origin_of(url).port}"
    return tuple(key for key in (service, place, f"{place}{urlsplit(url).path}", url) if key)


def named_leader(answer: Answer) -> Origin:
    """The leader's host and port out of a 307's `Location: //host:port[/path]`; the scheme is the asker's."""
    location = answer.headers.get("location", "")
    scheme = origin_of(answer.url).scheme
    absolute = f"{scheme}:{location}" if location.startswith("//") else location
    try:
        check_url(absolute)
    except ValueError:
        detail = "The master's answer names no leader that can be asked"
        raise PollError(Outcome.REDIRECT_REFUSED, detail, url=answer.url, http_status=answer.status) from None
    named = origin_of(absolute)
    if named.scheme != scheme:
        detail = f"The master sends us on from {scheme} to {named.scheme}, which is not followed"
        raise PollError(Outcome.REDIRECT_REFUSED, detail, url=answer.url, http_status=answer.status)
    return named


def find_leader(client: Client, target: Target, doors: Iterable[str] = ()) -> Origin:
    """Whom the masters name as their leader, asked at these doors or at all; PollError `not_leader` while they have none."""
    errors: list[PollError] = []
    for door in doors or target.leader_doors:
        try:
            return named_leader(client.get(f"{door}/redirect", accept=frozenset({307})))
        except PollError as error:
            errors.append(error)
    raise blame(errors)


def ask_leader(
    client: Client,
    target: Target,
    path: str,
    *,
    known_masters: Iterable[str] = (),
    limit_bytes: int | None = None,
    total_seconds: float | None = None,
    body: bytes | None = None,
) -> Answer:
    """The leading master's own answer. With a JSON `body` it is asked by POST, as its operator API wants it."""

    def ask(url: str) -> Answer:
        return client.get(
            url, limit_bytes=limit_bytes, accept=ANSWERED_OR_SENT_ON, total_seconds=total_seconds, body=body
        )

    return through_leader(target, path, ask, known_masters=known_masters)


def through_leader(
    target: Target, path: str, ask: Callable[[str], Answer], *, known_masters: Iterable[str] = ()
) -> Answer:
    """What `ask` has of the leading master: the doors in their order, each sent on by hand at most three times.

    A place that failed is not asked twice: while a dead leader is still named, it costs one wait.
    """
    failed: dict[Origin, PollError] = {}
    errors: list[PollError] = []
    for door in target.leader_doors:
        base = door
        try:
            for _ in range(MOST_HOPS + 1):
                if origin_of(base) in failed:
                    raise failed[origin_of(base)]
                answer = ask(base + path)
                if answer.status == 200:
                    return answer
                base = target.leader_url(named_leader(answer), known_masters)
            raise PollError(Outcome.NOT_LEADER, "The masters send us round in circles: none of them leads", url=door)
        except PollError as error:
            failed[origin_of(base)] = error
            errors.append(error)
    raise blame(errors)


def blame(errors: list[PollError], nodes: tuple[NodeOutcome, ...] = ()) -> PollError:
    """One error for several: the commonest outcome, the first on a tie, every different detail."""
    if not errors:
        return PollError(Outcome.NOT_LEADER, "No master is known that could be asked", nodes=nodes)
    commonest = Counter(error.outcome for error in errors).most_common(1)[0][0]
    first = next(error for error in errors if error.outcome is commonest)
    details = dict.fromkeys(error.detail for error in (first, *errors))
    return PollError(commonest, "; ".join(details), url=first.url, http_status=first.http_status, nodes=nodes)
