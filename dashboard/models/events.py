"""Events: what changed. Append-only."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster
from dashboard.models.polls import Poll


class Event(models.Model):
    """One change, written in the transaction that made it. The id is the order; `taken_at` is when it was true."""

    class Kind(models.TextChoices):
        AGENT_STATE = "agent_state", "Agent state"
        AGENT_ID = "agent_id", "Agent id"
        AGENT_RESTART = "agent_restart", "Agent restarted"
        AGENT_REGISTERED = "agent_registered", "Agent's own registration"
        FLAG = "flag", "Flag"
        FRAMEWORK_STATE = "framework_state", "Framework state"
        LEADER = "leader", "Leader"
        MASTER_RESTART = "master_restart", "Master restarted"
        MASTER_ANSWER = "master_answer", "Master answering"
        UNIT_HEALTH = "unit_health", "Component health"
        NODE_HEALTH = "node_health", "Node health"
        COLLECTION = "collection", "Collection"
        PACE = "pace", "Period of a source"
        VERSION = "version", "Version"
        TASKS_FAILED = "tasks_failed", "Tasks failed"
        """Of a framework: `before` and `after` are its counts as `TaskFailures` writes them, both under one leader."""
        TWO_LEADERS = "two_leaders", "Two leaders"
        """`after` names the masters that claim to lead, with commas between; empty when it is over."""
        MAINTENANCE = "maintenance", "Maintenance"
        """Of a host: the words of `Node.Maintenance`."""
        APP_STATE = "app_state", "App state"
        """`subject` of every event of an app is `marathon key:app id`, `name` its id, `before` and `after` words of `App.State`;
        an app that is listed no more is "gone"."""
        APP_VERSION = "app_version", "App configuration"
        """`before` and `after` are versions, as Marathon writes them."""
        APP_SCALED = "app_scaled", "App scaled"
        """`before` and `after` are how many instances were wanted."""
        TASK_FAILED = "task_failed", "Task failed"
        """`subject` is the task's id, `name` its app's id or its own name, `place` its host, `before` its framework's id, `after`
        its state and reason as Mesos writes them."""
        DEPLOYMENT = "deployment", "Deployment"
        """`subject` is its id, `name` the apps it touches, `before` and `after` are "", "running" or "ended"."""
        MARATHON_LEADER = "marathon_leader", "Marathon's leader"
        """`subject` is Marathon's key, `before` and `after` are places, empty where there is none."""
        ALERT = "alert", "Alert"
        RULE = "rule", "Rule"
        SILENCE = "silence", "Silence"

    STORAGE = "storage"
    """Subject of a COLLECTION event, in the place of a source: `before` and `after` are "ok" and "paused"."""
    RETENTION = "retention"
    """Subject of one too: an admin changed how long history is kept; `name` says what."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    subject = models.CharField(max_length=255)
    """Key of what changed: a host, a unit, a framework id, a source."""
    name = models.CharField(max_length=500, blank=True)
    """What an operator calls it."""
    place = models.CharField(max_length=255, blank=True)
    """Where: the node of a unit, the host of a source; empty where the subject is the place."""
    before = models.CharField(max_length=255, blank=True)
    after = models.CharField(max_length=255, blank=True)
    taken_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    poll = models.ForeignKey(Poll, null=True, on_delete=models.SET_NULL, related_name="+")
    """The poll that saw it; None where no poll did: an operator's doing, an alert's change, history that was back-filled."""
    alert = models.ForeignKey("Alert", null=True, on_delete=models.CASCADE, related_name="changes")
    """Of which alert it is a change."""
    by = models.CharField(max_length=150, blank=True)
    """The user whose doing it was; empty where it happened of itself."""

    class Meta:
        indexes = [models.Index(fields=["cluster", "taken_at"], name="event_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name or self.subject} {self.before} → {self.after}"
