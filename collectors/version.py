"""What Admin Router says a DC/OS cluster is.

Endpoint: GET /dcos-metadata/dcos-version.json, open to everybody
Document: https://docs.d2iq.com/mesosphere/dcos/latest/api/master-routes/
"""

from __future__ import annotations

import msgspec

from collectors.client import Client
from collectors.decoding import name
from collectors.records import ClusterVersion


class Version(msgspec.Struct, frozen=True, kw_only=True):
    version: str | None = None
    variant: str | None = msgspec.field(default=None, name="dcos-variant")


def read_version(client: Client, cluster_url: str) -> ClusterVersion:
    """The cluster's version and variant; None for what it does not say."""
    said = client.get_json(f"{cluster_url}/dcos-metadata/dcos-version.json", Version)
    return ClusterVersion(
        dcos_version=None if said.version is None else name(said.version),
        dcos_variant=None if said.variant is None else name(said.variant),
    )
