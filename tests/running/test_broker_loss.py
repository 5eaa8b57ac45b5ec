"""A worker outlives its broker: acknowledging to a channel that is gone is no error, and to one that is there still counts."""

from __future__ import annotations

from typing import Any

import pytest
from kombu import Connection, Message, Queue

from dashboard.running import broker_loss
from tests.servers import redis

pytestmark = pytest.mark.slow
QUEUE = Queue("hints")


def handed(connection: Connection, channel: Any) -> Message:
    """A message that was sent and taken, and not acknowledged yet."""
    with connection.Producer() as producer:
        producer.publish({"poll": 1}, routing_key=QUEUE.name, declare=[QUEUE])
    message = QUEUE(channel).get()
    assert message is not None
    return message


def test_what_is_acknowledged_after_its_channel_was_closed_takes_nobody_along() -> None:
    broker_loss.outlive()
    with redis.running() as broker, Connection(broker.url) as connection:
        channel: Any = connection.channel()
        message = handed(connection, channel)
        channel.close()
        message.ack()
        assert message.acknowledged


def test_what_is_acknowledged_in_time_is_on_no_list_any_more() -> None:
    broker_loss.outlive()
    with redis.running() as broker, Connection(broker.url) as connection:
        channel: Any = connection.channel()
        message = handed(connection, channel)
        assert channel.client.hlen("unacked") == 1
        message.ack()
        assert channel.client.hlen("unacked") == 0
