"""Who asks: a token in the header, else the session of a browser; and whether they may look at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from dashboard.models import ApiToken
from dashboard.roles import Role, role_of
from dashboard.store import tokens

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which itself imports this module, by way of the settings

SCHEME = "Token"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token KEY`. Without that scheme others may try; with it the key must be good."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = tokens.use(key.strip(), timezone.now())
        if token is None:
            raise AuthenticationFailed("This token is not known: it was revoked, or its user may not sign in any more.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="Day Two"'


class MayView(BasePermission):
    """Viewers and above: for whatever only tells."""

    message = "This needs the role viewer. Whoever manages the users of Day Two can grant it."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return role_of(request.user) >= Role.VIEWER


class MayAct(BasePermission):
    """Operators and above, whatever the method: for addresses at which something is done."""

    message = "This needs the role operator. Whoever manages the users of Day Two can grant it."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return role_of(request.user) >= Role.OPERATOR


class MayViewOrAct(BasePermission):
    """Viewers read, operators change what can be read at the same address."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = MayView() if request.method in SAFE_METHODS else MayAct()
        self.message = needed.message
        return needed.has_permission(request, view)
