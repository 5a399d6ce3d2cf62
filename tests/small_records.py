"""Records written in a few lines, for tests: made-up patients, one event a tuple."""

from __future__ import annotations

from typing import Any

import numpy as np

from casewise.analysis.run import run as analysed
from casewise.cohort import Dataset, build
from casewise.engine.duckdb import DuckDB
from casewise.protocol.model import Study
from casewise.records.canonical import EVENT, OBSERVATION, PERSON, Records
from casewise.results import Provenance, Results

NAT = "NaT"


def _dates(values: list[str | None]) -> np.ndarray[Any, Any]:
    return np.array([value or NAT for value in values], dtype="datetime64[D]")


def _texts(values: list[str | None]) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=object)


def _numbers(values: list[float | None]) -> np.ndarray[Any, Any]:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def records(
    patients: dict[str, dict[str, Any]],
    events: list[tuple[Any, ...]] = (),  # type: ignore[assignment]
    covariates: list[tuple[str, str, Any]] = (),  # type: ignore[assignment]
    undated: frozenset[str] = frozenset(),
    watched: bool = True,
) -> Records:
    """``patients``: id to birth, age, sex, last (last day seen).

    ``events``: (patient, event, date) and optionally a value; the date may be None (it happened,
    nobody knows when), "?" (the records do not say whether) or "-" (it cannot apply).
    ``covariates``: (patient, name, value), "?" not documented, "-" not applicable.
    """
    engine = DuckDB()
    ids = list(patients)
    engine.load(
        "person",
        {
            "person": _texts(list(ids)),
            "birth": _dates([patients[i].get("birth") for i in ids]),
            "age": _numbers([patients[i].get("age") for i in ids]),
            "sex": _texts([patients[i].get("sex") for i in ids]),
        },
        PERSON,
    )
    seen = ids if watched else []
    engine.load(
        "observation",
        {
            "person": _texts(list(seen)),
            "start": _dates([None] * len(seen)),
            "end": _dates([patients[i].get("last") for i in seen]),
        },
        OBSERVATION,
    )
    engine.load("event", _event_columns(list(events), list(covariates)), EVENT)
    return Records(engine=engine, read=tuple, undated=undated, lines=frozenset({"drug"}))


def _event_columns(
    events: list[tuple[Any, ...]], covariates: list[tuple[str, str, Any]]
) -> dict[str, np.ndarray[Any, Any]]:
    rows: list[tuple[Any, ...]] = []
    for person, code, date, *value in events:
        status = {"?": "not documented", "-": "not applicable"}.get(date, "occurred")
        start = None if date in ("?", "-") else date
        rows.append((person, "event", code, start, value[0] if value else None, None, status))
    for person, code, value in covariates:
        status = {"?": "not documented", "-": "not applicable"}.get(value, "occurred")
        number = float(value) if isinstance(value, int | float) else None
        text = value if isinstance(value, str) and status == "occurred" else None
        rows.append((person, "covariate", code, None, number, text, status))
    person, domain, code, start, value, text, status = (
        map(list, zip(*rows, strict=True)) if rows else ([] for _ in range(7))
    )
    blank: list[str | None] = [None] * len(rows)
    return {
        "person": _texts(person),
        "domain": _texts(domain),
        "code": _texts(code),
        "vocabulary": _texts(["protocol"] * len(rows)),
        "start": _dates(start),
        "end": _dates(blank),
        "value": _numbers(value),
        "unit": _texts(blank),
        "text": _texts(text),
        "visit": _texts(blank),
        "status": _texts(status),
        "source": _texts([f"row {n}" for n in range(len(rows))]),
    }


EVENTS = {
    "admission": {"visit": "inpatient"},
    "discharge": {"visit end": "inpatient"},
    "drug": {"drug": "a drug"},
    "stroke": {"condition": "stroke"},
    "readmission": {"visit": "inpatient", "after": "discharge"},
    "death": {"death": "any cause"},
}


def study(**parts: Any) -> Study:
    """A small protocol; what a test says replaces the default."""
    protocol = {
        "title": "Made up",
        "events": EVENTS,
        "cohort": {"index": "first admission"},
        "arms": {"drug": {"event": "drug", "within": "7 days"}, "no drug": "otherwise"},
        "outcomes": {"death by 30 days": {"event": "death", "within": "30 days"}},
    }
    return Study.model_validate(protocol | parts)


PROVENANCE = Provenance(casewise="0", protocol_sha256="", site_sha256="")


def run(protocol: Study, source: Records) -> Results:
    """The results of a protocol on records."""
    data = build(protocol, source)
    return analysed(protocol, data, protocol="", notice="made up", provenance=PROVENANCE)


def dataset(protocol: Study, source: Records) -> Dataset:
    return build(protocol, source)
