"""The kinds of channel, one a file. A new kind is its file, a line here, and its checks in store/channel_checks.py."""

from __future__ import annotations

from dashboard.alerts.channels import alertmanager, apprise, dead_man, email, webhook
from dashboard.alerts.channels.sending import Receiver
from dashboard.models import Channel

CHANNELS: dict[str, Receiver] = {
    Channel.Kind.EMAIL: email.send,
    Channel.Kind.WEBHOOK: webhook.send,
    Channel.Kind.ALERTMANAGER: alertmanager.send,
    Channel.Kind.APPRISE: apprise.send,
    Channel.Kind.DEAD_MAN: dead_man.send,
}
