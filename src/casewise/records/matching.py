"""The records that code lists mean: found in one pass a domain, counted, and kept as ``matched``.

This copies: events and covariates are asked for several times, and what a study asks for is a
small part of all records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem
from casewise.protocol.code_lists import ANY_CAUSE
from casewise.records.raw import RAW_EVENT
from casewise.records.sql_text import quoted, rows_of
from casewise.results import Note

_OTHERWISE = {
    "source": ("standard",),
    "text": ("standard", "source"),
}
_ON = {
    "standard": "s.concept = r.concept",
    "source": "s.concept = r.source_concept",
    "text": "s.code = r.code AND s.vocabulary IS NOT DISTINCT FROM r.vocabulary",
}


@dataclass(frozen=True)
class Usage:
    """What was found of one list in one domain."""

    list: str
    domain: str
    records: int
    patients: int
    future: int
    backwards: int
    undated: int
    strangers: int
    no_visit: int


def match(engine: DuckDB, asked: Collection[tuple[str, str]]) -> None:
    """Make ``matched``: the raw records of each (list, domain) asked for, in that order.

    One pass over a domain's records for each way in which its lists match; O(records).
    """
    columns = ", ".join(f'r."{name}"' for name in RAW_EVENT)
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE matched AS SELECT CAST(NULL AS VARCHAR) AS list, "
        f"{columns} FROM raw_event AS r WHERE FALSE"
    )
    roles: dict[str, set[str]] = {}
    for row in rows_of(engine, "SELECT DISTINCT list, role FROM code_set"):
        roles.setdefault(row["list"], set()).add(row["role"])
    by_domain: dict[str, list[str]] = {}
    for name, domain in dict.fromkeys(asked):
        by_domain.setdefault(domain, []).append(name)
    for domain, lists in by_domain.items():
        if domain == "death" and ANY_CAUSE in lists:
            engine.execute(
                f"INSERT INTO matched SELECT {quoted(ANY_CAUSE)}, {columns} FROM raw_event AS r "
                "WHERE domain = 'death'"
            )
        for role in ("standard", "source", "text"):
            having = [name for name in lists if role in roles.get(name, ())]
            if having:
                _insert(engine, columns, domain, role, having, roles)


def _insert(
    engine: DuckDB,
    columns: str,
    domain: str,
    role: str,
    lists: list[str],
    roles: dict[str, set[str]],
) -> None:
    present = set().union(*(roles[name] for name in lists))
    # Records that say no domain (a MEDS code of no known vocabulary) are of any.
    of_domain = f"(r.domain = {quoted(domain)} OR r.domain IS NULL)"
    conditions = [of_domain, f"s.role = '{role}'", f"s.list IN {_in(lists)}"]
    columns = columns.replace('r."domain"', quoted(domain))
    # A record coded more than once (FHIR, MEDS) has several rows of one source, and counts once.
    once, order = "", "s.list"
    if role == "text":
        once, order = "DISTINCT ON (s.list, r.source) ", "s.list, r.source, r.vocabulary, r.code"
    if role == "standard" and "not" in present:
        conditions.append(_none("not", "x.concept = r.source_concept"))
    for other in _OTHERWISE.get(role, ()):
        if other in present:
            conditions.append(_none(other, _ON[other].replace("s.", "x.")))
    engine.execute(
        f"INSERT INTO matched SELECT {once}s.list, {columns} FROM raw_event AS r "
        f"JOIN code_set AS s ON {_ON[role]} WHERE {' AND '.join(conditions)} ORDER BY {order}"
    )


def _none(role: str, on: str) -> str:
    return (
        f"NOT EXISTS (SELECT 1 FROM code_set AS x WHERE x.list = s.list AND x.role = '{role}' "
        f"AND {on})"
    )


def _in(values: Iterable[str]) -> str:
    return f"({', '.join(map(quoted, values))})"


def usage(
    engine: DuckDB, asked: Collection[tuple[str, str]], latest: dt.date
) -> dict[tuple[str, str], Usage]:
    """How much of each list was found, and what is odd about it."""
    rows = rows_of(
        engine,
        f"""SELECT m.list, m.domain, COUNT(*) AS records, COUNT(DISTINCT m.person) AS patients,
            COUNT(*) FILTER (m.start > DATE '{latest}') AS future,
            COUNT(*) FILTER (m."end" < m.start) AS backwards,
            COUNT(*) FILTER (m.start IS NULL) AS undated,
            COUNT(*) FILTER (p.person IS NULL) AS strangers,
            COUNT(*) FILTER (m.visit IS NULL) AS no_visit
        FROM matched AS m LEFT JOIN person AS p ON p.person = m.person GROUP BY ALL""",
    )
    found = {(row["list"], row["domain"]): Usage(**row) for row in rows}
    return {one: found.get(one, Usage(*one, 0, 0, 0, 0, 0, 0, 0)) for one in asked}


def oddities(used: Usage, latest: dt.date, *, in_visit: bool) -> list[Note]:
    """What a reader must know of a list's records."""
    said = [
        (used.future, f"dated after {latest}, left out"),
        (used.backwards, "with an end before the start, the end taken as unknown"),
        (used.undated, "without a date"),
        (used.strangers, "of persons that the records do not have, left out"),
        (used.no_visit if in_visit else 0, "without the visit it was made in, not counted"),
    ]
    parts = [f"{number:,} {text}" for number, text in said if number]
    if not parts:
        return []
    text = f"Of {used.records:,} records of the kind {used.domain}: {'; '.join(parts)}."
    return [Note(kind="records", about=used.list, text=text)]


