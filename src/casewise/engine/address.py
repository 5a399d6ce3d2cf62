"""Where a database is: ``postgresql://user@host:port/database`` or ``spark://host:port``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

SCHEMES = {"postgresql": "postgresql", "postgres": "postgresql", "spark": "spark"}


@dataclass(frozen=True)
class Address:
    """``url`` is as it was written; ``name`` says where that is, without a user's name, and
    ``database`` is what may be kept: no host either."""

    kind: str
    url: str
    name: str
    database: str


def is_address(text: str) -> bool:
    return "://" in text


def address(text: str) -> Address:
    """Raises ``ValueError`` where nothing can be read there, or where a password is in it."""
    try:
        parts = urlsplit(text.strip())
    except ValueError as error:
        raise ValueError(f"the address of a database cannot be read: {error}") from None
    kind = SCHEMES.get(parts.scheme.lower())
    if kind is None:
        known = "postgresql://user@host:port/database and spark://host:port"
        raise ValueError(f'"{parts.scheme}://" is no database that can be read; these are: {known}')
    if parts.password is not None or "password" in dict(parse_qsl(parts.query)):
        raise ValueError(
            "a password does not belong in an address, which is printed and kept; put it in "
            "~/.pgpass or in the variable PGPASSWORD"
        )
    where = parts.netloc.rpartition("@")[2]
    name = f"{kind}://{where}{parts.path}".rstrip("/")
    return Address(kind, text.strip(), name, f"{kind} {parts.path.strip('/')}".strip())
