"""Backups of the database while Day Two runs, each verified before it counts; and the way back."""

from __future__ import annotations


class BackupError(Exception):
    """Why no backup was made, or nothing restored, in words for who asked."""
