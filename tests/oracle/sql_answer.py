"""What the SQL says of each patient, in the oracle's own terms, so that the two can be compared."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from casewise.cohort import Dataset, build
from casewise.cohort.dataset import Covariate, Happening, OutcomeColumns
from casewise.protocol.model import Study
from casewise.records.canonical import Records
from oracle.criteria import Value
from oracle.events import NOT_APPLICABLE, NOT_DOCUMENTED, Asked
from oracle.patients import OutcomeAnswer, Patient

STATUSES = ("known", NOT_DOCUMENTED, NOT_APPLICABLE)


def answered(study: Study, records: Records) -> tuple[Dataset, list[Patient]]:
    """Every person: those with the index event by the cohort table, those of the study by the
    dataset too. Who is in neither left at the first step."""
    dataset = build(study, records)
    everybody = records.engine.query("SELECT person FROM person ORDER BY person")["person"].tolist()
    cohort = records.engine.query("SELECT * FROM cohort")
    assert set(cohort["person"].tolist()) <= set(everybody)
    rows = {person: number for number, person in enumerate(dataset.patient.tolist())}
    timeline = marks(dataset)
    people = {person: Patient(person, None, left_at=0) for person in everybody}
    for place, person in enumerate(cohort["person"].tolist()):
        told = {name: plain(values[place]) for name, values in cohort.items()}
        found = of_cohort(study, told)
        if person in rows:
            found = of_dataset(dataset, rows[person], found, timeline)
        people[person] = found
    return dataset, list(people.values())


def plain(value: Any) -> Any:
    """A SQL value as Python's: None for null, dates as dates."""
    if value is np.ma.masked or value is None:
        return None
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[D]").item()
    return value.item() if isinstance(value, np.generic) else value


def of_cohort(study: Study, told: dict[str, Any]) -> Patient:
    day: date | None = told["index_date"]
    if day is None:
        return Patient(told["person"], None, left_at=told["left_at"])
    include = [told[f"include_{n}"] for n in range(1, len(study.cohort.include) + 1)]
    exclude = [told[f"exclude_{n}"] for n in range(1, len(study.cohort.exclude) + 1)]
    return Patient(
        told["person"],
        day,
        criteria=(*include, *exclude),
        left_at=told["left_at"],
        rules=tuple(told[f"arm_{n}"] for n in range(1, len(study.arms) + 1)),
        arm=told["arm"],
    )


def of_dataset(
    dataset: Dataset, row: int, found: Patient, timeline: set[tuple[int, str, int]]
) -> Patient:
    assert dataset.arm[row] == found.arm
    return Patient(
        **{
            **vars(found),
            "index_date": plain(dataset.index_date[row]),
            "follow_up": day(dataset.follow_up, row),
            "death": day(dataset.death, row),
            "baseline": {one.name: covariate(one, row) for one in dataset.baseline},
            "outcomes": {name: outcome(one, row) for name, one in dataset.outcomes.items()},
            "harms": {name: outcome(one, row) for name, one in dataset.harms.items()},
            "treatments": {
                one.name: (happening(one.received, row), number(one.line, row))
                for one in dataset.treatments
            },
            "timeline": frozenset((event, at) for who, event, at in timeline if who == row),
        }
    )


def marks(dataset: Dataset) -> set[tuple[int, str, int]]:
    return {(mark.row, mark.event, mark.day) for mark in dataset.timeline}


def number(values: np.ndarray[Any, Any], row: int) -> float | None:
    return None if not len(values) or np.isnan(values[row]) else float(values[row])


def day(values: np.ndarray[Any, Any], row: int) -> int | None:
    value = number(values, row)
    return None if value is None else int(value)


def happening(columns: Happening | None, row: int) -> Any:
    if columns is None:
        return None
    return Asked(
        day=day(columns.day, row),
        count=int(columns.count[row]),
        undated=bool(columns.undated[row]),
        unknown=bool(columns.unknown[row]),
        inapplicable=bool(columns.inapplicable[row]),
    )


def outcome(columns: OutcomeColumns, row: int) -> OutcomeAnswer:
    ranked = (happening(one, row) for one in columns.ranked)
    return OutcomeAnswer(
        ranked=tuple(one for one in ranked if one is not None),
        event=happening(columns.event, row),
        competing=happening(columns.competing, row),
        opens=day(columns.opens, row),
        closes=day(columns.closes, row),
        starts=day(columns.starts, row),
        ends=day(columns.ends, row),
        value=number(columns.values, row),
    )


def covariate(column: Covariate, row: int) -> tuple[Value, str]:
    status = STATUSES[column.status[row]]
    return (plain(column.values[row]) if status == "known" else None), status
