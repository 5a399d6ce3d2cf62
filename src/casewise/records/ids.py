"""Ids of records: which types of column have them, and which values can be another's."""

from __future__ import annotations

# Where whole numbers begin to be rounded.
EXACT = {"DOUBLE": 2**53, "FLOAT": 2**24}
NO_IDS = ("DATE", "TIME", "BOOLEAN", "BLOB", "INTERVAL")


def lossy(column: str, kind: str) -> str:
    """SQL for an id that is a fraction, or so long that it has been rounded, in a column of one of
    the types in ``EXACT``."""
    return f"ABS({column}) >= {EXACT[kind]} OR {column} <> FLOOR({column})"
