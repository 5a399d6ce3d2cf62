"""SQL names made of a protocol's names, so that the SQL reads like the protocol."""

from __future__ import annotations

import re


class Names:
    """Gives each name of the protocol one SQL identifier, unique and always the same."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()

    def __call__(self, prefix: str, name: str) -> str:
        key = (prefix, name)
        if key not in self._given:
            stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
            candidate = base = "_".join(part for part in (prefix, stem) if part)
            number = 2
            while candidate in self._taken:
                candidate, number = f"{base}_{number}", number + 1
            self._taken.add(candidate)
            self._given[key] = candidate
        return self._given[key]
