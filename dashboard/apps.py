"""The app's registration."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "Day Two"

    def ready(self) -> None:
        from dashboard import checks  # noqa: F401  Django registers checks when the module is read
