"""The nearest right word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """'did you mean "death"?' where one of ``known`` is near, else nothing."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return f'did you mean "{by_lower[close[0]]}"?' if close else ""


def nearest_or_all(word: str, known: Iterable[str]) -> str:
    """The nearest right word, or where none is near, all of them."""
    known = list(known)
    return nearest(word, known) or (f"known here: {', '.join(known)}" if known else "")
