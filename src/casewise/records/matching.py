"""The records that code lists mean: found in one pass a domain, counted, and kept as ``matched``.

This copies: events and covariates are asked for several times, and what a study asks for is a
small part of all records. ``matched`` is a view over the copy, with null for what was not kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from casewise.engine import Engine
from casewise.protocol.code_lists import ANY_CAUSE
from casewise.records.cells import FIRST_YEAR
from casewise.records.sql_text import quoted, rows_of
from casewise.results import Note

_ALWAYS = ("person", "start", "end")
_IF_ASKED = {
    "value": "DOUBLE",
    "unit": "VARCHAR",
    "text": "VARCHAR",
    "visit": "VARCHAR",
    "source": "VARCHAR",
}
_OTHERWISE = {
    "source": ("standard",),
    "text": ("standard", "source"),
}
ON = {
    "standard": "s.concept = r.concept",
    "source": "s.concept = r.source_concept",
    "text": "s.code = r.code AND s.vocabulary IS NOT DISTINCT FROM r.vocabulary",
}


_FEW = 200
COPY = "copied_event"


@dataclass(frozen=True)
class Kept:
    """What is kept of each record: to read and write what nobody asks for takes as long as the
    rest. ``values`` are with their units; ``sources`` say where a record stands; of the (list,
    domain) in ``visits`` the visit it was made in is kept, ``None`` keeps all. With ``coded_once``
    no record has several rows, one a coding, of which one would have to be found."""

    values: bool = True
    texts: bool = True
    sources: bool = True
    visits: frozenset[tuple[str, str]] | None = None
    coded_once: bool = False

    def names(self) -> tuple[str, ...]:
        """The columns of the copy."""
        kept = {
            "value": self.values,
            "unit": self.values,
            "text": self.texts,
            "visit": self.visits is None or bool(self.visits),
            "source": self.sources,
        }
        return (*_ALWAYS, *(name for name, wanted in kept.items() if wanted))

    def columns(self, asked: Collection[tuple[str, str]]) -> str:
        """The copy's columns of ``raw_event AS r``, for the (list, domain) of ``asked``."""
        seen = self.visits is None or not self.visits.isdisjoint(asked)
        return ", ".join(
            f'CASE WHEN FALSE THEN r."{one}" END AS "{one}"'
            if one == "visit" and not seen
            else f'r."{one}"'
            for one in self.names()
        )


EVERYTHING = Kept()


@dataclass(frozen=True)
class Usage:
    """What was found of one list in one domain."""

    list: str
    domain: str
    records: int = 0
    patients: int = 0
    future: int = 0
    backwards: int = 0
    undated: int = 0
    early: int = 0
    strangers: int = 0
    no_visit: int = 0


def prepare(
    engine: Engine, asked: Collection[tuple[str, str]], kept: Kept = EVERYTHING
) -> dict[tuple[str, str], int]:
    """Make the copy, empty, and number each (list, domain) asked for: its ``use``."""
    numbers = {pair: number for number, pair in enumerate(dict.fromkeys(asked))}
    engine.load(
        "code_use",
        {
            "list": np.array([name for name, _ in numbers], dtype=object),
            "domain": np.array([domain for _, domain in numbers], dtype=object),
            "use": np.array(list(numbers.values()), dtype=np.int64),
        },
        {"list": "VARCHAR", "domain": "VARCHAR", "use": "SMALLINT"},
    )
    columns = ", ".join(f'r."{name}"' for name in kept.names())
    engine.table(
        COPY, f"SELECT CAST(NULL AS SMALLINT) AS use, {columns} FROM raw_event AS r WHERE FALSE"
    )
    return numbers


def match(
    engine: Engine,
    asked: Collection[tuple[str, str]],
    among: str = "",
    kept: Kept = EVERYTHING,
) -> None:
    """Add to ``matched`` the raw records of each (list, domain) asked for; with ``among``, those
    of the persons of that table alone.

    One pass over a domain's records for each way in which its lists match; O(records).
    """
    for select in selects(engine, asked, among, kept):
        engine.append(COPY, select)
    # Made anew: a view need not have the rows that came after it.
    shown = [
        f'"{name}"' if name in kept.names() else f'CAST(NULL AS {kind}) AS "{name}"'
        for name, kind in (dict.fromkeys(_ALWAYS, "") | _IF_ASKED).items()
    ]
    engine.view("matched", f"SELECT use, {', '.join(shown)} FROM {COPY}")


