"""The subjects that a formula is of, with the labels that tell them apart: machine, zone, framework, app, tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from dashboard import applications
from dashboard.models import Cluster, Container, Framework, MetricSet, Node, Subject
from dashboard.queries.formula import Match
from dashboard.queries.recent_readings import MARKED_WITHIN
from dashboard.subject_keys import key_of

Kind = Subject.Kind
Labels = dict[str, str]
MOST_SERIES, MOST_LOOKED_AT = 2_000, 20_000
BEHIND_HOST: Mapping[Kind, str] = {
    Kind.HOST: "",
    Kind.AGENT: "",
    Kind.NODE: ":",
    Kind.MASTER: ":",
    Kind.FILESYSTEM: "|",
    Kind.INTERFACE: "|",
    Kind.CONTAINER: "/",
}
"""Kinds whose keys begin with an address, and what follows it."""
COME_AND_GO = frozenset({Kind.QUEUE})  # Measured for a while only: before and after nothing is missing.


@dataclass(frozen=True)
class One:
    """One series: a subject, or the lives of a master's process."""

    ids: list[int]
    name: str
    labels: Labels
    ends_at: datetime | None = None
    """When it ended, as far as that is known."""
    comes_and_goes: bool = False
    """Whether it is only expected between its first and its last value."""


@dataclass(frozen=True)
class Found:
    series: list[One]
    known: frozenset[str]
    """All labels that any of those looked at has."""
    looked_at: int
    beyond: bool = False
    """Whether there are more to look at than can be."""
    whole_kind: bool = False
    """Whether all of the kind were looked at."""
    beside: Sequence[One] = ()
    """Those looked at, where none of them fits; where nothing is at the address that was asked for, those elsewhere."""


@dataclass
class _Look:
    """What is looked for, and what is known of it so far."""

    cluster: Cluster
    kind: Kind
    since: datetime
    until: datetime
    host: Match | None = None
    """The condition on the address that the database can look at, where there is one."""


def found(cluster: Cluster, kind: Kind, matches: Sequence[Match], since: datetime, until: datetime) -> Found:
    """Those of a kind that all conditions hold for and that were seen in that time, by name. Of 20,000 at most.

    Two queries for machines and what belongs to them, four for containers and what they tell, else one or two; one more
    where nothing is at the address that was asked for.
    """
    host = next((one for one in matches if one.label == "host" and not one.negated), None)
    look = _Look(cluster, kind, since, until, host if kind in BEHIND_HOST else None)
    rows = list(_subjects(look).values_list("pk", "key", "name")[: MOST_LOOKED_AT + 1])
    if look.host and not rows:
        look = replace(look, host=None)
        rows = list(_subjects(look).values_list("pk", "key", "name")[:MOST_LOOKED_AT])
    if len(rows) > MOST_LOOKED_AT:
        return Found([], frozenset(), len(rows), beyond=True)
    every = _merged(_labelled(look, rows))
    known = frozenset(label for one in every for label in one.labels)
    kept = [one for one in every if all(match.holds(one.labels.get(match.label, "")) for match in matches)]
    beside = () if kept else every
    return Found(sorted(kept, key=lambda one: one.name), known, len(every), whole_kind=not look.host, beside=beside)


def _subjects(look: _Look) -> QuerySet[Subject]:
    seen = {"last_seen__gte": look.since - MARKED_WITHIN, "first_seen__lte": look.until}
    every = Subject.objects.filter(cluster=look.cluster, kind=look.kind, **seen).order_by("pk")
    if look.host is None:
        return every
    behind = "" if look.host.prefix else BEHIND_HOST[look.kind]
    whole = not (look.host.prefix or behind)
    return every.filter(key=look.host.value) if whole else every.filter(key__startswith=look.host.value + behind)


def _labelled(look: _Look, rows: Sequence[tuple[int, str, str]]) -> list[One]:
    words = TOLD_BY.get(look.kind, _plain)(look, rows)
    for one in words:
        one.labels.update({"kind": look.kind.value, "name": one.name, "key": one.labels.get("key", "")})
    return words


def _merged(every: Iterable[One]) -> list[One]:
    """The lives of one master as one series."""
    by_key: dict[str, One] = {}
    for one in every:
        same = by_key.setdefault(one.labels["key"], one)
        if same is not one:
            same.ids.extend(one.ids)
    return list(by_key.values())


def _plain(look: _Look, rows: Sequence[tuple[int, str, str]]) -> list[One]:
    goes = look.kind in COME_AND_GO
    of = OF_KEY.get(look.kind)
    labels = ({**(of(key, name) if of else {}), "key": key} for _, key, name in rows)
    return [One([pk], name or key, own, comes_and_goes=goes) for (pk, key, name), own in zip(rows, labels, strict=True)]


def _of_hosts(look: _Look, rows: Sequence[tuple[int, str, str]]) -> list[One]:
    zones, behind = _zones(look), BEHIND_HOST[look.kind]
    every = []
    for pk, key, name in rows:
        host, _, part = key.partition(behind) if behind else (key, "", "")
        labels = {"host": host, "zone": zones.get(host, ""), "key": key}
        labels |= {PART[look.kind]: part} if look.kind in PART else {}
        every.append(One([pk], key if part else name or key, labels))
    return every


