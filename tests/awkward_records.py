"""A made-up OMOP CDM with all that is awkward in real ones, and a study that meets it.

Ids are negative and of 64 bits, dates reach 2110, visits do not end, deaths are recorded twice,
records name persons and visits that are not there, units are mixed, birthdays are not whole.
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from omop_support import Cdm, ancestor, concept, maps

DRUG, OTHER, BLEED, DEEP, GLUCOSE, SMOKES, STENT, ICD_BLEED, ICD_OTHER = range(100, 109)
FIRST = dt.date(2018, 1, 31)
KINDS = [9201, 9202, 9203, 262, 0]

STUDY = """
title: Awkward records
events:
  drug:      {drug: the drug}
  other:     {drug: the other drug, gap: 10 days}
  start:     {any of: [drug, other]}
  bleed:     {condition: bleeding}
  coded:     {condition: bleeding by its ICD code}
  in stay:   {visit: inpatient, condition: bleeding}
  left:      {visit end: inpatient}
  admission: {visit: inpatient, gap: 1 day}
  high:      {measurement: glucose, value: ">= 5.5"}
  stent:     {procedure: stent}
  death:     {death: any cause}
cohort:
  index: first start
  include:
    not alone: {any of: [{age: ">= 18"}, {sex: female}, {event: bleed, until: index}]}
  exclude:
    stent before: {event: stent, until: 1 day before}
arms:
  drug:  {event: drug, within: 0 days}
  other: otherwise
baseline:
  age:
  sex:
  glucose: {unit: mmol/L, until: index, take: highest}
  smoking: {choices: [never, now]}
  bleed before: {event: bleed, until: 1 day before}
  anaemia: {type: yes or no}
outcomes:
  bleed by 3 months: {event: bleed, from: 1 day after, within: 3 months}
  time to death: {time to: death, within: 2 years}
  stay: {time: index to left, competing: death}
  coded bleeds: {count: coded, within: 1 year}
harms:
  high glucose: {event: high, within: 1 year}
  bleed in a stay: {event: in stay, within: 1 year}
treatments: [drug, other]
codes:
  the drug: {omop: 100}
  the other drug: {omop: 101}
  bleeding: {omop: 102, descendants: yes, except: {omop: 999}}
  bleeding by its ICD code: {icd10cm: K92.*, except: {icd10cm: K92.9}}
  glucose: {loinc: 2345-7}
  stent: {local: [ST-1, "ST-2*"]}
"""
SITE = """
records: {omop: cdm.duckdb, schema: main}
extracted: 2021-06-30
accept: [codes without records]
events:
  high: {measurement: glucose, unit: mmol/L, multiply: {mg/dL: 0.0555}}
baseline:
  glucose: {measurement: glucose, unit: mmol/L, multiply: {mg/dL: 0.0555}}
  smoking: {values: {never: {observation: {omop: 105}, value: "no"}, now: {observation: {omop: 105}, value: "yes"}}}
  anaemia: {yes: {condition: {icd10cm: D64.9}}}
