"""Rules as data: what is watched, from which value on, for how long, and whom it disturbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from dashboard.models.clusters import Cluster
from dashboard.models.readings import Subject

if TYPE_CHECKING:
    from dashboard.models.notices import Channel


class Severity(models.TextChoices):
    """By who is disturbed: a warning is read today, a critical alert wakes somebody."""

    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class Rule(models.Model):
    """One rule of one cluster. Those of the catalogue have their measure in dashboard/alerts/rules; an operator's own has
    it in the columns `subject_kind` … `window_seconds`."""

    class Measure(models.TextChoices):
        VALUE = "value", "value"
        RATE = "rate", "rate per second"
        INCREASE = "increase", "increase"

    class Comparison(models.TextChoices):
        ABOVE = "above", "above"
        BELOW = "below", "below"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="rules")
    key = models.CharField(max_length=32)
    """Of the catalogue (R19), or own-<number>."""
    name = models.CharField(max_length=200)
    own = models.BooleanField(default=False)
    """Made by an operator here."""
    subject_kind = models.CharField(max_length=16, choices=Subject.Kind.choices, blank=True)
    subject_key = models.CharField(max_length=255, blank=True)
    """Which subject of the kind; empty: any."""
    metric = models.CharField(max_length=128, blank=True)
    measure = models.CharField(max_length=8, choices=Measure.choices, default=Measure.VALUE)
    window_seconds = models.PositiveIntegerField(default=600)
    """Over which a rate or an increase is taken."""

    comparison = models.CharField(max_length=8, choices=Comparison.choices, default=Comparison.ABOVE)
    warning = models.FloatField(null=True)
    """The limit; None: this rule has no warning."""
    warning_clear = models.FloatField(null=True)
    """The value that ends it; None: the limit itself."""
    warning_on = models.BooleanField(default=False)
    critical = models.FloatField(null=True)
    critical_clear = models.FloatField(null=True)
    critical_on = models.BooleanField(default=False)
    for_seconds = models.PositiveIntegerField(default=0)
    clear_seconds = models.PositiveIntegerField(default=0)
    repeat_seconds = models.PositiveIntegerField(default=0)
    """Say it again after so long while nobody has it; 0: never."""
    channels: models.ManyToManyField[Channel, Rule] = models.ManyToManyField(
        "Channel", blank=True, related_name="rules"
    )
    """Whom it tells; none named: every channel, by severity."""

    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150, blank=True)
    """Empty while it is as it came."""
    error = models.CharField(max_length=500, blank=True)
    """Why it could not be judged last time, in words; the other rules went on."""
    error_since = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    """When it could last say something of at least one subject."""
    subjects = models.PositiveIntegerField(default=0)
    """Of how many it was judged then, and of how many it could say nothing."""
    subjects_unknown = models.PositiveIntegerField(default=0)
    closest_name = models.CharField(max_length=500, blank=True)
    """The subject nearest to a limit that is on, and its value: what is close to firing."""
    closest_value = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "key"], name="rule_once_per_cluster")]

    def __str__(self) -> str:
        return f"{self.key} {self.name}"

    @property
    def on(self) -> bool:
        return self.warning_on or self.critical_on
