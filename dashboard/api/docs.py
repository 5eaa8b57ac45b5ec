"""The OpenAPI document, and Swagger UI to read and try it: from our own server, without a network beyond it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularJSONAPIView

from dashboard.api.authentication import SCHEME, MayView, TokenAuthentication
from dashboard.api.resource import AlwaysJson
from dashboard.roles import Role, role_of


class TokenInSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass registers it
    """How the document says what a token is; drf-spectacular knows it by its being defined."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f"`{SCHEME} KEY`, the key made with `manage.py api_token USER NAME`.",
        }


class Schema(SpectacularJSONAPIView):
    """The OpenAPI document in JSON."""

    http_method_names = ["get", "head"]  # noqa: RUF012  Django's own attribute
    content_negotiation_class = AlwaysJson
    permission_classes = [MayView]  # noqa: RUF012  DRF's own attribute


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The reader of the document; who has not signed in is sent to do so, as on every page."""
    if role_of(request.user) < Role.VIEWER:
        raise PermissionDenied(MayView.message)
    return render(request, "api/docs.html")
