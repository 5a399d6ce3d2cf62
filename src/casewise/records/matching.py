"""The records that code lists mean: found in one pass a domain, counted, and kept as ``matched``.

This copies: events and covariates are asked for several times, and what a study asks for is a
small part of all records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

import numpy as np

from casewise.engine import Engine
from casewise.protocol.code_lists import ANY_CAUSE
from casewise.records.cells import FIRST_YEAR
from casewise.records.sql_text import quoted, rows_of
from casewise.results import Note

_COLUMNS = ("person", "start", "end", "value", "unit", "text", "visit", "source")
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


@dataclass(frozen=True)
class Kept:
    """What is kept of each record. Two columns take as long to read as all others, and are null
    where nobody asks for them: with ``sources`` where a record stands, and of the (list, domain) in
    ``visits`` the visit it was made in; ``None`` keeps all. With ``coded_once`` no record has
    several rows, one a coding, of which one would have to be found."""

    sources: bool = True
    visits: frozenset[tuple[str, str]] | None = None
    coded_once: bool = False

    def columns(self, domain: str, lists: Collection[str]) -> str:
        """The columns of ``raw_event AS r``, for ``lists`` of a domain."""
        needless = set() if self.sources else {"source"}
        if self.visits is not None and not any((one, domain) in self.visits for one in lists):
            needless.add("visit")
        return ", ".join(
            f'CASE WHEN FALSE THEN r."{one}" END AS "{one}"' if one in needless else f'r."{one}"'
            for one in _COLUMNS
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


def prepare(engine: Engine, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Make ``matched``, empty, and number each (list, domain) asked for: its ``use``."""
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
    columns = EVERYTHING.columns("", ())
    engine.table(
        "matched",
        f"SELECT CAST(NULL AS SMALLINT) AS use, {columns} FROM raw_event AS r WHERE FALSE",
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
        engine.append("matched", select)


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
    by_domain: dict[str, list[str]] = {}
    for name, domain in dict.fromkeys(asked):
        by_domain.setdefault(domain, []).append(name)
    here = f" AND r.person IN (SELECT person FROM {among})" if among else ""
    found: list[str] = []
    for domain, lists in by_domain.items():
        if domain == "death" and ANY_CAUSE in lists:
            found.append(
                f"SELECT u.use, {kept.columns(domain, lists)} FROM raw_event AS r, code_use AS u "
                f"WHERE u.list = {quoted(ANY_CAUSE)} AND u.domain = 'death' "
                f"AND r.domain = 'death'{here}"
            )
        for role in ("standard", "source", "text"):
            having = [name for name in lists if role in roles.get(name, ())]
            if having:
                found.append(_select(domain, role, having, roles, kept) + here)
                if role == "text" and all(name in codes for name in having):
                    named = {code for name in having for code in codes[name]}
                    found[-1] += f" AND r.code IN {_in(sorted(named))}"
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
    domain: str, role: str, lists: list[str], roles: dict[str, set[str]], kept: Kept
) -> str:
    present = set().union(*(roles[name] for name in lists))
    # Records that say no domain (a MEDS code of no known vocabulary) are of any.
    of_domain = f"(r.domain = {quoted(domain)} OR r.domain IS NULL)"
    conditions = [of_domain]
    # A record coded more than once (FHIR, MEDS) has several rows of one source, and counts once.
    once = "DISTINCT ON (s.use, r.source) " if role == "text" and not kept.coded_once else ""
    if role == "standard" and "not" in present:
        conditions.append(_none("not", "x.concept = r.source_concept"))
    for other in _OTHERWISE.get(role, ()):
        if other in present:
            conditions.append(_none(other, ON[other].replace("s.", "x.")))
    return (
        f"SELECT {once}s.use, {kept.columns(domain, lists)} FROM raw_event AS r JOIN ("
        "SELECT DISTINCT u.use, c.* FROM code_set AS c JOIN code_use AS u ON u.list = c.list "
        f"WHERE u.domain = {quoted(domain)} AND c.role = '{role}' AND c.list IN {_in(lists)}) AS s "
        f"ON {ON[role]} "
        f"WHERE {' AND '.join(conditions)}"
    )


def _none(role: str, on: str) -> str:
    return (
        f"NOT EXISTS (SELECT 1 FROM code_set AS x WHERE x.list = s.list AND x.role = '{role}' "
        f"AND {on})"
    )


def _in(values: Iterable[str]) -> str:
    return f"({', '.join(map(quoted, values))})"


_COUNTED = [one.name for one in fields(Usage)][2:]
# Those of the records that the table of persons does not have: nobody, mostly.
_STRANGERS = (
    "SELECT m.person FROM (SELECT DISTINCT person FROM matched) AS m WHERE NOT EXISTS "
    "(SELECT 1 FROM person AS p WHERE p.person = m.person)"
)


def usage(
    engine: Engine, asked: Collection[tuple[str, str]], latest: dt.date, *, patients: bool = False
) -> dict[tuple[str, str], Usage]:
    """How much of each list was found, and what is odd about it; ``patients`` only where they are
    asked for, since counting them costs as much as all the rest."""
    counted = "COUNT(DISTINCT m.person)" if patients else "0"
    rows = rows_of(
        engine,
        f"""SELECT u.list, u.domain, {", ".join(f"n.{name}" for name in _COUNTED)} FROM (
            SELECT m.use, COUNT(*) AS records, {counted} AS patients,
                COUNT(*) FILTER (m.start > DATE '{latest}') AS future,
                COUNT(*) FILTER (m."end" < m.start) AS backwards,
                COUNT(*) FILTER (m.start IS NULL) AS undated,
                COUNT(*) FILTER (m.start < DATE '{FIRST_YEAR}-01-01') AS early,
                COUNT(s.person) + COUNT(*) FILTER (m.person IS NULL) AS strangers,
                COUNT(*) FILTER (m.visit IS NULL) AS no_visit
            FROM matched AS m LEFT JOIN ({_STRANGERS}) AS s ON s.person = m.person GROUP BY m.use
        ) AS n JOIN code_use AS u ON u.use = n.use""",
    )
    found = {(row["list"], row["domain"]): Usage(**row) for row in rows}
    return {one: found.get(one, Usage(*one)) for one in asked}


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
