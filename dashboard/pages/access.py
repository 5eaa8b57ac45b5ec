"""Who may see a page. A refusal names the role that is missing, so that the reader knows what to ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from dashboard.roles import Role, role_of

View = Callable[..., HttpResponseBase]
REMEMBERED = "daytwo_role"


class RoleNeeded(PermissionDenied):
    """The user's role is too low; the text is shown on the 403 page."""

    def __init__(self, needed: Role) -> None:
        super().__init__(
            f"This needs the role {needed.name.lower()}. Whoever manages the users of Day Two can grant it."
        )
        self.needed = needed


def role(request: HttpRequest) -> Role:
    """The role of the request's user, asked for once per request."""
    if not hasattr(request, REMEMBERED):
        setattr(request, REMEMBERED, role_of(request.user))
    found: Role = getattr(request, REMEMBERED)
    return found


def needs(needed: Role) -> Callable[[View], View]:
    """Refuse everyone below `needed` before the view runs; whoever has not signed in was sent to do so already."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if role(request) < needed:
                raise RoleNeeded(needed)
            return view(request, *args, **kwargs)

        return guarded

    return guard
