"""manage.py add_user: give somebody access, with one of the three roles."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from dashboard.keys import setting_or_file
from dashboard.management.prepared import require_database
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
        require_database()
        user = User.objects.filter(username=given["name"]).first() or self.make(given["name"])
        grant(user, Role[given["role"].upper()])
        self.stdout.write(f"{user.username} is {given['role']} now.")

    def make(self, name: str) -> User:
        """A new user; CommandError where the name or the password given is none."""
        chosen = setting_or_file("DAYTWO_USER_PASSWORD")
        user = User(username=name)
        user.set_password(password := chosen or secrets.token_urlsafe(15))
        try:
            validate_password(password, user)
            user.full_clean()
        except ValidationError as error:
            raise CommandError("No user was made: " + " ".join(error.messages)) from error
        user.save()
        if not chosen:
            self.stdout.write(f"Password of {name}, shown once: {password}")
        return user
