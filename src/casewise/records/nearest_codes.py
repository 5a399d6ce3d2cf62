"""Codes that a list does not mean and perhaps should: those under its own, and those like it."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any

from casewise.engine import Engine
from casewise.errors import Problem
from casewise.records.codes import PLAIN, meets
from casewise.records.matching import ON, Usage, occurs
from casewise.records.raw import RawRecords
from casewise.records.sql_text import code_in_words, quoted, rows_of

_SHOWN = 3
# Vocabularies in which a code's beginning says what it is; elsewhere a number is a number.
_BY_BEGINNING = ("ICD10CM", "ICD10", "ICD9CM", "ICD10PCS", "ICD9Proc", "ATC", "")
_LIKE, _LONG, _MANY = 0.8, 4, 20
_SAME_IDS = "perhaps the ids of persons are written in two ways"
# Words that say nothing of what a code is.
_EMPTY = {"and", "with", "without", "the", "for", "due", "disorder", "finding", "procedure"}


def nothing_found(engine: Engine, used: Usage, raw: RawRecords) -> Problem:
    """A list that matches no record of its domain: why, and what does occur."""
    message, hint = _why_nothing(engine, used, raw)
    return Problem(message, cell=f"codes > {used.list}", hint=f"{hint}{_accept()}")


def _why_nothing(engine: Engine, used: Usage, raw: RawRecords) -> tuple[str, str]:
    """What is the matter, and what would help, with a semicolon after it."""
    if occurs(engine, (used.list, used.domain), of_anybody=True):
        message = f'no {used.domain} of the code list "{used.list}" is of a person that the '
        return f"{message}records have", f"{_SAME_IDS}; "
    message = f'the code list "{used.list}" matches no {used.domain} in these records'
    if elsewhere := _elsewhere(engine, used):
        return f"{message}; its codes stand under {elsewhere}", ""
    if under := left_out(engine, used.list, used.domain, raw):
        listed = "; ".join(f"{code}, {n:,} records" for code, n in under[:_SHOWN])
        more = f"; and {len(under) - _SHOWN} more" if len(under) > _SHOWN else ""
        way = "a * at the end of the code"
        if "concept_ancestor" in raw.concepts:
            way = '"descendants: yes"'
        hint = f"codes under its own occur: {listed}{more}; {way} takes them in"
        return message, f"{hint}; "
    if raw.has_concepts and (concept := _as_concept(engine, used.list)):
        return message, f"{concept}; "
    near = nearest_codes(engine, used.list, used.domain, raw)
    return message, f"the nearest codes that occur: {', '.join(near)}; " if near else ""


def _accept() -> str:
    return 'where that is right, write "accept: [codes without records]" in the site file'


def _elsewhere(engine: Engine, used: Usage) -> str:
    domains: list[str] = []
    for role, on in ON.items():
        rows = rows_of(
            engine,
            f"SELECT DISTINCT r.domain FROM raw_event AS r JOIN code_set AS s ON {on} "
            f"WHERE s.role = '{role}' AND s.list = {quoted(used.list)} ORDER BY 1",
        )
        domains += [row["domain"] for row in rows]
    return " and ".join(sorted({*domains} - {used.domain}))


def _as_concept(engine: Engine, name: str) -> str:
    """Where a code of a list is none of its vocabulary but the number of a concept."""
    rows = rows_of(
        engine,
        "SELECT w.code, c.concept_name AS name FROM wanted_code AS w JOIN concept AS c "
        f"ON CAST(c.concept_id AS VARCHAR) = w.code WHERE w.list = {quoted(name)} AND w.included "
        "AND w.key NOT IN ('omop', 'local') AND NOT EXISTS (SELECT 1 FROM code_seed AS s "
        "WHERE s.list = w.list AND s.key = w.key AND s.code = w.code) ORDER BY w.code LIMIT 1",
    )
    if not rows:
        return ""
    return f"{rows[0]['code']} is the OMOP concept {rows[0]['name']}: omop: {rows[0]['code']}"


def left_out(engine: Engine, name: str, domain: str, raw: RawRecords) -> list[tuple[str, int]]:
    """The codes under a list's own that occur in ``domain``, with their records that the list does
    not match, the most first. Under a code is what the vocabulary says, and in ICD what begins with
    it; not what the list itself excepts. Nothing, where the list asks for descendants."""
    asked = f"FROM wanted_code WHERE list = {quoted(name)} AND included"
    if rows_of(engine, f"SELECT 1 AS one {asked} AND descendants LIMIT 1"):
        return []
    found: dict[str, int] = {}
    concepts = _concepts(engine, "code_set", name, "role = 'standard'") if raw.has_concepts else ""
    if concepts and "concept_ancestor" in raw.concepts:
        excepted = _concepts(engine, "code_seed", name, "NOT included") or "NULL"
        found |= _counted(
            engine,
            name,
            f"""SELECT r.person, r.source, c.vocabulary_id AS vocabulary, c.concept_name AS name,
                COALESCE(c.concept_code, 'OMOP ' || CAST(r.concept AS VARCHAR)) AS code
            FROM raw_event AS r JOIN (SELECT DISTINCT descendant_concept_id AS concept
                FROM concept_ancestor WHERE ancestor_concept_id IN ({concepts})) AS u
                ON u.concept = r.concept
            LEFT JOIN concept AS c ON c.concept_id = r.concept
            LEFT JOIN (SELECT DISTINCT descendant_concept_id AS concept
                FROM concept_ancestor WHERE ancestor_concept_id IN ({excepted})) AS x
                ON x.concept = r.concept
            WHERE r.domain = {quoted(domain)} AND x.concept IS NULL
                AND COALESCE(r.concept IN ({excepted}), FALSE) = FALSE""",
            domain,
        )
    if rows_of(engine, f"SELECT 1 AS one {asked} AND icd AND NOT open LIMIT 1"):
        found |= _counted(engine, name, _longer(name, domain, raw), domain)
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def _concepts(engine: Engine, table: str, name: str, which: str) -> str:
    """The concepts of a list, written out: few where nobody asked for descendants."""
    rows = rows_of(engine, f"SELECT concept FROM {table} WHERE list = {quoted(name)} AND {which}")
    return ", ".join(sorted({str(int(row["concept"])) for row in rows}))


def _longer(name: str, domain: str, raw: RawRecords) -> str:
    """SELECT for the records whose ICD code begins with one of a list's."""
    vocabulary, code, called = "r.vocabulary", "r.code", "CAST(NULL AS VARCHAR)"
    join = ""
    if raw.has_concepts:
        vocabulary, code, called = "c.vocabulary_id", "c.concept_code", "c.concept_name"
        join = "JOIN concept AS c ON c.concept_id = r.source_concept"
    elif raw.names:
        called, join = "n.name", raw.join_names("r")
    plain = PLAIN.format("w", code)
    same = f"(w.vocabulary = {vocabulary} OR {vocabulary} IS NULL)"
    return f"""SELECT DISTINCT r.person, r.source, {vocabulary} AS vocabulary, {code} AS code,
            {called} AS name
        FROM raw_event AS r {join} JOIN wanted_code AS w ON w.list = {quoted(name)}
            AND w.included AND w.icd AND NOT w.open AND {same}
            AND STARTS_WITH({plain}, w.pattern) AND {plain} <> w.pattern
        WHERE (r.domain = {quoted(domain)} OR r.domain IS NULL)
            AND NOT EXISTS (SELECT 1 FROM wanted_code AS w WHERE w.list = {quoted(name)}
                AND NOT w.included AND {same} AND {meets(code)})"""


