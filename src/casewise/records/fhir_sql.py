"""SQL over FHIR's JSON: macros for dates and references, and the fields of a kind as columns."""

from __future__ import annotations

import re

from casewise.engine.duckdb import DuckDB
from casewise.records.fhir_files import Export
from casewise.records.fhir_kinds import CATEGORIES, Kind, Statuses, systems
from casewise.records.sql_text import quoted, quoted_list

_CODINGS = quoted('[{"system": "VARCHAR", "code": "VARCHAR", "display": "VARCHAR"}]')

# A dateTime of FHIR is a year, a month, a date or a moment. Of a moment the date is taken as it is
# written, in the offset it is written with: that is the day on the ward's calendar.
_MACROS = (
    r"""is_date(t) AS regexp_full_match(t,
        '\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?')""",
    """first_day(t) AS CASE WHEN is_date(t) THEN try_cast(CASE length(t)
        WHEN 4 THEN t || '-01-01' WHEN 7 THEN t || '-01' ELSE t[:10] END AS DATE) END""",
    """last_day_of(t) AS CASE WHEN is_date(t) THEN CASE length(t)
        WHEN 4 THEN try_cast(t || '-12-31' AS DATE)
        WHEN 7 THEN last_day(try_cast(t || '-01' AS DATE))
        ELSE try_cast(t[:10] AS DATE) END END""",
    "is_partial(t) AS coalesce(length(t) IN (4, 7), FALSE)",
    "number(t) AS CASE WHEN isfinite(try_cast(t AS DOUBLE)) THEN try_cast(t AS DOUBLE) END",
    # 'http://server/fhir/Patient/1/_history/2' and 'Patient/1' are one; a search is its question.
    r"""target(t, kind) AS CASE
        WHEN regexp_matches(t, '(^|/)' || kind || '/[A-Za-z0-9.\-]+(/_history/[^/]*)?$')
        THEN kind || '/' || regexp_extract(t, kind || '/([A-Za-z0-9.\-]+)(/_history/[^/]*)?$', 1)
        WHEN starts_with(t, kind || '?identifier=')
        THEN '?' || url_decode(t[length(kind) + 13:])
        ELSE t END""",
    "normal_system(t) AS rtrim(replace(lower(t), 'https://', 'http://'), '/')",
)


