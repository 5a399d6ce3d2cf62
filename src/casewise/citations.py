"""The one registry of sources: docstrings name a key, the report's methods text prints it.

A key is ``author`` + ``year`` in lower case (``fisher1935``). Docstrings cite it as
``[fisher1935]``; a test fails when a docstring names a key that is not here, and when an
entry here is cited nowhere.
"""

from __future__ import annotations

CITATIONS: dict[str, str] = {
    "fisher1935": ("Fisher RA. The logic of inductive inference. J R Stat Soc. 1935;98(1):39-82."),
}


def cite(key: str) -> str:
    """The full reference for ``key``; ``KeyError`` when the registry does not have it."""
    return CITATIONS[key]
