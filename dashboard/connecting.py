"""Connecting a cluster: what the operator gave is checked, tried endpoint by endpoint, and only then kept.

One way for the page and for `manage.py add_cluster`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError

from collectors.errors import ANSWERED
from collectors.probe import Probe, probe
from collectors.target import Kind, Target
from dashboard.models import Cluster
from dashboard.store import clusters


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What an operator gives. `token` None keeps the one that is stored, where there is one."""

    name: str
    kind: str
    url: str
    master_urls: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)
    forget_token: bool = False
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
        return any(probe.outcome in ANSWERED for probe in self.probes if probe.what != "identity")


def target(given: Connection, stored: Cluster | None = None) -> Target:
    """How the cluster would be reached. Raises ValidationError that says what is wrong with which entry."""
    token = given.token
    if token is None and stored is not None and not given.forget_token:
        # A stored token may only go where it went before: another URL must be given its own.
        token = clusters.token_of(stored) if stored.url == given.url.rstrip("/") else None
    try:
        return Target(
            kind=Kind(given.kind),
            url=given.url,
            master_urls=given.master_urls,
            token=token,
            ca_pem=given.ca_pem or None,
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
    moved = stored is not None and stored.url != reached.url
    cluster.url, cluster.ca_pem = reached.url, given.ca_pem
    return clusters.save(
        cluster,
        master_urls=reached.master_urls,
        token=given.token,
        now=now,
        forget_token=given.forget_token or (moved and given.token is None),
    )
