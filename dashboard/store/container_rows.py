"""Rows of containers: what agents say of them in words, and which of them are new.

A row has the figures of its first sample while it runs, and those of its last once it ended: between the two its agent's
listing has them (container_listings.py). A worker of a release before that writes rows alone: what is later counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from dashboard import listings
from dashboard.listings import CONTAINER, FIGURES, LISTED_AT, MEASURED_AT, RATES, SUBJECT
from dashboard.models import Container
from dashboard.store import container_ends, container_listings, container_readings
from dashboard.store import container_figures as figures
from dashboard.store.container_listings import NOBODY
from dashboard.store.container_listings import Known as Listed
from dashboard.store.container_words import WORDS, Key, Known, Rows, Saying
from dashboard.store.moments import as_text, moment
from dashboard.store.upserts import update_values, upsert_values
from dashboard.store.writing import Written

MOST_RUNNING = 20_000
"""So many containers of a cluster are kept at once; the newest past them are refused."""
MOST_KEPT = 200_000
"""The same with those that ended within two days: they start by the hundred thousand a day at most."""

UNIQUE = ["cluster", "host", "container_id"]
SAID = [*WORDS, "listed_at", "measured_at", *FIGURES, "counters"]
NEW = [*SAID, *UNIQUE, "first_seen", "ended_at"]


def write(saying: Saying, partial: Collection[str], written: Written) -> list[Listed]:
    """Bring the rows up to the answers; one that had ended and is listed again runs again."""
    if not saying.told:
        return []
    known = _known(saying)
    _list(saying, written)
    _keep_within_budget(saying, known, written)
    new = [key for key in saying.listed if key not in known]
    said = [(key, row.pk, row.words) for key, row in known.items() if key in saying.listed]
    changed = [[*words, pk] for key, pk, before in said if before != (words := saying.words(key))]
    update_values(Container, WORDS, changed)
    _insert(saying, new)
    rows = _rows(saying, known)
    beside = container_ends.end(saying, [row for key, row in known.items() if key not in saying.listed], rows, partial)
    pks = {key: row.pk for key, row in known.items()} | _pks(saying, new)
    found = _as_listed(saying, pks, _subjects(saying, known), rows, beside)
    container_listings.mark(saying.writing, np.concatenate([one.before for one in found]), ())
    return found


def _known(saying: Saying) -> dict[Key, Known]:
    """The containers that ran on these hosts until now."""
    running = Container.objects.filter(cluster=saying.writing.cluster, host__in=saying.hosts, ended_at=None)
    said = running.annotate(
        measured=as_text("measured_at"), subject=container_readings.subject_of(saying.writing.now)
    ).values_list(*Known._fields[:5], *WORDS)
    rows = (Known._make((*row[:5], row[5:])) for row in said)
    return {row.key: row for row in rows}


def _list(saying: Saying, written: Written) -> None:
    """Every container once, roots first: an id is unique below one parent only, and a root is what the framework asked for."""
    every = [(one.answer, said) for one in saying.told for said in one.said]
    every.sort(key=lambda one: bool(one[1].parent_id))
    for answer, said in every:
        if saying.listed.setdefault((answer.host, said.container_id), (answer, said))[1] is not said:
            written.dropped["container: another one of its host has its id"] += 1


def _keep_within_budget(saying: Saying, known: Collection[Key], written: Written) -> None:
    """Leave out the newest containers past the cluster's budget: those that are not known yet. Two queries where there are."""
    new = [key for key in saying.listed if key not in known]
    if not new:
        return
    kept = Container.objects.filter(cluster=saying.writing.cluster)
    room = min(MOST_RUNNING - kept.filter(ended_at=None).count(), MOST_KEPT - kept.count())
    for key in new[max(0, room) :]:
        del saying.listed[key]
        written.dropped[f"container: over {MOST_RUNNING} of one cluster"] += 1


