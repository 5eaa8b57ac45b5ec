"""Rows of what containers and their applications tell, to be backed up, and what there is of them once they are restored."""

from __future__ import annotations

from collectors.records import AppMetricsReading, MetricSetReading
from dashboard.models import AppMetrics, Cluster, ContainerListing, MetricSet, Reading
from dashboard.store import app_metrics
from dashboard.store.writing import Writing
from tests import applications, builders
from tests.builders import NOON

HOST = "10.0.0.21"
TAGS = {"note": "a\tb\\n\né", "route": "/cart"}


def make(cluster: Cluster) -> None:
    """A container that its agent lists, and whose application tells two metrics in a set."""
    marathon = applications.make_marathon(cluster, NOON)
    applications.make_app(marathon, "/shop/cart", NOON)
    task = f"shop_cart.{applications.UUID.format(1)}"
    said = builders.container_reading("container-1", framework_id=marathon.framework_id, executor_id=task)
    builders.write_containers(cluster, builders.agent_containers(HOST, said))
    told = MetricSetReading(tags=TAGS, taken_at=NOON, values={"latency": 20.5, "requests": 3.0})
    answer = AppMetricsReading(
        host=HOST, agent_id=f"id-of-{HOST}", container_id="container-1", taken_at=NOON, labels={}, sets=(told,)
    )
    app_metrics.write(Writing(cluster=cluster, tick=int(NOON.timestamp()), now=NOON), [answer])


def all_of_them() -> dict[str, list[object]]:
    """With what each belongs to."""
    belongs = ("subject__key", "subject__parent__name", "container__container_id", "app__app_id")
    asked = ("container__container_id", "asked_at", "told_at", "ask_from", "series", "refused")
    listed = ContainerListing.objects.values_list("host", "agent_id", "answered_at", "marked_at", "words", "figures")
    read = Reading.objects.filter(subject__kind="app_metrics").values_list("tick", "layout__names", "data")
    return {
        "sets": list(MetricSet.objects.values_list(*belongs, "tags", "names", "sample_at")),
        "asked": list(AppMetrics.objects.values_list(*asked)),
        "listings": [(*row[:4], bytes(row[4]), bytes(row[5])) for row in listed],
        "readings": [(tick, names, bytes(data)) for tick, names, data in read],
    }
