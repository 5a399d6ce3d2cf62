"""The nearest right word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMES = 20


def nearest(word: str, known: Iterable[str]) -> str:
    """'did you mean "death"?' where one of ``known`` is near, else nothing.

    Capitals, underscores and hyphens do not count.
    """
    plain = {_plain(name): name for name in known}
    close = get_close_matches(_plain(word), list(plain), n=1, cutoff=0.6)
    return f'did you mean "{plain[close[0]]}"?' if close else ""


def _plain(word: str) -> str:
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())


def one_of(word: str, known: Iterable[str], what: str = "known here") -> str:
    """The nearest right word, and all of them, or as many as a line or two holds."""
    names = list(known)
    shown = names[:MOST_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    listed = f"{what}: {', '.join(shown)}{more}" if names else ""
    return " ".join(part for part in (nearest(word, names), listed) if part)
