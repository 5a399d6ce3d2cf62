"""The made-up charts of the plasma-exchange example as an OMOP CDM, table by table.

That something is not documented, or cannot apply, is an observation whose value says so. The line
of therapy is the number of the episode, a regimen, that a drug or procedure belongs to.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from casewise import records
from casewise.protocol import read
from casewise.protocol.resolve import covariate_type
from casewise.records.sql_text import rows_of

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "plasma_exchange"
BORN_BEFORE = dt.date(1990, 1, 1)
STEMS = {
    "condition": ("condition_occurrence", "condition", "condition_start_date"),
    "procedure": ("procedure_occurrence", "procedure", "procedure_date"),
    "drug": ("drug_exposure", "drug", "drug_exposure_start_date"),
    "measurement": ("measurement", "measurement", "measurement_date"),
    "observation": ("observation", "observation", "observation_date"),
}


def build(folder: Path) -> Path:
    """Write the CDM as CSV files and a site file for it; answers the site file."""
    study, site = read(EXAMPLE / "study.yaml", EXAMPLE / "site.yaml")
    opened = records.open(study, site, EXAMPLE)
    engine = opened.engine
    ids = {
        row["person"]: number
        for number, row in enumerate(rows_of(engine, "SELECT person FROM person ORDER BY 1"), 1)
    }
    rows = rows_of(engine, "SELECT * FROM event ORDER BY person, start, code")
    admitted = {r["person"]: r["start"] for r in rows if r["code"] == "admission" and r["start"]}
    tables: dict[str, list[dict[str, Any]]] = {"person": [], "observation_period": []}
    people = rows_of(
        engine,
        'SELECT p.*, o."end" AS seen FROM person AS p JOIN observation AS o USING (person) '
        "ORDER BY 1",
    )
    for one in people:
        day = admitted.get(one["person"])
        born = (
            None
            if one["age"] is None or day is None
            else day.replace(year=day.year - int(one["age"]))
        )
        tables["person"].append(
            {
                "person_id": ids[one["person"]],
                "gender_concept_id": {"female": 8532, "male": 8507}.get(one["sex"], 0),
                "year_of_birth": born.year if born else 1950,
                "month_of_birth": born.month if born else 1,
                "day_of_birth": born.day if born else 1,
            }
        )
        tables["observation_period"].append(
            {
                "person_id": ids[one["person"]],
                "observation_period_start_date": BORN_BEFORE,
                "observation_period_end_date": one["seen"],
            }
        )
    bound = _events(study, rows, ids, admitted, tables, opened.lines)
    codes = _covariates(study, rows, ids, admitted, tables)
    for name, table in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            header = list(dict.fromkeys(key for row in table for key in row))
            made = csv.DictWriter(file, header, restval="")
            made.writeheader()
            made.writerows(table)
    words = {
        word
        for event in study.events.values()
        for domain, word in event.words().items()
        if domain in STEMS
    }
    text = {
        "notice": site.notice,
        "records": {"omop": "."},
        "extracted": "2022-12-31",
        "codes": {word: {"local": word} for word in sorted(words)},
        "events": bound,
        "baseline": codes,
        "accept": ["codes without records"],
    }
    with (folder / "site.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(text, file)
    return folder / "site.yaml"


def _add(tables: dict[str, list[dict[str, Any]]], domain: str, **row: Any) -> None:
    name, stem, date = STEMS[domain]
    table = tables.setdefault(name, [])
    table.append(
        {
            f"{name}_id": len(table) + 1,
            "person_id": row["person"],
            f"{stem}_concept_id": 0,
            f"{stem}_source_value": row["code"],
            date: row["start"],
            "visit_occurrence_id": row.get("visit", ""),
            "value_as_number": row.get("value", ""),
            "value_as_string": row.get("text", ""),
            "unit_source_value": row.get("unit", ""),
        }
    )


def _silence(tables: Any, ids: Any, admitted: Any, row: Any) -> dict[str, Any]:
    """An observation of what a chart says in an answer's place, and how a site file reads it."""
    person = row["person"]
    day = admitted.get(person, BORN_BEFORE)
    told = {"person": ids[person], "start": day, "code": row["code"], "text": row["status"]}
    _add(tables, "observation", **told)
    return {row["status"]: {"observation": {"local": row["code"]}, "value": row["status"]}}


