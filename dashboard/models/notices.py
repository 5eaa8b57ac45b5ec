"""Notices: who is told, what is owed to them, and each attempt. The outbox of Day Two."""

from __future__ import annotations

from django.db import models

from dashboard.models.alerts import Alert, AlertGroup
from dashboard.models.clusters import Cluster
from dashboard.models.rules import Severity


class Channel(models.Model):
    """A way to people. What is secret of it is sealed and never read back; `target` is what may be seen."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"
        ALERTMANAGER = "alertmanager", "Alertmanager"
        APPRISE = "apprise", "Slack, PagerDuty and others"
        DEAD_MAN = "dead_man", "Dead-man switch"

    HELD_BACK = "held_back"
    """The last outcome of a dead-man switch that is told nothing, because Day Two is not well."""

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    target = models.CharField(max_length=500)
    """Mail addresses with commas between, a URL without its secret part, the service's name."""
    server = models.CharField(max_length=255, blank=True)
    """E-mail: smtp://, smtp+tls:// (STARTTLS) or smtps://, host and port."""
    login = models.CharField(max_length=255, blank=True)
    sender = models.CharField(max_length=255, blank=True)
    sealed = models.BinaryField(null=True)
    """E-mail: the password. Webhook: the key it is signed with. Alertmanager: a bearer token. Apprise, dead-man switch: the
    URL. None: none was given."""
    sealed_at = models.DateTimeField(null=True)
    least_severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.WARNING)
    enabled = models.BooleanField(default=True)
    backup = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="stands_in_for")
    """Told instead when this one has not taken a notice for five minutes."""
    per_minute = models.PositiveSmallIntegerField(default=120)
    """At most so many notices a minute; the rest wait."""
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(null=True)
    """The bucket that `per_minute` fills; None: it is full."""
    beat_seconds = models.PositiveIntegerField(default=60)
    """Dead-man switch: how often it is told that all is well."""
    created_at = models.DateTimeField()
    last_tried_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=24, blank=True)
    last_detail = models.CharField(max_length=500, blank=True)
    failures_in_row = models.PositiveIntegerField(default=0)
    """Tries that the receiver itself failed, since it last took something."""
    failing_since = models.DateTimeField(null=True)
    """The first of those tries; None: it is well."""
    waits_until = models.DateTimeField(null=True)
    """It failed, so that nothing more is tried before then; None: it is well."""
    refreshed_at = models.DateTimeField(null=True)
    """Alertmanager: when it was last told what still fires."""
    tested_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """One message owed to one channel. It is sent, then marked; sent again after a crash it has the same key."""

    class Kind(models.TextChoices):
        PROBLEM = "problem", "Problem"
        MORE = "more", "More of it"
        WORSE = "worse", "Worse"
        RECOVERY = "recovery", "Recovery"
        NO_DATA = "no_data", "No data"
        FLAPPING = "flapping", "Flapping"
        REMINDER = "reminder", "Reminder"
        TEST = "test", "Test"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notices")
    cluster = models.ForeignKey(Cluster, null=True, on_delete=models.CASCADE, related_name="notices")
    group = models.ForeignKey(AlertGroup, null=True, on_delete=models.SET_NULL, related_name="notices")
    """Notices of one group reach a channel in the order in which they were owed."""
    kind = models.CharField(max_length=16, choices=Kind.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    key = models.CharField(max_length=64, unique=True)
    """The idempotency key, the same at each attempt."""
    thread = models.CharField(max_length=64, db_index=True)
    """What the receiver may fold: the same for all notices of one group on one channel, its recovery included."""
    subject = models.CharField(max_length=255)
    text = models.TextField()
    alerts = models.PositiveIntegerField(default=0)
    """How many it is about; the worst twenty are its lines."""
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    """Given up after 24 h; "retry now" takes it up again."""
    gives_up_at = models.DateTimeField(null=True)
    """When it is given up after it was taken up again; None: 24 h after it was owed."""
    stands_in_for = models.OneToOneField("self", null=True, on_delete=models.SET_NULL, related_name="stand_in")
    """The notice that a second channel takes over, because the first has not taken it for five minutes."""

    class Meta:
        indexes = [
            # The sender's sweep: only what is still owed is in it.
            models.Index(fields=["next_at"], name="notice_owed", condition=models.Q(sent_at=None, dead_at=None)),
            models.Index(fields=["created_at"], name="notice_by_time"),
            # What is owed and what was given up, counted by channel, beside years of what was sent.
            models.Index(fields=["channel"], name="notice_unsent", condition=models.Q(sent_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.channel_id}"


class NoticeLine(models.Model):
    """One of the alerts a notice is about, as it was when the notice was owed."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="lines")
    alert = models.ForeignKey(Alert, null=True, on_delete=models.SET_NULL, related_name="told")
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16)
    severity = models.CharField(max_length=8)
    name = models.CharField(max_length=500, blank=True)
    host = models.CharField(max_length=255, blank=True)
    sentence = models.CharField(max_length=500)
    value = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "position"], name="notice_line_once")]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.sentence


class Attempt(models.Model):
    """One try to send a notice, or that somebody took it up again."""

    RETRY_ASKED = "retry_asked"
    REFUSED_BY_RECEIVER = "refused_by_receiver"
    """The receiver is well and does not want this message."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    seconds = models.FloatField()
    outcome = models.CharField(max_length=24)
    """An outcome of collectors.errors, or one of those above; what exactly was seen is in `detail`."""
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="attempt_by_time")]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.at:%H:%M:%S}"
