"""Day Two's one Django app. The folders are the steps of the flow: see README.md beside this file."""

__version__ = "0.1.0"
