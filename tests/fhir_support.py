"""FHIR resources made up for tests, and an export of them opened. No patient here is real."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

from casewise.engine.duckdb import DuckDB
from casewise.records.fhir import open_fhir
from casewise.records.raw import RawRecords
from casewise.records.sql_text import rows_of

Resource = dict[str, Any]
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"


def patient(name: str = "p1", **more: Any) -> Resource:
    made = {"resourceType": "Patient", "id": name, "gender": "female", "birthDate": "1960-05-04"}
    return made | more


def concept(*codings: tuple[str, str], text: str | None = None) -> Resource:
    made: Resource = {"coding": [{"system": system, "code": code} for system, code in codings]}
    return made if text is None else made | {"text": text}


def condition(name: str = "c1", icd: str = "M33.1", **more: Any) -> Resource:
    return {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": "Patient/p1"},
        "code": concept((ICD10CM, icd)),
        "onsetDateTime": "2020-03-04",
    } | more


def of(kind: str, name: str, **more: Any) -> Resource:
    """A resource of patient p1."""
    return {"resourceType": kind, "id": name, "subject": {"reference": "Patient/p1"}} | more


def write(folder: Path, *resources: Resource, name: str = "export.ndjson") -> Path:
    text = "".join(json.dumps(resource) + "\n" for resource in resources)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def bundle(*resources: Resource, urls: tuple[str, ...] = ()) -> Resource:
    entries = [{"resource": resource} for resource in resources]
    for entry, url in zip(entries, urls, strict=False):
        entry["fullUrl"] = url  # type: ignore[assignment]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, dt.datetime) else value


class Opened:
    """An export opened; ``rows`` answers SQL."""

    def __init__(self, path: Path) -> None:
        self.engine = DuckDB()
        self.records: RawRecords = open_fhir(self.engine, path)
        self.notes = [note.text for note in self.records.notes]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        found = rows_of(self.engine, sql)
        return [{name: _day(value) for name, value in row.items()} for row in found]

    def values(self, sql: str) -> list[Any]:
        return [next(iter(row.values())) for row in self.rows(sql)]

    def events(self, columns: str = "code") -> list[Any]:
        """Events but deaths, in the order of their sources."""
        asked = f"SELECT {columns} FROM raw_event WHERE domain <> 'death' ORDER BY source, code"
        found = [tuple(row.values()) for row in self.rows(asked)]
        return [row[0] if len(row) == 1 else row for row in found]


def opened(folder: Path, *resources: Resource) -> Opened:
    write(folder, *resources)
    return Opened(folder)
