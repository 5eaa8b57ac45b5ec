"""What answers tell of an incident."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dashboard.api import fields
from dashboard.models import Incident
from dashboard.queries.incident_phases import Step

KINDS, STATES = Incident.Kind.values, Incident.State.values


class Span(serializers.FloatField):
    """A timedelta in seconds, to the millisecond."""

    def to_representation(self, value: Any) -> Any:
        return round(value.total_seconds(), 3)


class CountdownSerializer(serializers.Serializer[Any]):
    """What the cluster will do by its own flags, and when."""

    at = serializers.DateTimeField()
    left_seconds = Span(source="left", help_text="Below 0 where it should have happened.")
    text = serializers.CharField(help_text="The same as a sentence.")


class IncidentSerializer(serializers.Serializer[Any]):
    """One failure of one thing. Its times are those of samples."""

    id = serializers.IntegerField(source="number")
    about = serializers.ChoiceField(Incident.About.values)
    kind = serializers.ChoiceField(
        KINDS,
        help_text="What failed; agent_or_host while nothing has been heard that would tell one from the other.",
    )
    kind_word = serializers.CharField(help_text="The kind as the pages show it.")
    subject = serializers.CharField(help_text="A host, a master's place, a framework's id; empty for \"nobody leads\".")
    name = serializers.CharField()
    state = serializers.ChoiceField(
        STATES,
        help_text="open, recovered, ended (it will not come back) or closed (by an operator).",
    )
    state_shown = fields.MarkSerializer(source="mark", help_text="The state as the pages show it.")
    planned = serializers.BooleanField(help_text="In a maintenance window or drained before: counted as no failure.")
    planned_reason = fields.Said()
    effect = fields.Said(help_text="What it means for tasks, a sentence.")
    failures = serializers.IntegerField(help_text="How often it happened while it was open.")
    tasks_at_risk = serializers.IntegerField(allow_null=True)
    tasks_failed = serializers.IntegerField(allow_null=True)
    began_at = serializers.DateTimeField(help_text="The first sample without it.")
    detected_at = serializers.DateTimeField(help_text="When Day Two saw it.")
    declared_at = serializers.DateTimeField(allow_null=True, help_text="When Mesos declared the loss.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null while it goes on.")
    lasted_seconds = Span(source="lasted", help_text="Until its end, or until this answer.")
    detected_in_seconds = Span(source="detected_in", allow_null=True, help_text="From its beginning.")
    recovered_in_seconds = Span(source="recovered_in", allow_null=True, help_text="From its beginning.")
    countdown = CountdownSerializer(allow_null=True, help_text="Null where the cluster is not known to do anything.")
    taken_by = fields.Said(help_text="The user who sees to it; null while nobody does.")


class PhaseSerializer(serializers.Serializer[Any]):
    """A moment of a failure: when it was, or by when it is expected; neither where nothing is known of it."""

    step = serializers.ChoiceField([step.value for step in Step])
    word = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    expected_at = serializers.DateTimeField(allow_null=True, help_text="Where it is to come and the flags say when.")
    after_seconds = Span(source="after", allow_null=True, help_text="From the beginning.")
    configured_seconds = Span(source="configured", allow_null=True, help_text="How long it takes by the flags.")
    reason = fields.Said(help_text="Which flags, with their values.")


class CausedSerializer(serializers.Serializer[Any]):
    """An incident that hangs below this one: held for its effect by order and place, which is no proof."""

    id = serializers.IntegerField(source="row.number")
    cause = serializers.IntegerField(help_text="Id of the one that it hangs from.")
    kind = serializers.ChoiceField(KINDS, source="row.kind")
    name = serializers.CharField(source="row.name")
    began_at = serializers.DateTimeField(source="row.began_at")
    ended_at = serializers.DateTimeField(source="row.ended_at", allow_null=True)
    reason = fields.Said()
    gap_seconds = Span(source="gap", allow_null=True, help_text="From the beginning of its cause to its own.")


class LinkedSerializer(serializers.Serializer[Any]):
    """An event that belongs to it."""

    event = serializers.IntegerField(source="event_id")
    taken_at = serializers.DateTimeField(source="happening.taken_at")
    text = serializers.CharField(source="happening.text")
    reason = serializers.CharField(help_text="Why it belongs to it.")
    after_seconds = Span(source="after", help_text="From the incident's beginning; below 0 for one before.")


class NoteSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    by = serializers.CharField()
    text = serializers.CharField()


class IncidentDetailSerializer(IncidentSerializer):
    """One incident with all that is known of it: at most 60 events, 60 notes and 60 effects of a level."""

    kind_reason = fields.Said(help_text="Who answered and who did not.")
    last_good_at = serializers.DateTimeField(allow_null=True)
    rescheduled_at = serializers.DateTimeField(allow_null=True, help_text="When as many tasks ran again as before.")
    timeout_seconds = Span(
        source="timeout", allow_null=True, help_text="From silence to Mesos' declaration, as configured."
    )
    timeout_reason = fields.Said(help_text="Which flags, with their values.")
    taken_at = serializers.DateTimeField(allow_null=True, help_text="Since when somebody sees to it.")
    cause = IncidentSerializer(allow_null=True, help_text="What it is held for an effect of; null where nothing is.")
    cause_reason = fields.Said()
    phases = PhaseSerializer(many=True)
    effects = CausedSerializer(many=True, help_text="All that hang below it, each after the one it hangs from.")
    links = LinkedSerializer(many=True, help_text="Oldest first.")
    notes = NoteSerializer(many=True, help_text="Newest first.")
    earlier = IncidentSerializer(many=True, help_text="The latest five of its kind before it, within 90 days.")
