"""What a reader of a report must know of a FHIR export: what was left out, and what was assumed."""

from __future__ import annotations

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.records.fhir_files import Export, shown
from casewise.records.fhir_kinds import KINDS, SUPPORTING, Kind
from casewise.records.fhir_versions import repeated_patients
from casewise.records.sql_text import rows_of
from casewise.results import Note

ABOUT = "FHIR export"
_EXPECTED = {
    "Encounter": "visits",
    "Condition": "conditions",
    "Procedure": "procedures",
    "Observation": "measurements",
}


def _note(text: str, kind: str = "records") -> Note:
    return Note.model_validate({"kind": kind, "about": ABOUT, "text": text})


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in sorted(counts.items()))


def of_files(export: Export, name: str) -> list[Note]:
    """What the files hold and what they lack. Raises ``RecordsError`` where there is no Patient."""
    counts = export.kinds()
    if not counts.get("Patient"):
        held = _listed(counts) or "none"
        raise RecordsError(Problem(f"no Patient resources; found: {held}", name))
    notes = [
        _note(f"The export has no {kind} resources: {what} are not in these records.", "limit")
        for kind, what in _EXPECTED.items()
        if not counts.get(kind)
    ]
    if not any(name.startswith("Medication") for name in counts):
        notes.append(_note("The export has no Medication resources of any kind.", "limit"))
    known = {kind.name for kind in KINDS} | set(SUPPORTING)
    if others := {kind: n for kind, n in counts.items() if kind not in known}:
        notes.append(_note(f"Kinds of resources that were not read: {_listed(others)}."))
    if twice := {kind: n for kind, n in export.repeated.items() if n}:
        notes.append(
            _note(
                f"Resources exported more than once, of which the latest counts: {_listed(twice)}."
            )
        )
    if export.repeated.get("Patient"):
        notes.append(_note(f"Patients exported more than once: {repeated_patients(export)}."))
    if nested := export.bundled.get("Bundle"):
        notes.append(_note(f"Bundles within Bundles, which were not read: {nested:,}."))
    if export.foreign:
        names = ", ".join(shown(path, export.folder) for path in export.foreign)
        notes.append(_note(f"Files with values that are not FHIR resources: {names}."))
    return notes


def of_visits(engine: DuckDB, refused: str) -> list[Note]:
    asked = f"""SELECT count(*) FILTER (WHERE {refused}) AS refused,
        count(*) FILTER (WHERE NOT {refused} AND p.id IS NULL) AS astray,
        count(*) FILTER (WHERE NOT {refused} AND p.id IS NOT NULL AND start IS NULL) AS undated,
        count(*) FILTER (WHERE fhir_last_day_of(ending) < fhir_first_day(start)) AS reversed,
        count(*) FILTER (WHERE fhir_is_partial(start) OR fhir_is_partial(ending)) AS partial
        FROM fhir_record AS r LEFT JOIN fhir_patient_key AS p ON r.patient = p.key"""
    found = rows_of(engine, asked)[0]
    said = {
        "refused": "{} planned, cancelled or entered in error were left out.",
        "astray": "{} of patients who are not in the export were left out.",
        "undated": "{} without a start were left out.",
        "reversed": "{} end before they start; they were taken to last one day.",
        "partial": _PARTIAL,
    }
    return _said("Encounter", found, said)


_PARTIAL = (
    "{} have a date of which only the year or month is known: a start was taken as its first day, "
    "an end as its last."
)


