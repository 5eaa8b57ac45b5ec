"""How a password gets from a person to a command: by file, standard input or terminal; arguments are shown by `ps`."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path

from collectors.login import LONGEST_PASSWORD, Account

STANDARD_INPUT = Path("-")


def account_of(uid: str, file: Path | None) -> Account:
    """The user's account, its password out of the file ("-": standard input), else asked for at the terminal.

    ValueError or OSError says what is missing or wrong.
    """
    return Account(uid, asked(uid) if file is None else first_line(file))


def first_line(file: Path) -> str:
    try:
        if file == STANDARD_INPUT:
            line = sys.stdin.readline(LONGEST_PASSWORD + 2)
        else:
            with file.open(encoding="utf-8") as text:
                line = text.readline(LONGEST_PASSWORD + 2)
    except UnicodeDecodeError:
        raise ValueError(f"{file} is no text: give a file with the password on its first line") from None
    return line.rstrip("\r\n")


def asked(uid: str) -> str:
    if not sys.stdin.isatty():
        raise ValueError("There is no terminal to ask for the password at: give it with --password-file")
    return getpass(f"Password of {uid}: ")
