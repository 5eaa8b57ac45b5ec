"""The REST API: a resource a file, each a door onto one answer of `queries`. JSON only, read-only, version 1."""
