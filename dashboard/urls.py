"""Every address: signing in, pages in menu order, the API, the admin site, and what machines ask about Day Two."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from dashboard import exposition
from dashboard.pages import PAGES
from dashboard.pages.access import needs
from dashboard.pages.sign_in import Password, SignIn

handler500 = "dashboard.pages.failed.failed"
urlpatterns = [
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/password/", Password.as_view(), name="password"),
    # The admin site's own sign-in would be a way around the throttle. Who is signed in but no admin must not be sent back.
    path("admin/login/", SignIn.as_view(redirect_authenticated_user=False)),
    path("admin/", admin.site.urls),
    path("api/", include("dashboard.api.urls")),
    path("-/healthy", exposition.healthy, name="healthy"),
    path("-/ready", exposition.ready, name="ready"),
    path("metrics", exposition.metrics, name="metrics"),
    *(path(page.path, needs(page.needs)(page.view), name=page.name) for page in PAGES),
]