def _counted(engine: Engine, name: str, records: str, domain: str) -> dict[str, int]:
    """How many of ``records`` each code has, but for those that the list matches some other way."""
    rows = rows_of(
        engine,
        f"""SELECT vocabulary, code, name, COUNT(*) AS n FROM ({records}) AS r
        WHERE NOT EXISTS (SELECT 1 FROM matched AS m JOIN code_use AS u ON u.use = m.use
            WHERE u.list = {quoted(name)} AND u.domain = {quoted(domain)}
            AND m.person = r.person AND CAST(m.source AS VARCHAR) = CAST(r.source AS VARCHAR))
        GROUP BY vocabulary, code, name""",
    )
    return {code_in_words(row): int(row["n"]) for row in rows}


def nearest_codes(
    engine: Engine, name: str, domain: str, raw: RawRecords, most: int = _SHOWN
) -> list[str]:
    """The codes of ``domain`` that are most like what a list says: by code, else by name. Names
    are the list's, its local codes, and what the vocabulary calls its codes; of codes alike, those
    with the most records come first."""
    codes = rows_of(
        engine,
        "SELECT DISTINCT key, vocabulary, pattern, code FROM wanted_code "
        f"WHERE list = {quoted(name)} AND included AND key <> 'omop'",
    )
    phrases = [_words(name), *(_words(one["code"]) for one in codes if one["key"] == "local")]
    if raw.has_concepts:
        seeds = f"SELECT concept FROM code_seed WHERE list = {quoted(name)} AND included"
        called = f"SELECT concept_name AS name FROM concept WHERE concept_id IN ({seeds})"
        phrases += [_words(row["name"] or "") for row in rows_of(engine, called)]
    scored = []
    for one in _occurring(engine, domain, raw):
        by_code = max([_likeness(code, one, len(codes)) for code in codes], default=0.0)
        words = _words(one["name"] or one["code"] or "")
        by_name = max(_alike(phrase, words) for phrase in phrases)
        if by_code or by_name:
            scored.append(
                (-by_code, -by_name, -int(one["n"]), str(one["code"]), code_in_words(one))
            )
    return [shown for *_, shown in sorted(scored)[:most]]


