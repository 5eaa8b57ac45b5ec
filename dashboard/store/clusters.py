"""Clusters as the operator defines them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from dashboard.models import Cluster, Credential, MasterUrl, Reading, Subject
from dashboard.store import sealing

GIVEN = {"name", "kind", "url", "ca_pem"}
"""What an operator decides; the other columns are what the cluster says."""


@transaction.atomic
def save(
    cluster: Cluster, *, master_urls: Sequence[str], token: str | None, now: datetime, forget_token: bool = False
) -> Cluster:
    """Create or change a cluster. `token` None leaves the sealed credential as it is; it can be replaced, never read."""
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
    if forget_token:
        Credential.objects.filter(cluster=cluster).delete()
    if token:
        Credential.objects.update_or_create(
            cluster=cluster,
            defaults={"kind": Credential.Kind.TOKEN, "sealed": sealing.seal(token, cluster.pk), "set_at": now},
        )
    return cluster


def token_of(cluster: Cluster) -> str | None:
    """The opened token for a poll; None where the cluster has none. Raises sealing.CannotOpen."""
    credential = Credential.objects.filter(cluster=cluster).first()
    return sealing.unseal(bytes(credential.sealed), cluster.pk) if credential else None


def set_enabled(cluster: Cluster, enabled: bool) -> None:
    """Pause or resume collecting. What is stored stays, and grows old."""
    cluster.enabled = enabled
    cluster.save(update_fields=["enabled"])


def remove(cluster: Cluster) -> None:
    """Stop collecting, then delete the cluster and everything known of it.

    Readings go first, those of one subject at a time: they are too many for one transaction that others have to wait for.
    """
    set_enabled(cluster, False)
    for subject in Subject.objects.filter(cluster=cluster).values_list("pk", flat=True).iterator():
        Reading.objects.filter(subject=subject).delete()
    with transaction.atomic():
        # A poll that is writing at this moment ends first; the next one finds its cluster gone.
        locked = Cluster.objects.select_for_update().get(pk=cluster.pk)
        Reading.objects.filter(subject__cluster=locked).delete()
        locked.delete()