def prepare(engine: DuckDB) -> None:
    """Make the macros and the table of code systems."""
    for macro in _MACROS:
        name, _, body = macro.partition(" AS ")
        engine.execute(f"CREATE OR REPLACE TEMP MACRO fhir_{name} AS {_prefixed(body)}")
    values = ", ".join(f"({quoted(s)}, {quoted(v)})" for s, v in sorted(systems().items()))
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE fhir_system AS
        SELECT * FROM (VALUES {values}) AS t (system, vocabulary)"""
    )


def _prefixed(body: str) -> str:
    return body.replace("is_date(", "fhir_is_date(")


def keys_of(export: Export, kind: str) -> str:
    """SQL for every way to name a resource of a kind: ``key``, ``id``; a key that names two is
    left out, since nothing says which is meant."""
    identified = f"""SELECT {own_id("json", "url")} AS id, url,
        from_json(json_extract(json, '$.identifier'),
            '[{{"system": "VARCHAR", "value": "VARCHAR"}}]') AS identifiers
        FROM {export.of(kind)}"""
    return f"""SELECT key, min(id) AS id FROM (
        SELECT unnest([{quoted(kind + "/")} || id, 'urn:uuid:' || id, fhir_target(url, '{kind}')]
            || flatten([['?' || i.value, '?' || coalesce(i.system, '') || '|' || i.value]
                for i in coalesce(identifiers, [])])) AS key, id
        FROM ({identified}))
        WHERE key IS NOT NULL GROUP BY key HAVING count(DISTINCT id) = 1"""


def own_id(json: str, url: str) -> str:
    """A resource's id; in a Bundle an entry's address can stand for it."""
    return (
        f"coalesce(nullif({json}->>'$.id', ''), "
        f"regexp_extract({url}, '([A-Za-z0-9.\\-]+)$', 1), left(md5({json}::VARCHAR), 16))"
    )


def reference(path: str, kind: str) -> str:
    """SQL for the key of a reference, by address, by search or by identifier."""
    system, value = f"json->>'$.{path}.identifier.system'", f"json->>'$.{path}.identifier.value'"
    return (
        f"coalesce(fhir_target(json->>'$.{path}.reference', '{kind}'), "
        f"'?' || coalesce({system}, '') || '|' || ({value}))"
    )


def extraction(export: Export, kind: Kind) -> str:
    """SQL for a kind's resources as columns of text, one row each; an Observation's components
    are rows of their own.

    Columns: id, part, patient, encounter, dates (every text that should be a date), start, ending,
    recorded, refused, doubtful, amount (text), comparator, unit, words, days, domain, codings,
    phrase.
    """
    dates = list(dict.fromkeys([*kind.start, *kind.end, *([kind.recorded] * bool(kind.recorded))]))
    value, unit, words, domain = _value(kind)
    days = _days(f"json->>'$.{kind.days}") if kind.days else "NULL::VARCHAR"
    visit = reference(kind.visit, "Encounter") if kind.visit else "NULL"
    concept, phrase = _concept(kind)
    fields = f"""{own_id("json", "url")} AS id, file, part AS number,
        {reference(kind.patient, "Patient")} AS patient, {visit} AS encounter,
        [{", ".join(f"json->>'$.{path}'" for path in dates)}]::VARCHAR[] AS dates,
        {_first(kind.start)} AS start, {_first(kind.end)} AS ending,
        {f"json->>'$.{kind.recorded}'" if kind.recorded else "NULL"} AS recorded,
        {_status(kind.refused)} AS refused, {_status(kind.doubtful)} AS doubtful,
        {value} AS amount, {f"own->>'$.{kind.quantity}.comparator'" if kind.quantity else "NULL"}
        AS comparator, {unit} AS unit, {words} AS words, {days} AS days, {domain} AS domain,
        list_distinct([c for c in coalesce({concept}, []) if c.code IS NOT NULL]) AS codings,
        {phrase} AS phrase"""
    if kind.name != "Observation":
        fields = re.sub(r"\bown\b", "json", fields)
    return _at_once(fields, _parts(export, kind))


def _at_once(fields: str, relation: str) -> str:
    """SELECT with every text taken out of the JSON by one reading of it: each ``->>`` by itself
    would read the whole resource again."""
    lists = []
    for source in ("json", "own"):
        found = dict.fromkeys(re.findall(rf"\b{source}->>'([^'*]+)'", fields))
        for place, path in enumerate(found, start=1):
            fields = fields.replace(f"{source}->>'{path}'", f"said_{source}[{place}]")
        if found:
            paths = quoted_list(found)
            lists.append(f"json_extract_string({source}, {paths}) AS said_{source}")
    return f"SELECT {fields} FROM (SELECT *, {', '.join(lists)} FROM {relation})"


def _days(path: str) -> str:
    """A duration's value where it is in days; FHIR's other units of time are not counted on."""
    unit = f"coalesce({path}.code', {path}.unit', 'd')"
    return f"CASE WHEN lower({unit}) IN ('d', 'day', 'days') THEN {path}.value' END"


def _parts(export: Export, kind: Kind) -> str:
    if kind.name != "Observation":
        return f"(SELECT json, json AS own, url, file, 0 AS part FROM {export.of(kind.name)})"
    return f"""(SELECT json, url, file, unnest(list_prepend(json, components)) AS own,
        unnest(range(0, len(components) + 1)) AS part
        FROM (SELECT json, url, file, coalesce(json_extract(json, '$.component[*]'), [])
            AS components FROM {export.of(kind.name)}))"""


def _first(paths: tuple[str, ...]) -> str:
    if not paths:
        return "NULL::VARCHAR"
    return "coalesce(" + ", ".join(f"json->>'$.{path}'" for path in paths) + ", NULL)"


def _status(statuses: Statuses) -> str:
    """The first status among those listed that a resource has, else null."""
    found = []
    for path, codes in statuses.items():
        have = f"json->>'$.{path}'"
        said = quoted_list(codes)
        if "[*]" in path:
            every = f"json_extract_string(json, '$.{path}')"
            found.append(f"list_intersect({every}, {said})[1]")
        else:
            label = quoted(path) if codes == ("true",) else have
            found.append(f"CASE WHEN list_contains({said}, {have}) THEN {label} END")
    return f"coalesce({', '.join(found)}, NULL)" if found else "NULL::VARCHAR"


def _value(kind: Kind) -> tuple[str, str, str, str]:
    """SQL for the value as a text, its unit, a value in words, and the domain."""
    if not kind.quantity:
        return "NULL::VARCHAR", "NULL::VARCHAR", "NULL::VARCHAR", quoted(kind.domain)
    path = f"own->>'$.{kind.quantity}"
    amount, unit = f"{path}.value'", f"coalesce({path}.code', {path}.unit')"
    if kind.name != "Observation":
        return amount, unit, "NULL::VARCHAR", quoted(kind.domain)
    amount = f"coalesce({amount}, own->>'$.valueInteger')"
    words = """coalesce(own->>'$.valueString', own->>'$.valueCodeableConcept.text',
        own->>'$.valueCodeableConcept.coding[0].display',
        own->>'$.valueCodeableConcept.coding[0].code', own->>'$.valueDateTime',
        CASE own->>'$.valueBoolean' WHEN 'true' THEN 'yes' WHEN 'false' THEN 'no' END)"""
    category = "json_extract_string(json, '$.category[*].coding[*].code')"
    cases = " ".join(
        f"WHEN list_contains({category}, {quoted(code)}) THEN {quoted(domain)}"
        for code, domain in CATEGORIES.items()
    )
    numbered = f"WHEN {amount} IS NOT NULL THEN 'measurement'"
    return amount, unit, words, f"CASE {cases} {numbered} ELSE 'observation' END"


def _concept(kind: Kind) -> tuple[str, str]:
    """SQL for a concept's codings and its words; a medication may be a resource of its own,
    in the same resource (``#1``) or elsewhere (joined later by ``medication``)."""
    codings = f"from_json(json_extract(own, '$.{kind.concept}.coding'), {_CODINGS})"
    phrase = f"coalesce(own->>'$.{kind.concept}.text', own->>'$.{kind.concept}.coding[0].display'"
    if not kind.medication:
        return codings, phrase + ")"
    pointer = "json->>'$.medicationReference.reference'"
    inside = f"""[c for c in coalesce(json_extract(json, '$.contained[*]'), [])
        if '#' || (c->>'$.id') = {pointer}][1]"""
    held = f"""from_json(json_extract({inside}, '$.code.coding'), {_CODINGS})"""
    elsewhere = f"""(SELECT any_value(codings) FROM fhir_medication
        WHERE key = fhir_target({pointer}, 'Medication'))"""
    said = f"({inside})->>'$.code.text', json->>'$.medicationReference.display')"
    return f"coalesce({codings}, {held}, {elsewhere})", f"{phrase}, {said}"


def medications(export: Export) -> str:
    """SQL for the codings of each Medication, by every way to name it."""
    return f"""SELECT key, codings FROM ({keys_of(export, "Medication")}) AS k JOIN (
        SELECT {own_id("json", "url")} AS id,
            from_json(json_extract(json, '$.code.coding'), {_CODINGS}) AS codings
        FROM {export.of("Medication")}) AS m USING (id)"""
