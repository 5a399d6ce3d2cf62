"""The append-only log of a review: who did what, when, each entry sealed to the one before it.

Everything that is decided in a review is an entry of this log, and nothing else is the truth: the
other tables can be made again from it. An entry's hash is SHA-256 over its content and the hash
before it (Haber and Stornetta 1991), so that an entry cannot be changed, taken out or put in
without every later hash being wrong. The database refuses to change or delete one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from casewise.review.database import Connection

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One entry. ``seq`` counts from 1 without gaps; ``at`` is UTC, ISO 8601; ``body`` is what was
    done, by key; ``chart`` and ``field`` are empty where it is about neither."""

    seq: int
    at: str
    who: str
    kind: str
    chart: str
    field: str
    body: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Verified:
    """``broken`` is the first entry that does not fit, ``None`` where the log is whole; ``why``
    says how. ``head`` is the last hash: with it noted elsewhere, a log that was cut short is seen
    too."""

    entries: int
    head: str
    broken: int | None = None
    why: str = ""


def canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal(
    before: str, seq: int, at: str, who: str, kind: str, about: tuple[str, str], body: str
) -> str:
    """The hash of an entry. The parts are a JSON list, so that none can pass into another."""
    content = json.dumps([before, seq, at, who, kind, *about, body], ensure_ascii=False)
    return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def append(
    connection: Connection,
    who: str,
    kind: str,
    body: Mapping[str, Any],
    *,
    chart: str = "",
    field: str = "",
) -> Entry:
    """Add an entry within the transaction that is open, which has to hold the write lock."""
    last = connection.execute("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
    seq, before = (last[0] + 1, last[1]) if last else (1, GENESIS)
    at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    text = canonical(body)
    sealed = seal(before, seq, at, who, kind, (chart, field), text)
    connection.execute(
        "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (seq, at, who, kind, chart, field, text, sealed),
    )
    return Entry(seq, at, who, kind, chart, field, body, sealed)


def read(
    connection: Connection,
    *,
    since: int = 0,
    most: int = -1,
    newest_first: bool = False,
    **only: str,
) -> Iterator[Entry]:
    """Entries after ``since``, at most ``most``; ``only`` names a chart, field, who or kind."""
    wanted = " ".join(f"AND {name} = ?" for name in only)
    order = "DESC" if newest_first else "ASC"
    limit = "" if most < 0 else f"LIMIT {most:d}"
    rows = connection.execute(
        f"SELECT seq, at, who, kind, chart, field, body, hash FROM log WHERE seq > ? {wanted} "
        f"ORDER BY seq {order} {limit}",
        (since, *only.values()),
    )
    for seq, at, who, kind, chart, field, body, sealed in rows:
        yield Entry(seq, at, who, kind, chart, field, json.loads(body), sealed)


def verify(connection: Connection) -> Verified:
    """Whether the log is whole: every hash computed again, no number missing. O(entries)."""
    before, count = GENESIS, 0
    rows = connection.execute(
        "SELECT seq, at, who, kind, chart, field, body, hash FROM log ORDER BY seq"
    )
    for seq, at, who, kind, chart, field, body, sealed in rows:
        count += 1
        if seq != count:
            return Verified(count - 1, before, count, "an entry is missing")
        if seal(before, seq, at, who, kind, (chart, field), body) != sealed:
            return Verified(count - 1, before, seq, "its content is not what was sealed")
        before = sealed
    return Verified(count, before)
