"""What an operator does with an incident: take it, give it back, close it, write something down.

What is so already is no error: nothing is written then, and the answer is the incident as it is.
"""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.acting import Body, Deed, done, refusing, who
from dashboard.api.incident_fields import IncidentDetailSerializer
from dashboard.api.incidents import NUMBER, told
from dashboard.api.resource import CLUSTER, cluster_named
from dashboard.models import Cluster, Incident
from dashboard.store import incidents

PATH = (CLUSTER, NUMBER)


class NoteBody(Body):
    text = serializers.CharField(max_length=incidents.LONGEST_NOTE, trim_whitespace=False, help_text="At most 1,000.")


class TakeIncident(Deed):
    @done("take_incident", "See to an incident", answer=IncidentDetailSerializer, path=PATH)
    def post(self, request: Request, cluster_name: str, number: int) -> Response:
        Body.read(request)
        cluster, incident = _found(cluster_name, number)
        if incident.taken_by_id != who(request).pk or incident.ended_at is not None:
            with refusing():
                incidents.take(incident, who(request), self.now)
        return told(cluster, number, self)


class GiveBackIncident(Deed):
    @done("give_back_incident", "See to an incident no longer", answer=IncidentDetailSerializer, path=PATH)
    def post(self, request: Request, cluster_name: str, number: int) -> Response:
        Body.read(request)
        cluster, incident = _found(cluster_name, number)
        if incident.taken_by_id is not None:
            with refusing():
                incidents.give_back(incident, who(request), self.now)
        return told(cluster, number, self)


class CloseIncident(Deed):
    @done("close_incident", "Close an incident", answer=IncidentDetailSerializer, path=PATH)
    def post(self, request: Request, cluster_name: str, number: int) -> Response:
        Body.read(request)
        cluster, incident = _found(cluster_name, number)
        if incident.ended_at is None:
            with refusing():
                incidents.close(incident, who(request), self.now)
        return told(cluster, number, self)


class NotesOfIncident(Deed):
    @done(
        "note_incident",
        "Write something down about an incident",
        answer=IncidentDetailSerializer,
        body=NoteBody,
        status=201,
        path=PATH,
    )
    def post(self, request: Request, cluster_name: str, number: int) -> Response:
        sent = NoteBody.read(request)
        cluster, incident = _found(cluster_name, number)
        with refusing():
            incidents.note(incident, who(request), sent["text"], self.now)
        answer = told(cluster, number, self)
        answer.status_code = 201
        return answer


def _found(cluster_name: str, number: int) -> tuple[Cluster, Incident]:
    """Two queries. Raises NotFound."""
    cluster = cluster_named(cluster_name)
    found = Incident.objects.filter(cluster=cluster, pk=number).first()
    if found is None:
        raise NotFound(f"There is no incident {number} of {cluster.name}.")
    return cluster, found
