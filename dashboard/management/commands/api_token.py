"""`manage.py api_token`: give a user a key to the API, or take it away."""

from __future__ import annotations

import argparse
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dashboard.management.prepared import require_database
from dashboard.store import tokens

EXAMPLES = """\
examples:
  python3 manage.py api_token anna backup-job             print a new key of anna's
  python3 manage.py api_token anna backup-job --revoke    make that key worthless

The key is all that is written to standard output, once; it may do what its user may:
  curl -H "Authorization: Token KEY" http://127.0.0.1:8000/api/v1/clusters/
"""


class Command(BaseCommand):
    help = "Make a key to the API for a user and print it, or revoke it."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shape = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=shape, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="name of the user the key stands for")
        parser.add_argument("name", metavar="NAME", help="what the key is for; once per user")
        parser.add_argument("--revoke", action="store_true", help="delete the user's key of this name")

    def handle(self, *, user: str, name: str, revoke: bool, **options: Any) -> None:
        require_database()
        owner = User.objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no user named {user}.")
        if revoke:
            self.revoke(owner, name)
        else:
            self.make(owner, name)

    def make(self, owner: User, name: str) -> None:
        try:
            key = tokens.make(owner, name, now=timezone.now())
        except tokens.NameTaken as error:
            raise CommandError(f"{error}: revoke it first, or choose another name.") from error
        self.stderr.write(f"The key of {owner.username}'s token {name}, shown once:", self.style.SUCCESS)
        self.stdout.write(key)

    def revoke(self, owner: User, name: str) -> None:
        if not tokens.revoke(owner, name):
            raise CommandError(f"{owner.username} has no token named {name}.")
        self.stderr.write(f"The token {name} of {owner.username} is revoked.", self.style.SUCCESS)