def of_kind(engine: DuckDB, kind: Kind) -> list[Note]:
    """What of ``fhir_record`` was left out, and what was assumed."""
    kept = "person IS NOT NULL AND refused IS NULL"
    whole = "number = 0"
    asked = f"""SELECT count(*) FILTER (WHERE {whole} AND person IS NULL) AS astray,
        count(*) FILTER (WHERE {kept} AND {whole} AND doubtful IS NOT NULL) AS doubtful,
        count(*) FILTER (WHERE {kept} AND {whole} AND start IS NULL) AS undated,
        count(*) FILTER (WHERE {kept} AND {whole} AND start IS NOT NULL
            AND start = recorded AND len([d for d in dates if d IS NOT NULL]) = 1) AS late,
        count(*) FILTER (WHERE {kept} AND len(codings) = 0) AS uncoded,
        count(*) FILTER (WHERE {kept} AND comparator IS NOT NULL) AS limits,
        count(*) FILTER (WHERE {kept} AND {whole}
            AND fhir_last_day_of(ending) < fhir_first_day(start)) AS reversed,
        count(*) FILTER (WHERE {kept} AND {whole}
            AND len([d for d in dates if fhir_is_partial(d)]) > 0) AS partial
        FROM fhir_record"""
    found = rows_of(engine, asked)[0]
    said = {
        "astray": "{} of patients who are not in the export were left out.",
        "doubtful": "{} are not confirmed; they count.",
        "undated": "{} have no date: that they happened is known, not when.",
        "late": "{} have no date of onset; the date they were recorded on was taken."
        if kind.recorded
        else "",
        "uncoded": "{} have no code; their words stand for it.",
        "limits": "{} have a limit (<5) for a value; it stands as text and not as a number.",
        "reversed": "{} end before they start; their end was left out.",
        "partial": _PARTIAL,
    }
    refused = rows_of(
        engine,
        f"""SELECT refused, count(*) AS n FROM fhir_record
        WHERE refused IS NOT NULL AND {whole} GROUP BY refused""",
    )
    notes = _said(kind.name, found, said)
    if refused:
        counts = _listed({row["refused"]: int(row["n"]) for row in refused})
        notes.insert(0, _note(f"{kind.name}: left out by their status: {counts}."))
    return notes


def _said(kind: str, found: dict[str, int], said: dict[str, str]) -> list[Note]:
    assumed = ("late", "partial", "doubtful")
    return [
        _note(
            f"{kind}: {text.format(f'{found[name]:,}')}",
            "assumption" if name in assumed else "records",
        )
        for name, text in said.items()
        if text and found[name]
    ]


def of_events(engine: DuckDB) -> list[Note]:
    """What holds for the whole export: how long patients were watched, systems not known."""
    notes = [
        _note(
            "FHIR does not say how long a patient was watched: observation was taken to last from "
            "a patient's first record to the last, or to death.",
            "assumption",
        )
    ]
    people = rows_of(
        engine,
        """SELECT count(*) FILTER (WHERE birth IS NULL) AS unborn,
            count(*) FILTER (WHERE fhir_is_partial(birth)) AS partial,
            count(*) FILTER (WHERE gender IS NULL OR gender NOT IN ('female', 'male')) AS unsexed,
            count(*) FILTER (WHERE dead AND died IS NULL) AS dead,
            count(*) FILTER (WHERE replaced) AS replaced FROM fhir_patient""",
    )[0]
    said = {
        "unborn": "{} without a date of birth.",
        "partial": "{} have a date of birth of which only the year or month is known: its first "
        "day was taken.",
        "unsexed": "{} are neither female nor male by the records.",
        "dead": "{} died on a date that the records do not say.",
        "replaced": "{} are marked as replaced by another patient and stand for themselves here.",
    }
    notes += _said("Patient", people, said)
    unknown = rows_of(
        engine,
        """SELECT system, count(*) AS n FROM fhir_event
        WHERE vocabulary IS NULL AND system IS NOT NULL GROUP BY system ORDER BY n DESC, system""",
    )
    if unknown:
        counts = ", ".join(f"{row['system']} ({int(row['n']):,})" for row in unknown[:10])
        rest = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        notes.append(
            _note(f"Code systems that are not known, found as local codes alone: {counts}{rest}.")
        )
    return notes


def of_documents(engine: DuckDB, export: Export) -> list[Note]:
    """How many documents have no text here."""
    total = export.count("DocumentReference")
    if not total:
        return []
    asked = f"""SELECT count(*) AS n FROM (SELECT [a FOR a IN
            coalesce(json_extract(json, '$.content[*].attachment'), [])
            IF (a->>'$.data') IS NOT NULL AND starts_with(
                lower(coalesce(a->>'$.contentType', 'text/plain')), 'text/plain')] AS texts
        FROM {export.of("DocumentReference")}) WHERE len(texts) = 0"""
    without = int(rows_of(engine, asked)[0]["n"])
    if not without:
        return []
    return [
        _note(
            f"{without:,} of {total:,} documents hold no plain text (a link, or another format); "
            "they are not among the notes."
        )
    ]