def _masters(look: _Look, rows: Sequence[tuple[int, str, str]]) -> list[One]:
    """`host:port@start`, one for each life of the process."""
    places = [(pk, key.partition("@")[0]) for pk, key, _ in rows]
    return [One([pk], place, {"host": place.rpartition(":")[0], "master": place, "key": place}) for pk, place in places]


def _of_total(key: str, name: str) -> Labels:
    """Use by containers: of the cluster, of framework:ID, of app:MARATHON:/ID."""
    of, _, rest = key.partition(":")
    if of == "framework":
        return {"framework": name, "framework_id": rest}
    return _of_app(rest, name) if of == "app" else {}


def _of_app(key: str, name: str) -> Labels:
    marathon, app = applications.of_key(key) or ("", name)
    return {"marathon": marathon, "app": app}


def _of_zone(key: str, name: str) -> Labels:
    return {"zone": key.removeprefix("zone:")} if key.startswith("zone:") else {}


def _containers(look: _Look, rows: Sequence[tuple[int, str, str]]) -> list[One]:
    """One that ended more than two days ago is known by its machine, its id and its task alone."""
    words, zones, frameworks = _container_words(look), _zones(look), _frameworks(look.cluster)
    every = []
    for pk, key, name in rows:
        host, _, container = key.partition("/")
        labels = {"key": key, "host": host, "container": container, "zone": zones.get(host, ""), "task": name}
        said = words.get(key)
        if said:
            labels |= _words_of(said, frameworks)
        every.append(One([pk], name, labels, said.ended_at if said else None, comes_and_goes=said is None))
    return every


def _metric_sets(look: _Look, rows: Sequence[tuple[int, str, str]]) -> list[One]:
    """Tags do not overrule what Day Two itself knows of the container."""
    zones, frameworks = _zones(look), _frameworks(look.cluster)
    sets = MetricSet.objects.filter(subject__in=_subjects(look).values("pk")).select_related("container", "app")
    known = {one.pk: one for one in sets}
    every = []
    for pk, key, name in rows:
        told = known.get(pk)
        labels: Labels = {label: str(value) for label, value in told.tags.items()} if told else {}
        box = told.container if told else None
        if box:
            labels |= {"host": box.host, "container": box.container_id, "zone": zones.get(box.host, "")}
            said = _Said(box.framework_id, box.framework_name, box.executor_id, box.ended_at)
            labels |= {"task": box.task_name, **_words_of(said, frameworks)}
        if told and told.app:
            labels["app"] = told.app.app_id
        ended_at = box.ended_at if box else None
        every.append(One([pk], name or key, {**labels, "key": key}, ended_at, comes_and_goes=box is None))
    return every


def _words_of(box: _Said, frameworks: Mapping[str, str]) -> Labels:
    return {
        "framework": box.framework_name or frameworks.get(box.framework_id, "") or box.framework_id,
        "framework_id": box.framework_id,
        "app": applications.app_id_of_task(box.executor_id),
    }


class _Said(NamedTuple):
    """What is read of a container."""

    framework_id: str
    framework_name: str
    executor_id: str
    ended_at: datetime | None


def _container_words(look: _Look) -> dict[str, _Said]:
    """By key of their subjects. One query."""
    lived = Container.objects.filter(Q(ended_at=None) | Q(ended_at__gte=look.since), cluster=look.cluster)
    if look.host:
        of = "host__startswith" if look.host.prefix else "host"
        lived = lived.filter(**{of: look.host.value})
    told = lived.values_list("host", "container_id", *_Said._fields)
    return {key_of(f"{host}/{container}"): _Said(*rest) for host, container, *rest in told}


def _zones(look: _Look) -> dict[str, str]:
    """Of each host. One query."""
    return dict(Node.objects.filter(cluster=look.cluster).values_list("host", "zone"))


def _frameworks(cluster: Cluster) -> dict[str, str]:
    """Names by id. One query."""
    return dict(Framework.objects.filter(cluster=cluster).values_list("framework_id", "name"))


PART = {Kind.FILESYSTEM: "path", Kind.INTERFACE: "interface"}
OF_KEY: Mapping[Kind, Callable[[str, str], Labels]] = {
    Kind.ZONE: lambda key, name: {"zone": key},
    Kind.FRAMEWORK: lambda key, name: {"framework": name, "framework_id": key},
    Kind.ROLE: lambda key, name: {"role": key},
    Kind.USE: _of_zone,
    Kind.CONTAINER_USE: _of_total,
    Kind.APP: _of_app,
    Kind.QUEUE: _of_app,
    Kind.MARATHON: lambda key, name: {"marathon": key},
}
TOLD_BY: Mapping[Kind, Callable[[_Look, Sequence[tuple[int, str, str]]], list[One]]] = {
    **dict.fromkeys((Kind.HOST, Kind.AGENT, Kind.NODE, Kind.FILESYSTEM, Kind.INTERFACE), _of_hosts),
    Kind.MASTER: _masters,
    Kind.CONTAINER: _containers,
    Kind.APP_METRICS: _metric_sets,
}