def selects(
    engine: Engine,
    asked: Collection[tuple[str, str]],
    among: str = "",
    kept: Kept = EVERYTHING,
) -> list[str]:
    """The statements that find the records of ``asked``, with their ``use``."""
    codes = _few_codes(engine)
    roles: dict[str, set[str]] = {}
    for row in rows_of(engine, "SELECT DISTINCT list, role FROM code_set"):
        roles.setdefault(row["list"], set()).add(row["role"])
    pairs = list(dict.fromkeys(asked))
    here = f" AND r.person IN (SELECT person FROM {among})" if among else ""
    found: list[str] = []
    for domain in dict.fromkeys(domain for _, domain in pairs):
        mine = [pair for pair in pairs if pair[1] == domain]
        if (ANY_CAUSE, "death") in mine:
            found.append(
                f"SELECT u.use, {kept.columns(mine)} FROM raw_event AS r, code_use AS u "
                f"WHERE u.list = {quoted(ANY_CAUSE)} AND u.domain = 'death' "
                f"AND r.domain = 'death'{here}"
            )
        for role in ("standard", "source"):
            having = [pair for pair in mine if role in roles.get(pair[0], ())]
            if having:
                found.append(_select(role, having, roles, kept) + here)
    # Where codes are text, the records of all domains are mostly one table, read once.
    texts = [pair for pair in pairs if "text" in roles.get(pair[0], ())]
    few, many = ([p for p in texts if (p[0] in codes) is short] for short in (True, False))
    if few:
        named = sorted({code for name, _ in few for code in codes[name]})
        found.append(f"{_select('text', few, roles, kept)}{here} AND r.code IN {_in(named)}")
    if many:
        found.append(_select("text", many, roles, kept) + here)
    return found


def _few_codes(engine: Engine) -> dict[str, list[str]]:
    """The codes of each list that has few of them. Written out, they are looked for while the
    records are read, and what else stands in a record of another code is never looked at."""
    rows = rows_of(
        engine,
        "SELECT DISTINCT list, code FROM code_set WHERE role = 'text' AND list IN (SELECT list "
        f"FROM code_set WHERE role = 'text' GROUP BY list HAVING COUNT(*) <= {_FEW})",
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["list"], []).append(row["code"])
    return found


def _select(
    role: str, asked: Collection[tuple[str, str]], roles: dict[str, set[str]], kept: Kept
) -> str:
    present = set().union(*(roles[name] for name, _ in asked))
    lists: dict[str, list[str]] = {}
    for name, domain in asked:
        lists.setdefault(domain, []).append(name)
    # Records that say no domain (a MEDS code of no known vocabulary) are of any.
    conditions = [f"(r.domain IN {_in(lists)} OR r.domain IS NULL)"]
    on = ON[role]
    if len(lists) > 1:
        on += " AND (s.domain = r.domain OR r.domain IS NULL)"
    # A record coded more than once (FHIR, MEDS) has several rows of one source, and counts once.
    once = "DISTINCT ON (s.use, r.source) " if role == "text" and not kept.coded_once else ""
    if role == "standard" and "not" in present:
        conditions.append(_none("not", "x.concept = r.source_concept"))
    for other in _OTHERWISE.get(role, ()):
        if other in present:
            conditions.append(_none(other, ON[other].replace("s.", "x.")))
    wanted = " OR ".join(
        f"(u.domain = {quoted(domain)} AND u.list IN {_in(names)})"
        for domain, names in lists.items()
    )
    return (
        f"SELECT {once}s.use, {kept.columns(asked)} FROM raw_event AS r JOIN ("
        "SELECT DISTINCT u.use, u.domain, c.* FROM code_set AS c JOIN code_use AS u "
        f"ON u.list = c.list WHERE c.role = '{role}' AND ({wanted})) AS s ON {on} "
        f"WHERE {' AND '.join(conditions)}"
    )


