"""The nine phenotypes as Circe's cohort definitions, as ATLAS writes them to JSON."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
ANY: Json = {"Start": {"Coeff": -1}, "End": {"Coeff": 1}}


def window(first: int, last: int | None) -> Json:
    """Days after the index event, negative before it; all that follow where ``last`` is none."""

    def end(day: int) -> Json:
        return {"Days": abs(day), "Coeff": -1 if day < 0 else 1}

    return {"Start": end(first), "End": {"Coeff": 1} if last is None else end(last)}


def criterion(table: str, concepts: int, **more: Any) -> Json:
    return {table: {"CodesetId": concepts, **more}}


def near(asked: Json, when: Json, *, none: bool = False, same_visit: bool = False) -> Json:
    """That another event is, or with ``none`` is not, in a window about the index event."""
    often = {"Type": 0, "Count": 0} if none else {"Type": 2, "Count": 1}
    found = {"Criteria": asked, "StartWindow": {**when, "UseEventEnd": False}, "Occurrence": often}
    return {**found, "RestrictVisit": True} if same_visit else found


def group(*events: Json, age: int | None = None) -> Json:
    ages = [] if age is None else [{"Age": {"Value": age, "Op": "gte"}}]
    return {
        "Type": "ALL",
        "CriteriaList": list(events),
        "DemographicCriteriaList": ages,
        "Groups": [],
    }


def definition(
    concepts: list[int],
    primary: Json,
    rule: Json | None = None,
    *,
    observed: int = 0,
    limit: str = "First",
    era: int | None = None,
) -> Json:
    """Concept sets are numbered as ``concepts`` stand, each with its descendants."""
    ends = {"DateField": "StartDate" if era is None else "EndDate", "Offset": 0}
    return {
        "ConceptSets": [
            {
                "id": number,
                "name": f"set {number}",
                "expression": {
                    "items": [
                        {
                            "concept": {"CONCEPT_ID": concept, "CONCEPT_NAME": ""},
                            "isExcluded": False,
                            "includeDescendants": True,
                            "includeMapped": False,
                        }
                    ]
                },
            }
            for number, concept in enumerate(concepts)
        ],
        "PrimaryCriteria": {
            "CriteriaList": [primary],
            "ObservationWindow": {"PriorDays": observed, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": limit},
        },
        "QualifiedLimit": {"Type": limit},
        "ExpressionLimit": {"Type": limit},
        "InclusionRules": [] if rule is None else [{"name": "rule", "expression": rule}],
        "EndStrategy": {"DateOffset": ends},
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": era or 0},
        "CensorWindow": {},
    }


def condition(number: int = 0, *, first: bool = False) -> Json:
    return criterion("ConditionOccurrence", number, **({"First": True} if first else {}))


IN_HOSPITAL = criterion(
    "VisitOccurrence",
    0,
    CorrelatedCriteria=group(near(condition(1), ANY, same_visit=True)),
)

# Courses of a drug are rows of a cohort that Circe merges; the second one is taken of each person.
SECOND = ("7_eras",)

DEFINITIONS: dict[str, Json] = {
    "1_diagnosis": definition([1_000_000], condition(first=True)),
    "2_confirmed": definition(
        [1_000_010], condition(first=True), group(near(condition(), window(30, None)))
    ),
    "3_treated": definition(
        [1_000_120, 2_000_070],
        condition(first=True),
        group(near(criterion("DrugExposure", 1), window(0, 60))),
    ),
    "4_inpatient": definition([9201, 1_000_040], IN_HOSPITAL),
    "5_measured": definition(
        [3_000_000], criterion("Measurement", 0, ValueAsNumber={"Value": 30, "Op": "gt"})
    ),
    "6_excluded": definition(
        [2_900_000, 1_900_000],
        criterion("DrugExposure", 0, First=True),
        group(
            near(
                condition(1),
                {"Start": {"Coeff": -1}, "End": {"Days": 1, "Coeff": -1}},
                none=True,
            )
        ),
        observed=365,
    ),
    "7_eras": definition([2_000_110], criterion("DrugExposure", 0), limit="All", era=30),
    "8_procedure": definition(
        [1_000_020, 4_000_000],
        condition(first=True),
        group(near(criterion("ProcedureOccurrence", 1), window(1, 365))),
    ),
    "9_age": definition([1_000_080], condition(first=True), group(age=65)),
}
