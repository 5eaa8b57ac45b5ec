"""Who may do what. Viewer reads, operator also acts on what Day Two keeps, admin also decides what it connects to."""

from __future__ import annotations

from enum import IntEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User


class Role(IntEnum):
    """In rising order: each may do all that the one before may. The names are also the names of the groups."""

    NOBODY = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role:
    """The highest role among the user's groups; superusers are admins; one query for others."""
    if not isinstance(user, User) or not user.is_active:
        return Role.NOBODY
    if user.is_superuser:
        return Role.ADMIN
    names = user.groups.values_list("name", flat=True)
    return max((Role[name.upper()] for name in names if name.upper() in Role.__members__), default=Role.NOBODY)


def grant(user: User, role: Role) -> None:
    """Make `role` the user's only role. Admins also get Django's admin site (users, groups, tokens)."""
    user.is_staff = user.is_superuser = role is Role.ADMIN
    user.save(update_fields=["is_staff", "is_superuser"])
    user.groups.set([Group.objects.get_or_create(name=role.name.lower())[0]])
