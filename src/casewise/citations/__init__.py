"""The one registry of sources: docstrings name a key, the report's methods text prints it.

A key is ``author`` + ``year`` in lower case (``fisher1935``). Docstrings cite it as
``[fisher1935]``; a test fails when a docstring names a key that is not here, when an entry here is
cited nowhere, and when two files have the same key. A new source goes into the file of its field.
"""

from __future__ import annotations

from casewise.citations import adjustment, groups, review, survival

FIELDS = (groups.CITATIONS, survival.CITATIONS, adjustment.CITATIONS, review.CITATIONS)
CITATIONS: dict[str, str] = {key: text for field in FIELDS for key, text in sorted(field.items())}


def cite(key: str) -> str:
    """The full reference for ``key``; ``KeyError`` when the registry does not have it."""
    return CITATIONS[key]
