"""Pods as their Marathon lists them, each with its instances: one answer for all.

Endpoint: GET /service/marathon/v2/pods/::status, from Marathon 1.4 on
Document: https://mesosphere.github.io/marathon/docs/pods.html

An instance runs while it is STABLE or DEGRADED, and is healthy while it is STABLE. PENDING ones wait for an offer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from collectors.decoding import Amount, Count, Dropped, decode, each, from_rfc3339, is_said, message, name, one, strings
from collectors.records import AppSummary, Resources, RunKind, TaskFailure
from collectors.sources.amounts import amount_or_unlimited, mebibytes
from collectors.sources.app_configs import config_of_pod

MOST_LABELS = 100
ENDED_WELL = frozenset({"", "TASK_FINISHED", "TASK_KILLED"})
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Amounts(msgspec.Struct, frozen=True):
    cpus: Amount = 0.0
    mem: Amount = 0.0
    disk: Amount = 0.0
    gpus: Amount | None = None


class Limits(msgspec.Struct, frozen=True):
    cpus: Amount | str | None = None
    mem: Amount | str | None = None


class Image(msgspec.Struct, frozen=True):
    id: str = ""


class Container(msgspec.Struct, frozen=True, rename="camel"):
    resources: Amounts = Amounts()
    resource_limits: Limits = Limits()
    image: Image | None = None
    health_check: msgspec.Raw = msgspec.Raw()


class Scaling(msgspec.Struct, frozen=True):
    instances: Count = 1


class Spec(msgspec.Struct, frozen=True):
    containers: list[Container]
    version: str = ""
    role: str | None = None
    labels: dict[str, msgspec.Raw] | None = None
    scaling: Scaling = Scaling()


class Instance(msgspec.Struct, frozen=True):
    status: str


class Exit(msgspec.Struct, frozen=True, rename="camel"):
    exit_code: int | None = None
    message: str | None = None


class Ended(msgspec.Struct, frozen=True, rename="camel"):
    """A container of an instance that is no more."""

    container_id: str = ""
    last_known_state: str | None = None
    termination: Exit | None = None

    @property
    def failed(self) -> bool:
        return (self.last_known_state or "") not in ENDED_WELL or bool(self.termination and self.termination.exit_code)


class Termination(msgspec.Struct, frozen=True, kw_only=True):
    instance_id: str = msgspec.field(name="instanceID", default="")
    terminated_at: str = msgspec.field(name="terminatedAt", default="")
    message: str | None = None
    containers: list[Ended] | None = None


class Pod(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Annotated[str, msgspec.Meta(min_length=1)]
    spec: msgspec.Raw
    instances: list[Instance] | None = None
    termination_history: list[msgspec.Raw] | None = None


def decode_pods(body: bytes, dropped: Dropped, *, url: str = "") -> list[AppSummary]:
    """The pods in the answer's order; one that cannot be read is dropped with the reason."""
    entries = decode(body, list[msgspec.Raw], url=url)
    return list(_pods(entries, dropped))


def _pods(entries: list[msgspec.Raw], dropped: Dropped) -> Iterator[AppSummary]:
    for _, wire in each(entries, Pod, dropped, what="pod"):
        spec = one(wire.spec, Spec, dropped, what="pod")
        if spec is not None:
            yield _pod(wire, spec, dropped)


def _pod(wire: Pod, spec: Spec, dropped: Dropped) -> AppSummary:
    states = Counter(instance.status for instance in wire.instances or ())
    checked = any(is_said(container.health_check) for container in spec.containers)
    history = [found for _, found in each(wire.termination_history or [], Termination, dropped, what="pod's past")]
    return AppSummary(
        kind=RunKind.POD,
        app_id=name(wire.id),
        instances=int(spec.scaling.instances),
        each=_sum(container.resources for container in spec.containers),
        cpus_limit=_limit(container.resource_limits.cpus for container in spec.containers),
        mem_limit_bytes=mebibytes(_limit(container.resource_limits.mem for container in spec.containers)),
        staged=states["STAGING"],
        running=states["STABLE"] + states["DEGRADED"],
        healthy=states["STABLE"] if checked else 0,
        unhealthy=states["DEGRADED"] if checked else 0,
        has_health_checks=checked,
        version=name(spec.version),
        last_scaled_at=None,
        last_changed_at=from_rfc3339(spec.version),
        deployments=(),
        role=name(spec.role or ""),
        image=next((name(container.image.id) for container in spec.containers if container.image), ""),
        labels=_labels(spec.labels, dropped),
        config=config_of_pod(wire.spec),
        stats=(),
        last_failure=_last_failure(history),
    )


def _labels(said: Mapping[str, msgspec.Raw] | None, dropped: Dropped) -> dict[str, str]:
    return strings(said or {}, dropped, most=MOST_LABELS, what="label")


def _sum(parts: Iterable[Amounts]) -> Resources:
    listed = list(parts)
    return Resources(
        cpus=sum(part.cpus for part in listed),
        mem_bytes=mebibytes(sum(part.mem for part in listed)) or 0.0,
        disk_bytes=mebibytes(sum(part.disk for part in listed)) or 0.0,
        gpus=sum(part.gpus or 0.0 for part in listed),
    )


def _limit(said: Iterable[float | str | None]) -> float | None:
    """Of all containers together; None unless each has one."""
    limits = [amount_or_unlimited(each_) for each_ in said]
    told = [limit for limit in limits if limit is not None]
    return sum(told) if told and len(told) == len(limits) else None


def _last_failure(history: Iterable[Termination]) -> TaskFailure | None:
    """The newest container that failed, out of the instances that ended."""
    failed = [(past, ended) for past in history for ended in past.containers or () if ended.failed]
    if not failed:
        return None
    past, ended = max(failed, key=lambda pair: from_rfc3339(pair[0].terminated_at) or LONG_AGO)
    exit_ = ended.termination or Exit()
    told = exit_.message or past.message or ("" if exit_.exit_code is None else f"exit code {exit_.exit_code}")
    return TaskFailure(
        task_id=name(ended.container_id or past.instance_id),
        host="",
        state=name(ended.last_known_state or ""),
        message=message(told),
        failed_at=from_rfc3339(past.terminated_at),
        version="",
    )
