"""Alerts: a rule that holds for one subject, from pending to resolved, and the groups in which people are told."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dashboard.models.clusters import Cluster
from dashboard.models.rules import Rule, Severity


class AlertGroup(models.Model):
    """Alerts of one rule for one reason, told together. It closes when all of them have."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="alert_groups")
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="groups")
    reason = models.CharField(max_length=128, blank=True)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    """When a notice about it was last owed; None while it was never told, all being silenced or held back."""
    told_severity = models.CharField(max_length=8, blank=True)
    told_alerts = models.PositiveIntegerField(default=0)
    """How many were in it then."""
    no_data_told_at = models.DateTimeField(null=True)
    """When people were told that nothing is known of any alert in it; None while something is."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "reason"], condition=models.Q(closed_at=None), name="alert_group_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.reason}"


class Alert(models.Model):
    """One rule about one subject. Unknown is no state of its own: what fires goes on firing while nothing is known of it.

    A subject that breaks the rule again soon after goes on with the same row, so that flapping is one alert.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        FIRING = "firing", "Firing"
        RECOVERING = "recovering", "Recovering"
        """Below its limit, not yet for long enough."""
        RESOLVED = "resolved", "Resolved"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="alerts")
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="alerts")
    subject = models.CharField(max_length=255)
    """Unique within the rule: a host, a place, a unit and its host with a slash between; empty for the cluster."""
    name = models.CharField(max_length=500, blank=True)
    """What an operator calls the subject."""
    host = models.CharField(max_length=255, blank=True)
    """Of which node it is, for silences, maintenance and links; empty where it is of none."""
    reason = models.CharField(max_length=128, blank=True)
    """By which alerts of a rule are grouped."""
    state = models.CharField(max_length=16, choices=State.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    value = models.FloatField(null=True)
    """As it was last known; None where the rule has no number."""
    worst = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    sentence = models.CharField(max_length=500)
    measured_at = models.DateTimeField(null=True)
    """Sample time of the value."""
    pending_since = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    critical_at = models.DateTimeField(null=True)
    """Since when the critical limit is passed; None while it is not."""
    recovering_since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    unknown_since = models.DateTimeField(null=True)
    """No data: since when nothing is known of it; None while something is."""
    unknown_why = models.CharField(max_length=255, blank=True)
    flapping = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    """When it last began to fire, got another severity, or ended."""
    settled_at = models.DateTimeField(null=True)
    """When it was told, or let pass by a silence that says nothing at its end; None while people have still to be told of it."""
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    """What was said when it was acknowledged."""
    silence = models.ForeignKey("Silence", null=True, on_delete=models.SET_NULL, related_name="alerts")
    """The silence that covers it now, where one does."""
    inhibited_by = models.CharField(max_length=255, blank=True)
    """Which firing alert explains it, so that nobody is told of it: a sentence; empty where none does."""
    group = models.ForeignKey(AlertGroup, null=True, on_delete=models.SET_NULL, related_name="alerts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject"], condition=models.Q(ended_at=None), name="alert_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["cluster", "pending_since"], name="alert_by_time"),
            models.Index(fields=["cluster", "state"], name="alert_open", condition=models.Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.sentence
