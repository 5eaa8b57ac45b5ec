"""Where kombu 5.7.0 lets a worker die because its broker vanished, mended: what it was handed are hints (house, D6)."""

from __future__ import annotations

from kombu.transport import redis


class Acknowledgements(redis.QoS):
    """A task that ends on another thread may be acknowledged when its channel is closed already. There is nobody to tell any
    more, and kombu fails at looking for him; no connection error, so Celery takes it for the worker's end."""

    def ack(self, delivery_tag: str) -> None:
        if self.channel.connection is not None:
            super().ack(delivery_tag)


def outlive() -> None:
    """From now on a worker of this process connects anew, whatever it was doing."""
    redis.Channel.QoS = Acknowledgements
    # What it was handed and has not begun is not put back, at which kombu fails too: the dispatcher sends it again.
    redis.Channel.do_restore = False
