"""Connecting a cluster: what the operator gave is checked, tried endpoint by endpoint, and only then kept.

One way for the page and for `manage.py add_cluster`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError

from collectors.addresses import origin_of
from collectors.errors import ANSWERED
from collectors.login import Account
from collectors.probe import IDENTITY, SIGN_IN, Probe, probe
from collectors.target import Kind, Target
from dashboard.models import Cluster
from dashboard.store import clusters, marathons, sealing


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What an operator gives. Without token and account the credential that is stored is kept, where there is one."""

    name: str
    kind: str
    url: str
    master_urls: tuple[str, ...] = ()
    marathon_urls: tuple[str, ...] = ()
    """Further Marathons; of a plain Mesos cluster every one."""
    token: str | None = field(default=None, repr=False)
    account: Account | None = None
    forget_credential: bool = False
    ca_pem: str = field(default="", repr=False)


@dataclass(frozen=True)
class Trial:
    """The test of a connection: a line per endpoint."""

    probes: tuple[Probe, ...]

    @property
    def answered(self) -> int:
        return sum(probe.outcome in ANSWERED for probe in self.probes)

    @property
    def usable(self) -> bool:
        """Whether Day Two would see anything: the masters' leader or their summary answered."""
        return any(probe.outcome in ANSWERED for probe in self.probes if probe.what not in (IDENTITY, SIGN_IN))


def is_told_in_clear(reached: Target) -> bool:
    """Whether a password travels to this cluster so that anybody on the way can read it: only where its URL is http."""
    return reached.account is not None and origin_of(reached.url).scheme == "http"


def stays(given: Connection, stored: Cluster) -> bool:
    """Whether what is stored to sign in with would go where it went before: another URL must be given its own.

    The masters of a Mesos cluster are told the token, those of a DC/OS cluster are not.
    """
    if (given.kind, given.url.rstrip("/")) != (stored.kind, stored.url):
        return False
    told = {url.rstrip("/") for url in given.master_urls} if given.kind == Kind.MESOS else set()
    return told <= {stored.url, *stored.master_urls.values_list("url", flat=True)}


def target(given: Connection, stored: Cluster | None = None) -> Target:
    """How the cluster would be reached. Raises ValidationError that says what is wrong with which entry."""
    secrets = clusters.Secrets(token=given.token, account=given.account)
    if stored is not None and stays(given, stored) and not given.forget_credential and not secrets.given:
        try:
            secrets = clusters.secrets_of(stored)
        except sealing.CannotOpen as error:
            raise ValidationError(
                f"What is stored to sign in with cannot be opened ({error}): give it again."
            ) from error
    try:
        return Target(
            kind=Kind(given.kind),
            url=given.url,
            master_urls=given.master_urls,
            marathon_urls=given.marathon_urls,
            token=secrets.token,
            ca_pem=given.ca_pem or None,
            account=secrets.account,
        )
    except ValueError as error:
        raise ValidationError(str(error)) from error


def try_out(reached: Target) -> Trial:
    """Ask every endpoint once; takes as long as the slowest, at most 25 s each."""
    return Trial(tuple(probe(reached)))


def keep(given: Connection, now: datetime, stored: Cluster | None = None) -> Cluster:
    """Save the cluster, its credential sealed. Raises ValidationError for a name that is taken or not allowed."""
    reached = target(given, stored)
    cluster = stored or Cluster(name=given.name, kind=given.kind)
    moved = stored is not None and not stays(given, stored)
    cluster.url, cluster.ca_pem = reached.url, given.ca_pem
    kept = clusters.save(
        cluster,
        master_urls=reached.master_urls,
        marathon_urls=reached.marathon_urls,
        token=given.token,
        account=given.account,
        now=now,
        forget_credential=given.forget_credential or moved,
    )
    marathons.forget(kept, [place.key for place in reached.marathons])
    return kept
