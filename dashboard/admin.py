"""Django's admin site: users with their role, tokens to revoke, clusters to look at.

Nothing here can read a secret, and nothing deletes what was collected: users are deactivated, clusters are not touched.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from dashboard.models import ApiToken, Cluster
from dashboard.roles import Role, grant, role_of

ROLES = [(role.name, role.name.lower()) for role in Role]

admin.site.site_header = admin.site.site_title = "Day Two: users and tokens"
admin.site.index_title = "Users, tokens, clusters"
admin.site.unregister(User)
# The groups are the roles: a renamed or deleted one would take its role away from everybody.
admin.site.unregister(Group)


class NewUserForm(AdminUserCreationForm):
    role = forms.ChoiceField(choices=ROLES, initial=Role.VIEWER.name)


class UserForm(UserChangeForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    role = forms.ChoiceField(choices=ROLES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = role_of_any(self.instance).name

    def clean(self) -> dict[str, Any]:
        """The last admin stays one: nobody else could ever make another."""
        cleaned = super().clean() or self.cleaned_data
        stays = cleaned.get("role") == Role.ADMIN.name and cleaned.get("is_active")
        if (
            not stays
            and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=self.instance.pk).exists()
        ):
            raise ValidationError("This is the last admin: make another one first.")
        return cleaned


def role_of_any(user: User) -> Role:
    """The role a user has or, not being active, would have again."""
    return role_of(User(pk=user.pk, is_superuser=user.is_superuser, is_active=True))


@admin.register(User)
class Users(UserAdmin):  # type: ignore[type-arg]  # as above
    """Users. They are deactivated, never deleted: their tokens stop working with them."""

    form = UserForm
    add_form = NewUserForm
    list_display = ("username", "role", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    search_fields = ("username", "email")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "role", "is_active")}),
        ("About", {"fields": ("first_name", "last_name", "email", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2", "role")}),
    )

    @admin.display
    def role(self, user: User) -> str:
        return role_of_any(user).name.lower()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        grant(form.instance, Role[form.cleaned_data["role"]])

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class ToLookAt(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """Rows that are made and changed elsewhere."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiToken)
class Tokens(ToLookAt):
    """Tokens: to delete one is to revoke it. They are made with `manage.py api_token`, which shows the key once."""

    list_display = ("name", "user", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("user", "name", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


@admin.register(Cluster)
class Clusters(ToLookAt):
    """Clusters as they are known; the credential is a row of its own, and is not among these columns."""

    list_display = ("name", "kind", "url", "enabled", "created_at")
    fields = (
        "name",
        "kind",
        "url",
        "enabled",
        "created_at",
        "own_name",
        "dcos_version",
        "mesos_version",
        "leader_host",
    )