def _insert(saying: Saying, new: Sequence[Key]) -> None:
    """With the figures of their first samples."""
    samples = figures.measured([saying.listed[key][1].values for key in new])
    first = figures.in_rows(figures.shown(samples, np.full((len(new), len(RATES)), np.nan)))
    counters, now = figures.counters(samples), saying.writing.now
    rows = [
        [
            *(*saying.words(key), now, saying.listed[key][1].taken_at, *shown, counted.tobytes()),
            *(saying.writing.cluster.pk, *key, now, None),
        ]
        for key, shown, counted in zip(new, first, counters, strict=True)
    ]
    upsert_values(Container, NEW, rows, unique=UNIQUE, update=[*SAID, "ended_at"])


def _pks(saying: Saying, new: Sequence[Key]) -> dict[Key, int]:
    """Of rows that were inserted just now. One query where there are any."""
    if not new:
        return {}
    hosts, ids = zip(*new, strict=True)
    found = Container.objects.filter(cluster=saying.writing.cluster, host__in=set(hosts), container_id__in=set(ids))
    return {(host, container_id): pk for pk, host, container_id in found.values_list("pk", "host", "container_id")}


def _rows(saying: Saying, known: Mapping[Key, Known]) -> Rows:
    """What is known of those that ran until now: out of the listings, and of the rows that are later. One query where some
    are."""
    found = np.concatenate([NOBODY, *(listing.matrix for listing in saying.listings)])
    listed = {int(row[CONTAINER]): row for row in found[np.argsort(found[:, LISTED_AT], kind="stable")]}
    later = [row for row in known.values() if row.pk not in listed or _at(row) > listed[row.pk][MEASURED_AT]]
    if later:
        listed |= _of_rows([row.pk for row in later])
    return listed


def _at(row: Known) -> float:
    return moment(row.measured).timestamp()


def _of_rows(pks: Sequence[int]) -> Rows:
    said = Container.objects.filter(pk__in=pks).values_list("pk", "listed_at", "measured_at", *FIGURES, "counters")
    nothing = np.full(len(listings.COUNTERS), np.nan)
    return {
        pk: np.array(
            [
                *(pk, np.nan, listed_at.timestamp(), measured_at.timestamp()),
                *(np.nan if value is None else value for value in shown),
                *(np.frombuffer(bytes(counted)) if counted else nothing),
            ]
        )
        for pk, listed_at, measured_at, *shown, counted in said
    }


def _subjects(saying: Saying, known: Mapping[Key, Known]) -> dict[Key, int]:
    """Of those that were measured. Its subject is called by the name of its task: another name has to be written."""
    measured = {key: said for key, (_, said) in saying.listed.items() if said.is_measured}
    rows = {key: row for key in measured if (row := known.get(key)) is not None}
    found = {
        key: row.subject
        for key, row in rows.items()
        if row.subject is not None and row.said("task_name") == measured[key].task_name
    }
    missing = [key for key in measured if key not in found]
    ids = container_readings.subjects(
        saying.writing.cluster, [(host, measured[host, name]) for host, name in missing], saying.writing.now
    )
    return found | dict(zip(missing, ids, strict=True))


def _as_listed(
    saying: Saying,
    pks: Mapping[Key, int],
    subjects: Mapping[Key, int],
    rows: Rows,
    beside: Mapping[str, listings.Matrix],
) -> list[Listed]:
    """The answers with what was known of each of their containers. One of which some was dropped is looked at again."""
    found, unknown = [], np.full(len(listings.COLUMNS), np.nan)
    for told in saying.told:
        host = told.answer.host
        said = [one for one in told.said if saying.listed.get((host, one.container_id), (None, None))[1] is one]
        keys = [(host, one.container_id) for one in said]
        before = np.array([rows.get(pks[key], unknown) for key in keys]).reshape(-1, len(listings.COLUMNS))
        before[:, CONTAINER] = [pks[key] for key in keys]
        before[:, SUBJECT] = [subjects.get(key, np.nan) for key in keys]
        kept = told if len(said) == len(told.said) else told._replace(said=said, words=b"")
        found.append(Listed(kept, before, beside.get(told.answer.agent_id, NOBODY)))
    return found
