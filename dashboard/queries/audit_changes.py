"""What is different between two audit entries of a cluster, as sentences. Pure: entries are JSON as it was signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dashboard import figures

NAMED = 5
"""So many things are named in a sentence; more are counted."""
AMOUNTS: Mapping[str, tuple[str, Callable[[float | None], str]]] = {
    "cpus": ("CPU", figures.counted_cores),
    "mem_bytes": ("Memory", figures.byte_size),
    "disk_bytes": ("Disk", figures.byte_size),
    "gpus": ("GPUs", figures.count),
}
VERSIONS = {"dcos": "DC/OS", "dcos_variant": "DC/OS variant", "mesos": "Mesos"}
LEFT = frozenset({"unregistered", "unreachable", "gone"})
"""States of agents that are no longer in the cluster."""
ROOT_MARATHON = "marathon"
"""As it is called in entries; an app of another one is named with it."""
Entry = Mapping[str, Any]


def between(before: Entry, after: Entry) -> list[str]:
    """Masters, agents, frameworks, roles, apps, components, versions, capacity, flags, health; nothing where all is the same."""
    old, new = before["inventory"], after["inventory"]
    return [
        *_versions(old["versions"], new["versions"]),
        *_come_and_gone("master", _by(old["masters"], _place), _by(new["masters"], _place)),
        *_come_and_gone("agent", _by(_there(old["agents"]), _place), _by(_there(new["agents"]), _place)),
        *_agents(_by(_there(old["agents"]), _place), _by(_there(new["agents"]), _place)),
        *_come_and_gone("framework", *_named(old["frameworks"], new["frameworks"], "framework_id")),
        *_come_and_gone("role", _by(_listed(old["roles"]), _name), _by(_listed(new["roles"]), _name)),
        *_quotas(_by(old["roles"], _name), _by(new["roles"], _name)),
        *_apps(old, new),
        *_come_and_gone("component", *_named(old["components"], new["components"], "unit")),
        *_totals(before["capacity"]["now"]["total"], after["capacity"]["now"]["total"]),
        *_flags(_by(old["flags"], _process), _by(new["flags"], _process)),
        *_health(before["health"], after["health"]),
    ]


Rows = Mapping[str, Entry]
"""By what tells them apart."""


def _by(rows: Iterable[Entry], key: Callable[[Entry], str]) -> dict[str, Entry]:
    return {key(row): row for row in rows}


def _place(row: Entry) -> str:
    return f"{row['host']}:{row['port']}"


def _name(row: Entry) -> str:
    return str(row["name"])


def _process(row: Entry) -> str:
    return f"{row['role']} {_place(row)}"


def _there(agents: Iterable[Entry]) -> list[Entry]:
    return [agent for agent in agents if agent["state"] not in LEFT]


def _listed(roles: Iterable[Entry]) -> list[Entry]:
    return [role for role in roles if role["listed"]]


def _named(old: Iterable[Entry], new: Iterable[Entry], key: str) -> tuple[Rows, Rows]:
    """Rows that one column tells apart; frameworks that completed are gone."""

    def there(rows: Iterable[Entry]) -> Rows:
        return {row[key]: row for row in rows if row.get("state") != "completed"}

    return there(old), there(new)


def _come_and_gone(what: str, old: Rows, new: Rows) -> Iterator[str]:
    for word, found in (
        ("new", [new[key] for key in new.keys() - old]),
        ("gone", [old[key] for key in old.keys() - new]),
    ):
        if found:
            yield f"{figures.counted(len(found), what)} {word}: {_some(_called(row) for row in found)}"


def _called(row: Entry) -> str:
    """An app has an id, other things a name of their own or a host."""
    return _app(row) if "app_id" in row else str(row.get("unit") or row.get("name") or row["host"])


def _some(named: Iterable[str]) -> str:
    names = sorted(named)
    more = len(names) - NAMED
    return f"{', '.join(names[:NAMED])} and {more} more" if more > 0 else ", ".join(names)


def _versions(old: Entry, new: Entry) -> Iterator[str]:
    for key, what in VERSIONS.items():
        if old[key] != new[key]:
            yield f"{what} went from {old[key] or 'unknown'} to {new[key] or 'unknown'}"


def _agents(old: Rows, new: Rows) -> Iterator[str]:
    both = [(old[key], new[key]) for key in new.keys() & old.keys()]
    for name, what in (
        ("version", "another version"),
        ("agent_id", "another agent id"),
        ("attributes", "other attributes"),
        ("zone", "another zone"),
        ("total", "other resources"),
        ("state", "another state"),
        ("maintenance", "another state of maintenance"),
    ):
        changed = [_called(after) for before, after in both if before[name] != after[name]]
        if changed:
            yield f"{what.capitalize()} on {figures.counted(len(changed), 'agent')}: {_some(changed)}"


def _quotas(old: Rows, new: Rows) -> Iterator[str]:
    for name in sorted(new.keys() & old.keys()):
        for basis in ("guarantee", "limit"):
            for resource, (what, said) in AMOUNTS.items():
                before, after = old[name][basis][resource], new[name][basis][resource]
                if before != after:
                    none = "none"
                    was, now = (none if one is None else said(one) for one in (before, after))
                    yield f"Role {name}: {what} {basis} went from {was} to {now}"


def _apps(old: Entry, new: Entry) -> Iterator[str]:
    """Of Marathons whose list of apps both entries know: what was never read before is not new.

    An entry made before Marathons were written down says nothing of their apps.
    """
    if "marathons" not in old or "marathons" not in new:
        return
    marathons = [{row["key"]: row for row in entry["marathons"] if row["apps_taken_at"]} for entry in (old, new)]
    yield from _marathons(marathons[0], marathons[1], new["apps"])
    both = marathons[0].keys() & marathons[1].keys()
    before, after = ({_app(row): row for row in entry["apps"] if row["marathon_key"] in both} for entry in (old, new))
    yield from _come_and_gone("app", before, after)
    yield from _apps_changed([(before[key], after[key]) for key in sorted(after.keys() & before.keys())])


def _marathons(old: Rows, new: Rows, apps: Iterable[Entry]) -> Iterator[str]:
    """Those whose apps one entry knows only; a silent one stays known by what it told last."""
    count = Counter(row["marathon_key"] for row in apps)
    read = [f"{_marathon(key)} ({figures.counted(count[key], 'app')})" for key in new.keys() - old.keys()]
    if read:
        yield f"{figures.counted(len(read), 'Marathon')} read for the first time: {_some(read)}"
    gone = [_marathon(key) for key in old.keys() - new.keys()]
    if gone:
        yield f"{figures.counted(len(gone), 'Marathon')} gone: {_some(gone)}"


def _marathon(key: str) -> str:
    return "root" if key == ROOT_MARATHON else key


def _apps_changed(both: Iterable[tuple[Entry, Entry]]) -> Iterator[str]:
    """Scaling makes a new version too: a configuration is another one only where its own time changed."""
    configured, scaled = [], []
    for before, after in both:
        if _configuration(before) != _configuration(after):
            configured.append(f"{_app(after)} ({after['version'] or 'version unknown'})")
        if before["instances"] != after["instances"]:
            scaled.append(f"{_app(after)} from {before['instances']:,} to {after['instances']:,}")
    if configured:
        yield f"Another configuration of {figures.counted(len(configured), 'app')}: {_some(configured)}"
    if scaled:
        yield f"Other instances wanted of {figures.counted(len(scaled), 'app')}: {_some(scaled)}"


def _app(row: Entry) -> str:
    """Its id, and whose it is where that is not the root Marathon."""
    of = "" if row["marathon_key"] == ROOT_MARATHON else f" of {row['marathon_key']}"
    return f"{row['app_id']}{of}"


def _configuration(row: Entry) -> str:
    """When it was last changed other than by scaling; of pods Marathon tells the version only."""
    return str(row["last_changed_at"] or row["version"])


def _totals(old: Entry, new: Entry) -> Iterator[str]:
    for resource, (what, said) in AMOUNTS.items():
        if old[resource] != new[resource]:
            yield f"{what} in all went from {said(old[resource])} to {said(new[resource])}"


def _flags(old: Rows, new: Rows) -> Iterator[str]:
    changed = [key for key in new.keys() & old.keys() if old[key]["sha256"] != new[key]["sha256"]]
    if changed:
        yield f"Other flags on {figures.counted(len(changed), 'process', 'processes')}: {_some(changed)}"


def _health(old: Entry, new: Entry) -> Iterator[str]:
    if old["verdict"]["word"] != new["verdict"]["word"]:
        yield f"The verdict went from {old['verdict']['word']} to {new['verdict']['word']}"
    units = [
        {row["unit"]: row["health"] for row in (one["components"] or {"units": []})["units"]} for one in (old, new)
    ]
    changed = [unit for unit in units[0].keys() & units[1].keys() if units[0][unit] != units[1][unit]]
    if changed:
        said = _some(f"{unit} {units[1][unit]}" for unit in changed)
        yield f"{figures.counted(len(changed), 'component')} changed health: {said}"