def _none(role: str, on: str) -> str:
    return (
        f"NOT EXISTS (SELECT 1 FROM code_set AS x WHERE x.list = s.list AND x.role = '{role}' "
        f"AND {on})"
    )


def _in(values: Iterable[str]) -> str:
    return f"({', '.join(map(quoted, values))})"


def usage(
    engine: Engine,
    numbers: Mapping[tuple[str, str], int],
    latest: dt.date,
    *,
    among: Collection[int] = (),
    patients: bool = False,
) -> dict[tuple[str, str], Usage]:
    """How much of each list was found (``numbers`` as of ``prepare``), and what is odd about it;
    ``patients`` only where they are asked for, since counting them costs as much as all the rest.
    ``among`` are uses that have a record of everybody of whom there is any; where empty, all are
    looked through. Days that are rare are counted only where there are some."""
    rare = {
        "future": ("MAX", f"> DATE '{latest}'"),
        "early": ("MIN", f"< DATE '{FIRST_YEAR}-01-01'"),
    }
    some = ", ".join(
        f"COALESCE({extreme}(start) {limit}, FALSE) AS {name}"
        for name, (extreme, limit) in rare.items()
    )
    counted = {
        row.pop("use"): row
        for row in rows_of(
            engine,
            f"""SELECT use, COUNT(*) AS records,
                {"COUNT(DISTINCT person)" if patients else "0"} AS patients,
                COUNT(CASE WHEN "end" < start THEN 1 END) AS backwards,
                COUNT(*) - COUNT(start) AS undated, COUNT(*) - COUNT(visit) AS no_visit,
                COUNT(*) - COUNT(person) AS strangers, {some}
            FROM matched GROUP BY use""",
        )
    }
    for name, (_, limit) in rare.items():
        lists = sum(row.pop(name) for row in counted.values())
        for row in _times(engine, f"WHERE start {limit}") if lists else ():
            counted[row["use"]][name] = row["n"]
    # Those of the records that the table of persons does not have: nobody, mostly.
    uses = ", ".join(map(str, among))
    strangers = (
        f"SELECT m.person FROM (SELECT DISTINCT person FROM matched"
        f"{f' WHERE use IN ({uses})' if uses else ''}) AS m WHERE NOT EXISTS "
        "(SELECT 1 FROM person AS p WHERE p.person = m.person)"
    )
    for row in _times(engine, f"WHERE person IN ({strangers})"):
        counted[row["use"]]["strangers"] += row["n"]
    return {pair: Usage(*pair, **counted.get(use, {})) for pair, use in numbers.items()}


def _times(engine: Engine, where: str) -> list[dict[str, Any]]:
    return rows_of(engine, f"SELECT use, COUNT(*) AS n FROM matched {where} GROUP BY use")


def occurs(engine: Engine, pair: tuple[str, str], *, of_anybody: bool = False) -> bool:
    """Whether a person of the records has a record of a list; or ``of_anybody``, one of those who
    stand in no table of persons too."""
    known = "" if of_anybody else " WHERE person IN (SELECT person FROM person)"
    return any(
        len(engine.query(f"SELECT use FROM ({select}) AS r{known} LIMIT 1")["use"])
        for select in selects(engine, [pair])
    )


def oddities(used: Usage, latest: dt.date, *, in_visit: bool) -> list[Note]:
    """What a reader must know of a list's records."""
    said = [
        (used.future, f"dated after {latest}, left out"),
        (used.backwards, "with an end before the start, the end taken as unknown"),
        (used.undated, "without a date"),
        (used.early, f"dated before {FIRST_YEAR}, a slip or a mark for no date"),
        (used.strangers, "of persons that the records do not have, left out"),
        (used.no_visit if in_visit else 0, "without the visit it was made in, not counted"),
    ]
    parts = [f"{number:,} {text}" for number, text in said if number]
    if not parts:
        return []
    text = f"Of {used.records:,} records of the kind {used.domain} of patients with the index "
    text += f"event: {'; '.join(parts)}."
    return [Note(kind="records", about=used.list, text=text)]