def _in_line(tables: Any, row: Any, person: int, domain: str) -> None:
    """The last row of a domain's table as part of the regimen that is this line of therapy."""
    episodes = tables.setdefault("episode", [])
    named = f"{row['code']}, line {row['value']:g}"
    mine = [e for e in episodes if (e["person_id"], e["episode_source_value"]) == (person, named)]
    if not mine:
        mine = [
            {
                "episode_id": len(episodes) + 1,
                "person_id": person,
                "episode_concept_id": 32531,
                "episode_start_date": row["start"],
                "episode_number": int(row["value"]),
                "episode_source_value": named,
            }
        ]
        episodes += mine
    tables.setdefault("episode_event", []).append(
        {
            "episode_id": mine[0]["episode_id"],
            "event_id": len(tables[STEMS[domain][0]]),
            "episode_event_field_concept_id": {"drug": 1147094, "procedure": 1147082}[domain],
        }
    )


def _events(
    study: Any, rows: Any, ids: Any, admitted: Any, tables: Any, lines: frozenset[str]
) -> dict[str, dict[str, Any]]:
    visits = tables.setdefault("visit_occurrence", [])
    bound: dict[str, dict[str, Any]] = {}
    for name in lines:
        bound[name] = study.events[name].words() | {"line": True}
    tables["death"] = []
    left = {r["person"]: r["start"] for r in rows if r["code"] == "discharge" and r["start"]}
    for row in rows:
        if row["domain"] == "event" and row["status"] != "occurred":
            words = study.events[row["code"]].words()
            bound.setdefault(row["code"], words).update(_silence(tables, ids, admitted, row))
            continue
        if row["domain"] != "event" or row["start"] is None:
            continue
        event, person = study.events[row["code"]], ids[row["person"]]
        words = event.words()
        if "death" in words:
            tables["death"].append({"person_id": person, "death_date": row["start"]})
            continue
        if "visit_end" in words:
            continue
        told = {"person": person, "start": row["start"]}
        if words.pop("visit", None) is not None:
            told["visit"] = len(visits) + 1
            first = row["code"] == "admission"
            visits.append(
                {
                    "visit_occurrence_id": told["visit"],
                    "person_id": person,
                    "visit_concept_id": 9201,
                    "visit_start_date": row["start"],
                    "visit_end_date": left.get(row["person"], "") if first else "",
                }
            )
        for domain, word in words.items():
            _add(tables, domain, code=word, **told)
            if row["code"] in lines and row["value"] is not None:
                _in_line(tables, row, person, domain)
    return bound


def _covariates(
    study: Any, rows: Any, ids: Any, admitted: Any, tables: Any
) -> dict[str, dict[str, Any]]:
    codes: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["domain"] != "covariate":
            continue
        name, kind = row["code"], covariate_type(study, row["code"])
        choices = study.baseline[name].choices
        codes.setdefault(name, {}).update(
            {
                "number": {"measurement": {"local": name}},
                "yes or no": {"yes": {"observation": {"local": name}, "value": "yes"}},
                "category": {
                    "values": {c: {"observation": {"local": f"{name}: {c}"}} for c in choices}
                },
            }[kind or "number"]
        )
        if row["status"] != "occurred":
            codes[name].update(_silence(tables, ids, admitted, row))
            continue
        day = admitted.get(row["person"])
        if day is None:
            continue
        told = {"person": ids[row["person"]], "start": day}
        if kind == "number":
            unit = study.baseline[name].unit
            _add(tables, "measurement", code=name, value=row["value"], unit=unit, **told)
        elif kind == "category":
            _add(tables, "observation", code=f"{name}: {row['text']}", **told)
        elif row["text"] == "yes":
            _add(tables, "observation", code=name, text="yes", **told)
    return codes
