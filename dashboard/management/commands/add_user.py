"""manage.py add_user: give somebody access, with one of the three roles."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from dashboard.keys import setting_or_file
from dashboard.roles import Role, grant


class Command(BaseCommand):
    help = (
        "Give a user a role: viewer reads, operator also acts on what Day Two keeps, admin also connects clusters. "
        "A new user's password is taken from DAYTWO_USER_PASSWORD or the file DAYTWO_USER_PASSWORD_FILE, else made and "
        "printed once. Example: manage.py add_user m.ruiz --role operator"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", choices=[role.name.lower() for role in Role if role], default="viewer")

    def handle(self, *args: object, **given: Any) -> None:
        user, created = User.objects.get_or_create(username=given["name"])
        if created:
            chosen = setting_or_file("DAYTWO_USER_PASSWORD")
            password = chosen or secrets.token_urlsafe(15)
            user.set_password(password)
            user.save()
            if not chosen:
                self.stdout.write(f"Password of {user.username}, shown once: {password}")
        grant(user, Role[given["role"].upper()])
        self.stdout.write(f"{user.username} is {given['role']} now.")
