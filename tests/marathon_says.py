"""What a Marathon says in tests, and a Marathon that says it at one moment after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectors.records import (
    AppSummary,
    Deployment,
    MarathonApps,
    MarathonDeployments,
    MarathonQueue,
    MarathonSnapshot,
    Rejection,
    Resources,
    RunKind,
    Waiting,
)
from dashboard.models import Cluster, Event
from dashboard.store import apps, deployments, launch_waits, marathons
from dashboard.store.writing import Writing
from tests.applications import GIB
from tests.builders import NOON


def summary(app_id: str = "/shop/web", **given: Any) -> AppSummary:
    said: dict[str, Any] = {
        **{"kind": RunKind.APP, "instances": 2, "each": Resources(cpus=0.5, mem_bytes=GIB), "cpus_limit": None},
        **{"mem_limit_bytes": None, "staged": 0, "running": 2, "healthy": 2, "unhealthy": 0, "has_health_checks": True},
        **{"version": "v1", "last_scaled_at": None, "last_changed_at": None, "deployments": (), "role": "*"},
        **{"image": "registry/web:1", "labels": {}, "config": {"cpus": "0.5"}, "stats": (), "last_failure": None},
    }
    return AppSummary(app_id=app_id, **(said | given))


@dataclass
class Told:
    """A Marathon that is polled at one moment after the other."""

    cluster: Cluster
    key: str = "marathon"
    at: datetime = field(default=NOON)

    @property
    def writing(self) -> Writing:
        return Writing(cluster=self.cluster, tick=int(self.at.timestamp()), now=self.at)

    def apps(self, *listed: AppSummary, whole: bool = True, **questions: tuple[str, ...]) -> None:
        """`questions` are those who were `asked` and who `refused`."""
        apps.write(self.writing, MarathonApps(key=self.key, taken_at=self.at, apps=listed, whole=whole, **questions))
        self.at += timedelta(seconds=30)

    def queue(self, *waiting: Waiting, whole: bool = True) -> None:
        launch_waits.write(self.writing, MarathonQueue(key=self.key, taken_at=self.at, waiting=waiting, whole=whole))
        self.at += timedelta(seconds=30)

    def deployments(self, *under_way: Deployment, whole: bool = True) -> None:
        said = MarathonDeployments(key=self.key, taken_at=self.at, deployments=under_way, whole=whole)
        deployments.write(self.writing, said)
        self.at += timedelta(seconds=30)

    def itself(self, **given: Any) -> None:
        said = {"name": "marathon", "framework_id": "f-0", "version": "1.11", "leader": "10.0.0.1:8080", "metrics": {}}
        marathons.write(self.writing, MarathonSnapshot(key=self.key, taken_at=self.at, **(said | given)))
        self.at += timedelta(seconds=60)


def events(kind: Event.Kind) -> list[tuple[str, str, str]]:
    """Subject, before and after of each, in the order in which they were told."""
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("subject", "before", "after"))


def waiting(app_id: str = "/shop/web", **given: Any) -> Waiting:
    said: dict[str, Any] = {
        **{"kind": RunKind.APP, "count": 1, "overdue": True, "delay_seconds": 0.0, "since": NOON},
        **{"offers_processed": 9, "offers_unused": 9, "last_unused_at": NOON, "last_used_at": None},
        "last_offers": (
            Rejection(reason="InsufficientMemory", declined=3, processed=4),
            Rejection(reason="TooFarFromHome", declined=1, processed=1),
        ),
        **{"since_launch": (), "nearest": ()},
    }
    return Waiting(app_id=app_id, **(said | given))


def deployment(step: int = 1, **given: Any) -> Deployment:
    said: dict[str, Any] = {"version": "v2", "started_at": NOON, "app_ids": ("/shop/web",), "steps": 3}
    actions = {"deployment_id": "d-1", "actions": (f"ScaleApplication /shop/web {step}",), "step": step}
    return Deployment(**(said | actions | given))
