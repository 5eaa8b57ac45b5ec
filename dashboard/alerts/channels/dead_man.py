"""A dead-man switch: somebody outside who is told every minute that Day Two is well, and cries when it is not told."""

from __future__ import annotations

from dashboard.alerts.channels.sending import Call, Message, NotTaken, tell


def send(call: Call, message: Message) -> str:
    """A GET of the secret URL, which is all that such services ask for; the message stays here."""
    if not call.secret:
        raise NotTaken("wrong_shape", "No URL was given for it")
    return tell(call, call.secret, None, {})
