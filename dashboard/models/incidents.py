"""Incidents: what failed, of which of the five kinds, from the first silence to the recovery."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dashboard.models.clusters import Cluster
from dashboard.models.events import Event


class Incident(models.Model):
    """One failure of one thing, made from events. Every time in it is a sample's own, save those that end in `_by`."""

    class About(models.TextChoices):
        """What it is about, which does not change while the kind may still have to be found out."""

        TASKS = "tasks", "Tasks"
        AGENT = "agent", "Agent"
        MASTER = "master", "Master"
        SCHEDULER = "scheduler", "Scheduler"

    class Kind(models.TextChoices):
        TASK = "task", "Task"
        AGENT_OR_HOST = "agent_or_host", "Agent or host"
        """Nothing has been heard of the host since, neither good nor bad."""
        AGENT_PROCESS = "agent_process", "Agent process"
        HOST = "host", "Host"
        MASTER = "master", "Master"
        SCHEDULER = "scheduler", "Scheduler"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        RECOVERED = "recovered", "Recovered"
        ENDED = "ended", "Ended"
        """It will not come back: a scheduler that completed, an agent that left for good; no recovery to be measured."""
        CLOSED = "closed", "Closed"
        """By an operator."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="incidents")
    about = models.CharField(max_length=16, choices=About.choices)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    kind_reason = models.CharField(max_length=500, blank=True)
    """Why it is of this kind: who answered and who did not."""
    subject = models.CharField(max_length=255)
    """A host, a master's place, a framework's id, an app's key; empty for "nobody leads"."""
    name = models.CharField(max_length=500)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    planned = models.BooleanField(default=False)
    """In a maintenance window or drained before: measured all the same, and counted as no failure."""
    planned_reason = models.CharField(max_length=255, blank=True)
    effect = models.CharField(max_length=500, blank=True)
    tasks_at_risk = models.IntegerField(null=True)
    tasks_running_before = models.IntegerField(null=True)
    """On all agents together, those at risk included: when so many run again they are placed elsewhere."""
    tasks_failed = models.IntegerField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    """Of failing tasks, when the latest failed."""
    failures = models.PositiveIntegerField(default=1)
    """How often it happened while it was open: task failures are folded, a flapping agent is one incident."""

    began_at = models.DateTimeField()
    """The first sample without it: the last good one is older."""
    last_good_at = models.DateTimeField(null=True)
    detected_at = models.DateTimeField()
    """When Day Two saw it."""
    declared_at = models.DateTimeField(null=True)
    """When Mesos declared the loss: an agent unreachable, a framework's fail-over over, a new leader elected."""
    timeout_seconds = models.FloatField(null=True)
    """From silence to that declaration as the cluster is configured; None where its flags are not known."""
    timeout_reason = models.CharField(max_length=255, blank=True)
    """Which flags, with their values."""
    rescheduled_at = models.DateTimeField(null=True)
    """When as many tasks ran again as before, wherever."""
    ended_at = models.DateTimeField(null=True)
    """When it recovered, ended or was closed."""

    cause = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="effects")
    cause_reason = models.CharField(max_length=255, blank=True)
    """Why it is held for an effect of that: order and place, never proof."""
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "about", "subject"], condition=models.Q(ended_at=None), name="incident_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["cluster", "began_at"], name="incident_by_time"),
            models.Index(fields=["cluster", "ended_at"], name="incident_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class IncidentEvent(models.Model):
    """An event that belongs to an incident, with the reason why."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="links")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="incidents")
    reason = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "event"], name="incident_event_once")]

    def __str__(self) -> str:
        return f"{self.event_id} in {self.incident_id}"


class IncidentNote(models.Model):
    """What an operator wrote down about an incident."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    text = models.CharField(max_length=1000)

    def __str__(self) -> str:
        return f"{self.by}: {self.text}"