def nothing_found(engine: DuckDB, used: Usage, concepts: Collection[str]) -> Problem:
    """A list that matches no record of its domain, with the nearest codes that do occur."""
    elsewhere = _elsewhere(engine, used)
    message = f'the code list "{used.list}" matches no {used.domain} in these records'
    if elsewhere:
        return Problem(f"{message}; its codes stand under {elsewhere}", hint=_accept())
    near = nearest_codes(engine, used.list, used.domain, concepts)
    listed = ", ".join(near)
    hint = f"the nearest codes that occur: {listed}; " if near else ""
    return Problem(message, hint=hint + _accept())


def _accept() -> str:
    return 'where that is right, write "accept: [codes without records]" in the site file'


def _elsewhere(engine: DuckDB, used: Usage) -> str:
    domains: list[str] = []
    for role, on in _ON.items():
        rows = rows_of(
            engine,
            f"SELECT DISTINCT r.domain FROM raw_event AS r JOIN code_set AS s ON {on} "
            f"WHERE s.role = '{role}' AND s.list = {quoted(used.list)} ORDER BY 1",
        )
        domains += [row["domain"] for row in rows]
    return " and ".join(sorted({*domains} - {used.domain}))


def nearest_codes(
    engine: DuckDB, name: str, domain: str, concepts: Collection[str], most: int = 3
) -> list[str]:
    """The codes of ``domain`` that are most like what a list says: by code, else by its name."""
    codes = rows_of(
        engine,
        f"SELECT DISTINCT vocabulary, pattern FROM wanted_code WHERE list = {quoted(name)} "
        "AND included AND key <> 'omop'",
    )
    occurring = _occurring(engine, domain, concepts)
    scored = []
    for one in occurring:
        by_code = max([_likeness(code, one) for code in codes], default=0.0)
        by_name = _alike(name, one["name"] or "")
        if by_code or by_name:
            scored.append((-by_code, -by_name, str(one["code"]), _shown(one)))
    return [shown for *_, shown in sorted(scored)[:most]]


def _occurring(
    engine: DuckDB, domain: str, concepts: Collection[str]
) -> list[dict[str, str | None]]:
    """The distinct codes of a domain, with their names where the vocabulary has them."""
    where = f"(domain = {quoted(domain)} OR domain IS NULL)"
    if "concept" not in concepts:
        sql = "SELECT DISTINCT vocabulary, COALESCE(code, CAST(concept AS VARCHAR)) AS code, "
        return rows_of(engine, f"{sql} NULL AS name FROM raw_event WHERE {where}")
    return rows_of(
        engine,
        "SELECT vocabulary_id AS vocabulary, concept_code AS code, concept_name AS name "
        f"FROM concept WHERE concept_id IN (SELECT concept FROM raw_event WHERE {where} "
        f"UNION SELECT source_concept FROM raw_event WHERE {where})",
    )


def _likeness(wanted: dict[str, str], found: dict[str, str | None]) -> float:
    """How much of a code's beginning is shared, from 0 to 1; two characters at the least."""
    if wanted["vocabulary"] and found["vocabulary"] not in (None, wanted["vocabulary"]):
        return 0
    code, other = wanted["pattern"], (found["code"] or "").replace(".", "").upper()
    shared = next(
        (n for n, (a, b) in enumerate(zip(code, other, strict=False)) if a != b),
        min(len(code), len(other)),
    )
    return shared / max(len(code), len(other)) if shared > 1 else 0


def _alike(name: str, term: str) -> float:
    """The share of a list's words that a term has."""
    words, others = set(name.lower().split()), set(term.lower().replace(",", " ").split())
    return len(words & others) / len(words) if words else 0


def _shown(found: dict[str, str | None]) -> str:
    code = f"{found['vocabulary']} {found['code']}" if found["vocabulary"] else str(found["code"])
    return f"{code} ({found['name']})" if found["name"] else code
