"""Deployments: a row each from the first sight to the end, an event of both."""

from __future__ import annotations

from collectors.records import Deployment as Said
from collectors.records import MarathonDeployments
from dashboard.models import Deployment, Event, Marathon
from dashboard.store import marathons
from dashboard.store.writing import Writing

RUNNING, ENDED = "running", "ended"
PROGRESS = ["step", "steps", "actions", "step_since", "app_ids"]


def write(writing: Writing, said: MarathonDeployments) -> int:
    """Bring the deployments of one Marathon up to its list; returns how many are under way. Two queries, one for each that
    began, moved on or ended. One that ends may have been done, cancelled or failed: Marathon does not list which."""
    marathon = marathons.row_of(writing, said.key)
    known = {row.deployment_id: row for row in Deployment.objects.filter(marathon=marathon, ended_at=None)}
    listed = {one.deployment_id[:255]: one for one in said.deployments}
    for deployment_id, one in listed.items():
        row = known.get(deployment_id)
        if row is None:
            _begin(writing, marathon, deployment_id, one, said)
        elif [row.step, row.actions] != [one.step, list(one.actions)]:
            row.step, row.steps, row.actions, row.app_ids = one.step, one.steps, list(one.actions), list(one.app_ids)
            row.step_since = said.taken_at
            row.save(update_fields=PROGRESS)
    for deployment_id in (known.keys() - listed.keys()) if said.whole else ():
        _end(writing, known[deployment_id], said)
    Marathon.objects.filter(pk=marathon.pk).update(deployments_taken_at=said.taken_at)
    return len(listed)


def _begin(writing: Writing, marathon: Marathon, deployment_id: str, one: Said, said: MarathonDeployments) -> None:
    started_at = min(one.started_at or said.taken_at, said.taken_at)
    row, _ = Deployment.objects.update_or_create(
        marathon=marathon,
        deployment_id=deployment_id,
        defaults={
            "cluster": writing.cluster,
            "version": one.version[:64],
            "started_at": started_at,
            "app_ids": list(one.app_ids),
            "step": one.step,
            "steps": one.steps,
            # Of one that was under way before it was first seen nobody knows since when it is at this step: at least since now.
            "step_since": said.taken_at if marathon.deployments_taken_at is None else started_at,
            "actions": list(one.actions),
            "ended_at": None,
        },
    )
    if marathon.deployments_taken_at is not None:
        _tell(writing, row, "", RUNNING, said)


def _end(writing: Writing, row: Deployment, said: MarathonDeployments) -> None:
    row.ended_at = said.taken_at
    row.save(update_fields=["ended_at"])
    _tell(writing, row, RUNNING, ENDED, said)


def _tell(writing: Writing, row: Deployment, before: str, after: str, said: MarathonDeployments) -> None:
    name = ", ".join(row.app_ids)
    writing.event(
        Event.Kind.DEPLOYMENT, row.deployment_id, name=name, before=before, after=after, taken_at=said.taken_at
    )
