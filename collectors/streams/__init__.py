"""Event streams of a cluster: what changes is told as it happens. Polls tell the same later, and are right without them."""

from collectors.streams.listening import Listening, StreamKind, open_stream

__all__ = ["Listening", "StreamKind", "open_stream"]
