"""Clusters as the operator defines them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from collectors.login import Account
from collectors.target import Kind, Target
from dashboard.models import Chunk, Cluster, Credential, MarathonUrl, MasterUrl, Reading, Subject, Upkeep, Watch
from dashboard.store import sealing

GIVEN = {"name", "kind", "url", "ca_pem"}
"""What an operator decides; the other columns are what the cluster says."""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What a cluster is signed in to with: a token, an account, or nothing; never both."""

    token: str | None = field(default=None, repr=False)
    account: Account | None = None

    @property
    def given(self) -> bool:
        return self.token is not None or self.account is not None


@transaction.atomic
def save(
    cluster: Cluster,
    *,
    master_urls: Sequence[str],
    marathon_urls: Sequence[str] = (),
    token: str | None = None,
    account: Account | None = None,
    now: datetime,
    forget_credential: bool = False,
) -> Cluster:
    """Create or change a cluster. Without `token` and `account` the sealed credential stays as it is.

    It can be replaced, never read: a token takes the place of an account, and the reverse.
    """
    known = cluster.pk is not None
    if not known:
        cluster.created_at = now
    cluster.full_clean(exclude={field.name for field in Cluster._meta.fields} - GIVEN)
    # Of a known cluster only these: while the connection was tested, polls have written the others.
    cluster.save(update_fields=GIVEN if known else None)
    cluster.master_urls.all().delete()
    MasterUrl.objects.bulk_create(
        MasterUrl(cluster=cluster, url=url, position=position) for position, url in enumerate(master_urls)
    )
    cluster.marathon_urls.all().delete()
    MarathonUrl.objects.bulk_create(
        MarathonUrl(cluster=cluster, url=url, position=position) for position, url in enumerate(marathon_urls)
    )
    if forget_credential:
        Credential.objects.filter(cluster=cluster).delete()
    if account is not None:
        _seal(cluster, Credential.Kind.PASSWORD, json.dumps([account.uid, account.password]), now)
    elif token:
        _seal(cluster, Credential.Kind.TOKEN, token, now)
    return cluster


def _seal(cluster: Cluster, kind: Credential.Kind, secret: str, now: datetime) -> None:
    sealed = sealing.seal(secret, cluster.pk)
    Credential.objects.update_or_create(cluster=cluster, defaults={"kind": kind, "sealed": sealed, "set_at": now})


def secrets_of(cluster: Cluster) -> Secrets:
    """The opened credential for a poll, if the cluster has one; one query. Raises sealing.CannotOpen."""
    credential = Credential.objects.filter(cluster=cluster).first()
    if credential is None:
        return Secrets()
    secret = sealing.unseal(bytes(credential.sealed), cluster.pk)
    if credential.kind == Credential.Kind.PASSWORD:
        return Secrets(account=Account(*json.loads(secret)))
    return Secrets(token=secret)


def target_of(cluster: Cluster) -> Target:
    """How this cluster is reached, its opened credential included. Raises sealing.CannotOpen."""
    secrets = secrets_of(cluster)
    return Target(
        kind=Kind(cluster.kind),
        url=cluster.url,
        master_urls=tuple(cluster.master_urls.values_list("url", flat=True)),
        marathon_urls=tuple(cluster.marathon_urls.values_list("url", flat=True)),
        token=secrets.token,
        ca_pem=cluster.ca_pem or None,
        account=secrets.account,
    )


def lock(cluster_id: int) -> Cluster | None:
    """The cluster, for whoever writes what it said: one at a time. None where it was removed.

    Locked first: whatever was written while this waited is seen by the check of a fence, and by what follows.
    """
    return Cluster.objects.select_for_update(no_key=True).filter(pk=cluster_id).first()


def set_enabled(cluster: Cluster, enabled: bool) -> None:
    """Pause or resume collecting. What is stored stays, and grows old."""
    cluster.enabled = enabled
    cluster.save(update_fields=["enabled"])


def remove(cluster: Cluster) -> None:
    """Stop collecting, then delete the cluster and everything known of it.

    Readings and chunks go first, those of one subject at a time: they are too many for one transaction that others wait for.
    """
    set_enabled(cluster, False)
    for subject in Subject.objects.filter(cluster=cluster).values_list("pk", flat=True).iterator():
        Reading.objects.filter(subject=subject).delete()
        Chunk.objects.filter(subject=subject).delete()
    with transaction.atomic():
        # A poll that is writing at this moment ends first; the next one finds its cluster gone.
        locked = Cluster.objects.select_for_update(no_key=True).get(pk=cluster.pk)
        # So does who is judging: the rows it writes refer to the cluster, so that its deletion must wait for nothing else.
        list(Watch.objects.select_for_update().filter(cluster=locked))
        # And who compacts: the lease that it renews is in the cluster's row of that job.
        list(Upkeep.objects.select_for_update().filter(cluster=locked))
        Reading.objects.filter(subject__cluster=locked).delete()
        Chunk.objects.filter(subject__cluster=locked).delete()
        locked.delete()
