"""Marathons and what they run: apps and pods, their configurations, what is deployed and what waits to be launched."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Marathon(models.Model):
    """One Marathon of a cluster, as its leader last described itself."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="marathons")
    key = models.CharField(max_length=255)
    """`marathon` is the root one; others are called by the path or address they are reached at."""
    name = models.CharField(max_length=500, blank=True)
    framework_id = models.CharField(max_length=255, blank=True)
    version = models.CharField(max_length=64, blank=True)
    leader = models.CharField(max_length=255, blank=True)
    """host:port; empty while none is elected."""
    leader_since = models.DateTimeField(null=True)
    """When the present leader, or that there is none, was first seen."""
    taken_at = models.DateTimeField(null=True)
    apps_taken_at = models.DateTimeField(null=True)
    """Of its list of apps, as its deployments' and its queue's are below: each is polled by itself."""
    deployments_taken_at = models.DateTimeField(null=True)
    queue_taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "key"], name="marathon_once_per_cluster")]

    def __str__(self) -> str:
        return self.key


class App(models.Model):
    """An app or a pod as its Marathon last listed it. Amounts are what is asked for, of one instance."""

    class Kind(models.TextChoices):
        APP = "app", "App"
        POD = "pod", "Pod"

    class State(models.TextChoices):
        """Worst last, as `state_rank` orders them."""

        SUSPENDED = "suspended", "Suspended"
        """No instance is wanted."""
        RUNNING = "running", "Running"
        DEPLOYING = "deploying", "Deploying"
        WAITING = "waiting", "Waiting"
        """For an offer that fits."""
        DEGRADED = "degraded", "Degraded"
        """Fewer instances run than wanted, or not all are healthy, and nothing is under way."""
        DELAYED = "delayed", "Delayed"
        """Marathon rests before it launches again what failed."""
        UNHEALTHY = "unhealthy", "Unhealthy"
        """No instance runs, or none is healthy."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="apps")
    marathon = models.ForeignKey(Marathon, on_delete=models.CASCADE, related_name="apps")
    app_id = models.CharField(max_length=500)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    state = models.CharField(max_length=16, choices=State.choices)
    state_rank = models.PositiveSmallIntegerField()
    """Place of its state among State: pages list the worst first."""
    state_since = models.DateTimeField()
    first_seen = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    """When its Marathon first listed all its apps without it."""

    instances = models.IntegerField()
    """Wanted."""
    staged = models.IntegerField()
    running = models.IntegerField()
    healthy = models.IntegerField()
    unhealthy = models.IntegerField()
    has_health_checks = models.BooleanField()
    cpus = models.FloatField()
    mem_bytes = models.FloatField()
    disk_bytes = models.FloatField()
    gpus = models.FloatField()
    cpus_limit = models.FloatField(null=True)
    """None where none is said; unlimited is 0 (no container has a limit of nothing). The same of memory."""
    mem_limit_bytes = models.FloatField(null=True)
    version = models.CharField(max_length=64, blank=True)
    last_scaled_at = models.DateTimeField(null=True)
    last_changed_at = models.DateTimeField(null=True)
    is_deploying = models.BooleanField(default=False)
    role = models.CharField(max_length=255, blank=True)
    image = models.CharField(max_length=500, blank=True)
    labels = models.JSONField(default=dict)
    stats = models.JSONField(default=list)
    """Task Statistics: a list of {name, staged, running, healthy, unhealthy, median_life_seconds}."""

    cpus_used = models.FloatField(null=True)
    """Of all its containers together, as their agents last measured them; None where none was. The same of memory."""
    mem_used_bytes = models.FloatField(null=True)
    containers = models.IntegerField(null=True)
    """How many of it run by what agents list, and how many of those told their use."""
    containers_measured = models.IntegerField(null=True)
    used_at = models.DateTimeField(null=True)
    cpus_used_p95 = models.FloatField(null=True)
    """Of the means over five minutes of the last day; None until there is an hour of them. The same of memory."""
    mem_used_p95_bytes = models.FloatField(null=True)
    p95_seconds = models.FloatField(null=True)
    """How long a past they are of."""

    failure_task_id = models.CharField(max_length=255, blank=True)
    """Of its last task failure, as Marathon tells it; empty where it has none."""
    failure_host = models.CharField(max_length=255, blank=True)
    failure_state = models.CharField(max_length=32, blank=True)
    failure_message = models.CharField(max_length=4000, blank=True)
    failure_at = models.DateTimeField(null=True)
    failure_version = models.CharField(max_length=64, blank=True)
    failure_asked_at = models.DateTimeField(null=True)
    """When its Marathon was last asked for it."""
    failure_refused_at = models.DateTimeField(null=True)
    """When it was last asked for in vain; None after an answer."""
    task_lost_at = models.DateTimeField(null=True)
    """When a task of it was last seen to have failed: later than `failure_asked_at`, it is asked for again."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["marathon", "app_id"], name="app_once_per_marathon")]
        indexes = [
            models.Index(
                fields=["cluster", "-state_rank", "app_id"], name="app_worst_first", condition=models.Q(gone_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.app_id


class AppVersion(models.Model):
    """A configuration that an app had, when Day Two first saw it."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=64)
    """The time Marathon took it, as Marathon writes it."""
    seen_at = models.DateTimeField()
    config = models.JSONField(default=dict)
    """Name → text. Values of its environment, commands and secrets are never in it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "version"], name="version_once_per_app")]

    def __str__(self) -> str:
        return self.version


class Deployment(models.Model):
    """A deployment; Marathon forgets one that ended, this row does not."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="deployments")
    marathon = models.ForeignKey(Marathon, on_delete=models.CASCADE, related_name="deployments")
    deployment_id = models.CharField(max_length=255)
    version = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    """As its version says; when it was first seen where that says nothing."""
    app_ids = models.JSONField(default=list)
    step = models.PositiveIntegerField()
    """The one being taken, from 1."""
    steps = models.PositiveIntegerField()
    step_since = models.DateTimeField()
    """Since when it is at this step with these actions."""
    actions = models.JSONField(default=list)
    """Each as `RestartApplication /group/app`."""
    ended_at = models.DateTimeField(null=True)
    """When Marathon first listed all without it: done, cancelled or failed; it does not say which."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["marathon", "deployment_id"], name="deployment_once")]
        indexes = [models.Index(fields=["ended_at"], name="deployment_ended")]

    def __str__(self) -> str:
        return self.deployment_id


class LaunchWait(models.Model):
    """An app in its Marathon's launch queue; the row goes when it leaves it. Why over time is in its readings."""

    app = models.OneToOneField(App, on_delete=models.CASCADE, related_name="wait")
    count = models.IntegerField()
    """Instances left to launch."""
    overdue = models.BooleanField()
    """True: it waits for an offer that fits. False with a delay: it rests after failures."""
    delay_seconds = models.FloatField()
    since = models.DateTimeField()
    """As Marathon says; when it was first seen waiting where it does not."""
    offers_processed = models.IntegerField(null=True)
    offers_unused = models.IntegerField(null=True)
    last_unused_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_offers = models.JSONField(default=list)
    """Recent Resource Offers: a list of {reason, declined, processed}, in the order in which Marathon checks them."""
    since_launch = models.JSONField(default=list)
    """The same over all offers since it began to wait."""
    nearest = models.JSONField(default=list)
    """Unused offers, fewest reasons first: {host, agent_id, role, cpus, mem_bytes, disk_bytes, gpus, reasons, received_at}."""
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.app_id} waits"
