"""What machines receive and send over all their interfaces together."""

from __future__ import annotations

from django.db.models import Sum

from dashboard.models import Cluster, Interface


def traffic(cluster: Cluster) -> dict[int, tuple[float | None, float | None]]:
    """Bytes per second in and out by the machines' `pk`; None where none of its interfaces has a rate. One query."""
    of = Interface.objects.filter(machine__cluster=cluster).order_by().values("machine")
    sums = of.annotate(received=Sum("in_bytes_per_second"), sent=Sum("out_bytes_per_second"))
    return {machine: (received, sent) for machine, received, sent in sums.values_list("machine", "received", "sent")}
