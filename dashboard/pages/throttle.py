"""Bad passwords are counted per address, and per user name at each address, in the database: all web processes together.

A stranger's guesses therefore never lock somebody out who signs in from elsewhere.

A try is written down before the password is looked at and struck off when it was right: guesses sent at the same
moment therefore cannot slip past the limit. What was typed as a user name is kept only as a keyed digest, because
people type passwords there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from dashboard.models import SignInTry

LIMIT = 10
WINDOW = timedelta(minutes=15)


def begin(name: str, address: str, now: datetime) -> timedelta | None:
    """Write down a try; or, when name or address used up theirs, take it back and say how long to wait."""
    SignInTry.objects.filter(tried_at__lte=now - WINDOW).delete()
    # Written before it is counted, and outside of a transaction: tries of the same moment all see each other.
    tries = SignInTry.objects.bulk_create([SignInTry(key=key, tried_at=now) for key in _keys(name, address)])
    wait = max(_wait(one, now) for one in tries)
    if not wait:
        return None
    SignInTry.objects.filter(pk__in=[one.pk for one in tries]).delete()
    return wait


def succeeded(name: str, address: str, now: datetime) -> None:
    """Forget the user name's tries, and of the address's only this one: it may be guessing other names."""
    by_name, *by_address = _keys(name, address)
    SignInTry.objects.filter(key=by_name).delete()
    SignInTry.objects.filter(key__in=by_address, tried_at=now).delete()


def _wait(this: SignInTry, now: datetime) -> timedelta:
    """How long until a try under this key is possible: until the oldest of the last ten before it leaves the window."""
    before = SignInTry.objects.filter(key=this.key).exclude(pk=this.pk).order_by("-tried_at")
    moments = list(before.values_list("tried_at", flat=True)[:LIMIT])
    return moments[-1] + WINDOW - now if len(moments) == LIMIT else timedelta()


def _keys(name: str, address: str) -> list[str]:
    """The key of the user name at this address, then the address's own where one is known."""
    kept = [f"name:{name.casefold()} at {address}"] + ([f"address:{address}"] if address else [])
    return [salted_hmac("dashboard.pages.throttle", text, algorithm="sha256").hexdigest() for text in kept]