"""  # noqa: E501


def awkward(seed: int, persons: int = 60) -> Cdm:
    draw = Random(seed)
    ids = [draw.randrange(-(2**63), 2**63) for _ in range(persons)]
    strangers = [*ids, 12345]

    def day(reach: int = 900) -> str:
        if draw.random() < 0.03:
            return "2110-03-01"
        return (FIRST + dt.timedelta(days=draw.randrange(reach))).isoformat()

    def later(start: str, missing: float) -> str | None:
        if draw.random() < missing:
            return None
        shift = dt.timedelta(days=draw.choice([-1, 0, 1, 5, 30]))
        return (dt.date.fromisoformat(start) + shift).isoformat()

    visits = []
    for number in range(persons * 2):
        start = day()
        visits.append(
            {
                "visit_occurrence_id": draw.randrange(-(2**40), 2**40) * 2 + number % 2,
                "person_id": draw.choice(ids),
                "visit_start_date": start,
                "visit_end_date": later(start, 0.3),
                "visit_concept_id": draw.choice(KINDS),
            }
        )
    seen = [visit["visit_occurrence_id"] for visit in visits]

    def in_visit() -> dict[str, Any]:
        if draw.random() < 0.5:
            return {"person_id": draw.choice(strangers), "visit_occurrence_id": None}
        visit = draw.choice(visits)
        other = draw.choice(seen) if draw.random() < 0.1 else visit["visit_occurrence_id"]
        return {"person_id": visit["person_id"], "visit_occurrence_id": other}

    conditions = []
    for number in range(persons * 3):
        start, source = day(), draw.choice([0, ICD_BLEED, ICD_OTHER])
        conditions.append(
            in_visit()
            | {
                "condition_occurrence_id": -number,
                "condition_concept_id": draw.choice([BLEED, BLEED, DEEP, 0]),
                "condition_start_date": start,
                "condition_end_date": later(start, 0.5),
                "condition_source_value": draw.choice(["K92.1", "k921", "D64.9", "x", None]),
                "condition_source_concept_id": source,
            }
        )
    drugs = []
    for number in range(persons * 2):
        start = day()
        drugs.append(
            {
                "drug_exposure_id": number,
                "person_id": draw.choice(strangers),
                "drug_concept_id": draw.choice([DRUG, OTHER]),
                "drug_exposure_start_date": start,
                "drug_exposure_end_date": later(start, 0.4),
            }
        )
    measured = [
        {
            "measurement_id": number,
            "person_id": draw.choice(ids),
            "measurement_concept_id": GLUCOSE,
            "measurement_date": day(),
            "value_as_number": draw.choice([None, 4.5, 5.5, 5.75, 100.0]),
            "unit_source_value": draw.choice(["mmol/L", " MMOL/L", "mg/dL", "stone", None]),
            "value_source_value": None,
        }
        for number in range(persons * 3)
    ]
    observed = [
        {
            "observation_id": number,
            "person_id": draw.choice(ids),
            "observation_concept_id": SMOKES,
            "observation_date": day(),
            "value_as_string": draw.choice(["yes", "no", "Zebra", "apple", None]),
        }
        for number in range(persons)
    ]
    procedures = [
        {
            "procedure_occurrence_id": number,
            "person_id": draw.choice(ids),
            "procedure_concept_id": draw.choice([STENT, 0]),
            "procedure_date": day(1200),
            "procedure_source_value": draw.choice(["ST-1", "st-22", "ST-3", None]),
        }
        for number in range(persons // 4)
    ]
    return {
        "person": [born(draw, number) for number in ids],
        "observation_period": [
            one for number in ids[3:] for one in in_pieces(period(draw, number), number % 3)
        ],
        "visit_occurrence": visits,
        "condition_occurrence": conditions,
        "drug_exposure": drugs,
        "measurement": measured,
        "observation": observed,
        "procedure_occurrence": procedures,
        "death": [
            {"person_id": number, "death_date": day(1500), "cause_concept_id": draw.choice([0, 5])}
            for number in draw.choices(ids, k=persons // 3)
        ],
        "concept": [
            concept(DRUG, "RxNorm", "1", "the drug"),
            concept(BLEED, "SNOMED", "74474003", "Bleeding"),
            concept(DEEP, "SNOMED", "12063002", "Deep bleeding"),
            concept(GLUCOSE, "LOINC", "2345-7", "Glucose"),
            concept(ICD_BLEED, "ICD10CM", "K92.1", "Melena", None),
            concept(ICD_OTHER, "ICD10CM", "K92.9", "Disease of the digestive system", None),
        ],
        "concept_ancestor": [ancestor(BLEED, BLEED), ancestor(BLEED, DEEP), ancestor(DEEP, DEEP)],
        "concept_relationship": [maps(ICD_BLEED, BLEED), maps(ICD_OTHER, BLEED)],
    }


def born(draw: Random, number: int) -> dict[str, Any]:
    month = draw.choice([None, 2, 7, 13])
    return {
        "person_id": number,
        "gender_concept_id": draw.choice([8507, 8532, 8532, 0]),
        "year_of_birth": draw.choice([1940, 1960, 2001]),
        "month_of_birth": month,
        "day_of_birth": draw.choice([None, 29, 31]),
    }


def period(draw: Random, number: int) -> dict[str, Any]:
    end = draw.choice(["2020-06-30", "2021-06-30", "2110-01-01", None])
    return {
        "person_id": number,
        "observation_period_start_date": draw.choice(["2010-01-01", "2018-06-01"]),
        "observation_period_end_date": end,
    }


def in_pieces(whole: dict[str, Any], how: int) -> list[dict[str, Any]]:
    """A period as it is, or as two that follow on one another, or as two that overlap."""
    start, end = "observation_period_start_date", "observation_period_end_date"
    if not how:
        return [whole]
    return [whole | {end: "2018-11-30"}, whole | {start: ("2018-12-01", "2018-11-01")[how - 1]}]