def _occurring(engine: Engine, domain: str, raw: RawRecords) -> list[dict[str, Any]]:
    """The distinct codes of a domain with their records, and with their names where the vocabulary
    or the records have them."""
    where = f"(domain = {quoted(domain)} OR domain IS NULL)"
    own = "SELECT vocabulary, COALESCE(code, CAST(concept AS VARCHAR)) AS code, COUNT(*) AS n "
    own += f"FROM raw_event WHERE {where} GROUP BY 1, 2"
    if not raw.has_concepts and not raw.names:
        return rows_of(engine, f"SELECT *, NULL AS name FROM ({own}) AS f")
    if not raw.has_concepts:
        return rows_of(
            engine,
            f"SELECT f.*, n.name FROM ({own}) AS f {raw.join_names('f')}",
        )
    concepts = " UNION ALL ".join(
        f"SELECT {column} AS concept, COUNT(*) AS n FROM raw_event WHERE {where} "
        f"AND COALESCE({column}, 0) <> 0 GROUP BY {column}"
        for column in ("concept", "source_concept")
    )
    return rows_of(
        engine,
        "SELECT c.vocabulary_id AS vocabulary, c.concept_name AS name, MAX(f.n) AS n, "
        "COALESCE(c.concept_code, 'OMOP ' || CAST(f.concept AS VARCHAR)) AS code "
        f"FROM ({concepts}) AS f LEFT JOIN concept AS c ON c.concept_id = f.concept "
        "GROUP BY c.vocabulary_id, c.concept_name, c.concept_code, f.concept",
    )


def _likeness(wanted: dict[str, str], found: dict[str, Any], listed: int) -> float:
    """How alike two codes are, from 0 to 1: by their beginning, two characters at the least, where
    that says something; else as two spellings of one code, where few are listed."""
    if wanted["vocabulary"] and found["vocabulary"] not in (None, wanted["vocabulary"]):
        return 0
    code, other = wanted["pattern"], (found["code"] or "").upper()
    if wanted["vocabulary"] in _BY_BEGINNING:
        other = other.replace(".", "")
        shared = next(
            (n for n, (a, b) in enumerate(zip(code, other, strict=False)) if a != b),
            min(len(code), len(other)),
        )
        return shared / max(len(code), len(other)) if shared > 1 else 0
    if listed > _MANY or min(len(code), len(other)) < _LONG or abs(len(code) - len(other)) > 1:
        return 0
    match = SequenceMatcher(None, code, other, autojunk=False)
    if match.quick_ratio() < _LIKE:
        return 0
    return ratio if (ratio := match.ratio()) >= _LIKE else 0


def _words(text: str) -> set[str]:
    words = re.findall(r"[^\W\d_]{3,}", text.lower())
    # "fractures" is "fracture": the first letters say what a long word is about.
    return {word[:7] for word in words if word not in _EMPTY}


def _alike(phrase: set[str], words: set[str]) -> float:
    """The share of a phrase's words that a term has."""
    return len(phrase & words) / len(phrase) if phrase else 0
