"""What applications tell of themselves: which containers are asked when, and which sets of metrics there are."""

from __future__ import annotations

from django.db import models

from dashboard.models.apps import App
from dashboard.models.containers import Container
from dashboard.models.readings import Subject


class AppMetrics(models.Model):
    """How asking one container for its application's metrics stands; one that tells none is asked again in an hour."""

    container = models.OneToOneField(Container, on_delete=models.CASCADE, related_name="app_metrics")
    asked_at = models.DateTimeField()
    """When it last answered, if only that there are none."""
    told_at = models.DateTimeField(null=True)
    """The sample time of what it told last; None where it never told any."""
    ask_from = models.DateTimeField()
    """Not to be asked again before."""
    series = models.PositiveIntegerField(default=0)
    """Names of all its sets that are kept."""
    refused = models.PositiveIntegerField(default=0)
    """Of its last answer: metrics past what is kept of a container, an agent or a cluster."""

    class Meta:
        indexes = [models.Index(fields=["ask_from"], name="app_metrics_due")]

    def __str__(self) -> str:
        return f"{self.series} metrics of {self.container_id}"


class MetricSet(models.Model):
    """Metrics of one container that bear the same tags: a subject whose layout is free, and only grows."""

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, primary_key=True, related_name="metric_set")
    container = models.ForeignKey(Container, null=True, on_delete=models.SET_NULL, related_name="metric_sets")
    app = models.ForeignKey(App, null=True, on_delete=models.SET_NULL, related_name="metric_sets")
    """None where its container belongs to no Marathon's app."""
    tags = models.JSONField(default=dict)
    names = models.JSONField(default=list)
    """Of its metrics, in the order of its layout."""
    sample_at = models.DateTimeField()
    """Newest time of a datapoint: one that is not newer was told before."""

    def __str__(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.tags.items())
