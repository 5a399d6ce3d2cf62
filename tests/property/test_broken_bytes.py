"""Records whose bytes were damaged anywhere are read, or refused as the user's: never a defect.

Every patient here is made up.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewise import records
from casewise.errors import RecordsError
from casewise.protocol.model import Study
from casewise.protocol.warehouse import WarehouseSite
from omop_support import STUDY, small, write

TODAY = dt.date(2022, 1, 1)
CODED = STUDY | {
    "codes": {
        "the drug": {"rxnorm": "1"},
        "the other drug": {"rxnorm": "2"},
        "bleeding": {"icd10cm": "K92.2"},
    }
}
EVENTS = [
    ("p1", "2020-01-01", "1", "RxNorm", "drug"),
    ("p2", "2020-02-01", "2", "RxNorm", "drug"),
    ("p1", "2020-03-02", "K92.2", "ICD10CM", "condition"),
    ("p2", "2020-04-01", "", "", "death"),
]
COLUMNS = ("patient", "time", "code", "vocabulary", "domain")
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"


def omop_csv(folder: Path) -> tuple[Path, dict[str, Any]]:
    write(folder / "cdm", small(), "csv")
    return folder / "cdm" / "condition_occurrence.csv", {"omop": "cdm"}


def omop_gzip(folder: Path) -> tuple[Path, dict[str, Any]]:
    file, said = omop_csv(folder)
    packed = file.with_name(f"{file.name}.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    return packed, said


def omop_parquet(folder: Path) -> tuple[Path, dict[str, Any]]:
    write(folder / "cdm", small())
    return folder / "cdm" / "condition_occurrence.parquet", {"omop": "cdm"}


def table(folder: Path) -> tuple[Path, dict[str, Any]]:
    text = "\n".join(map(",".join, [COLUMNS, *EVENTS])) + "\n"
    (folder / "events.csv").write_text(text)
    return folder / "events.csv", {"table": "events.csv", "columns": {c: c for c in COLUMNS}}


def fhir(folder: Path) -> tuple[Path, dict[str, Any]]:
    made: list[dict[str, Any]] = [{"resourceType": "Patient", "id": p} for p in ("p1", "p2")]
    for number, (person, day, code, vocabulary, domain) in enumerate(EVENTS[:3]):
        about = {"id": str(number), "subject": {"reference": f"Patient/{person}"}}
        system = RXNORM if vocabulary == "RxNorm" else ICD10CM
        concept = {"coding": [{"system": system, "code": code, "display": "d"}]}
        if domain == "drug":
            more = {"medicationCodeableConcept": concept, "authoredOn": day}
            made.append({"resourceType": "MedicationRequest", **about, **more})
        else:
            made.append(
                {"resourceType": "Condition", **about, "code": concept, "onsetDateTime": day}
            )
    (folder / "export").mkdir()
    file = folder / "export" / "all.ndjson"
    file.write_text("".join(json.dumps(one) + "\n" for one in made))
    return file, {"fhir": "export"}


def meds(folder: Path) -> tuple[Path, dict[str, Any]]:
    (folder / "set" / "data").mkdir(parents=True)
    file = folder / "set" / "data" / "0.parquet"
    rows = ", ".join(
        f"({int(person[1])}, TIMESTAMP '{day}', '{vocabulary or 'MEDS_DEATH'}"
        f"{'//' + code if code else ''}')"
        for person, day, code, vocabulary, _ in EVENTS
    )
    duckdb.sql(
        f'COPY (SELECT * FROM (VALUES {rows}) AS t (subject_id, "time", code)) '
        f"TO '{file}' (FORMAT parquet)"
    )
    return file, {"meds": "set"}


Made = Callable[[Path], tuple[Path, dict[str, Any]]]
KINDS: list[Made] = [omop_csv, omop_gzip, omop_parquet, table, fhir, meds]
PIECES = [b"", b"\0", b"\xff", b'"', b",", b"\n", b"\r", b"-", b"9", b"e", b"[", b"\xef\xbb\xbf"]


@st.composite
def damage(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A part of the file cut out, doubled, or written over."""
    start, length = draw(st.floats(0, 1)), draw(st.integers(0, 40))
    piece = draw(st.sampled_from(PIECES)) * draw(st.integers(1, 9))
    what = draw(st.sampled_from(["cut", "double", "replace", "truncate"]))

    def damaged(data: bytes) -> bytes:
        at = int(start * len(data))
        before, part, after = data[:at], data[at : at + length], data[at + length :]
        return {
            "cut": before + after,
            "double": before + part + part + after,
            "replace": before + piece + after,
            "truncate": before,
        }[what]

    return damaged


def opens(made: Made, change: Callable[[bytes], bytes]) -> bool:
    """Whether the records are read; they are refused as the user's otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        file, said = made(Path(folder))
        file.write_bytes(change(file.read_bytes()))
        study = Study.model_validate(STUDY if "omop" in said else CODED)
        site = WarehouseSite.model_validate({"records": said})
        try:
            source = records.open(study, site, Path(folder), today=TODAY)
        except RecordsError:
            return False
        source.close()
        return not source.errors


@pytest.mark.parametrize("made", KINDS)
def test_whole_records_are_read(made: Made) -> None:
    assert opens(made, lambda data: data)


@pytest.mark.parametrize("made", KINDS)
@given(change=damage())
@settings(max_examples=25, derandomize=True, deadline=None)
def test_damaged_records_are_read_or_refused(made: Made, change: Callable[[bytes], bytes]) -> None:
    opens(made, change)
