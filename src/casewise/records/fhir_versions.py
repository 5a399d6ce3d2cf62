"""Several FHIR resources with one id: versions of one thing, or two things that nobody can tell
apart.

Of versions the one updated last counts. Where the resources differ and no ``meta.lastUpdated`` says
which came last, or where two Patients of one id can be nobody's versions, the export is refused.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from casewise.errors import Problem, RecordsError
from casewise.records.fhir_files import LINES, SHOWN, Export, opened, said_id, shown
from casewise.records.sql_text import rows_of

_HINT = "export each once, give each an id of its own, or let meta.lastUpdated say which is later"
_NAMED = 5


def check_versions(export: Export, kinds: Collection[str]) -> None:
    """Raises ``RecordsError`` with the files and lines of resources that share an id and are not
    versions of one another."""
    problems: list[Problem] = []
    for kind in kinds:
        if export.repeated.get(kind):
            problems += _conflicts(export, kind)
    if problems:
        raise RecordsError(problems)


def _conflicts(export: Export, kind: str) -> list[Problem]:
    people = "FALSE"
    if kind == "Patient":
        people = "count(DISTINCT born) > 1 AND count(DISTINCT gender) > 1"
    rows = rows_of(
        export.engine,
        f"""SELECT id, {people} AS people FROM (
            SELECT *, max(updated) OVER (PARTITION BY id) AS latest FROM (
                SELECT json->>'$.id' AS id, hash(json(json)) AS content,
                    {export.updated()} AS updated, json->>'$.birthDate' AS born,
                    json->>'$.gender' AS gender FROM {export.every(kind)})
            WHERE id IS NOT NULL)
        GROUP BY id HAVING {people} OR count(DISTINCT content) > 1
            AND (count(updated) < count(*)
                OR count(DISTINCT content) FILTER (updated = latest) > 1)
        ORDER BY id""",
    )
    places = places_of(export, kind, [row["id"] for row in rows[:SHOWN]])
    problems: list[Problem] = []
    for row in rows[:SHOWN]:
        message = f"{kind} resources with one id that differ, and none is later than the rest"
        if row["people"]:
            message = "Patient resources with one id, but of different birth dates and genders"
        (file, line), *others = places[row["id"]] or [("", None)]
        also = ", ".join(_place(*other) for other in others)
        message += f"; also in {also}" if also else ""
        problems.append(Problem(message, file, line, hint="" if problems else _HINT))
    if len(rows) > SHOWN:
        problems.append(Problem(f"and {len(rows) - SHOWN:,} more ids like these of {kind}"))
    return problems


def repeated_patients(export: Export) -> str:
    """Where the Patients are that stand in the export more than once: the first, in words."""
    rows = rows_of(
        export.engine,
        f"""SELECT json->>'$.id' AS id FROM {export.every("Patient")} WHERE id IS NOT NULL
            GROUP BY ALL HAVING count(*) > 1 ORDER BY id""",
    )
    places = places_of(export, "Patient", [row["id"] for row in rows[:_NAMED]])
    listed = "; ".join(" and ".join(_place(*one) for one in found) for found in places.values())
    more = len(rows) - _NAMED
    return listed + (f"; and {more:,} more" if more > 0 else "")


def places_of(
    export: Export, kind: str, ids: Collection[str]
) -> dict[str, list[tuple[str, int | None]]]:
    """File and line of each resource of a kind that has one of ``ids``; in a file that is not of
    lines, the file alone. Reads those files whole."""
    found: dict[str, list[tuple[str, int | None]]] = {id_: [] for id_ in ids}
    if not ids:
        return found
    for path in sorted({path for path, held in export.held if held in (kind, "Bundle")}):
        for line, value in _values(path):
            for resource in _inside(value):
                id_ = said_id(resource)
                if resource.get("resourceType") == kind and id_ in found:
                    place = (shown(path, export.folder), line)
                    if line is not None or place not in found[id_]:
                        found[id_].append(place)
    return found


def _values(path: Path) -> Iterator[tuple[int | None, Any]]:
    if path.name.lower().endswith(LINES):
        with opened(path) as file:
            for number, line in enumerate(file, start=1):
                if not line.isspace():
                    yield number, json.loads(line)
        return
    with opened(path) as file:
        text = file.read().decode("utf-8-sig")
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        yield None, value


def _inside(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, dict):
        return []
    if value.get("resourceType") != "Bundle":
        return [value]
    entries = value.get("entry")
    held = [entry for entry in entries if isinstance(entry, dict)] if entries else []
    return [entry["resource"] for entry in held if isinstance(entry.get("resource"), dict)]


def _place(file: str, line: int | None) -> str:
    return file if line is None else f"{file}:{line}"
