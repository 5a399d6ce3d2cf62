"""Baseline covariates, age, sex, birth and follow-up: one answer a patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from casewise.errors import Problem
from casewise.protocol.model import Covariate, Study
from casewise.protocol.resolve import CovariateType, covariate_type
from casewise.protocol.site import Binding, CovariateBinding
from casewise.records.cells import (
    Reader,
    age_reader,
    category_reader,
    number_reader,
    sex_reader,
    yes_no_reader,
)
from casewise.records.columns import (
    BLANK,
    KNOWN,
    NO_DATE,
    NOT_APPLICABLE,
    Codes,
    Column,
    Reading,
    codes_of,
)
from casewise.records.events import Found
from casewise.records.rows import (
    NOT_APPLICABLE as ROW_NOT_APPLICABLE,
)
from casewise.records.rows import (
    NOT_DOCUMENTED,
    OCCURRED,
    Block,
    Mark,
    Patients,
)

# The rows of the table that a binding is about.
RowsOf = Callable[[Binding | None], NDArray[np.intp]]


def one_row_each(
    reading: Reading,
    patients: Patients,
    rows: NDArray[np.intp],
    columns: Sequence[Column],
    what: str,
    found: Found,
) -> NDArray[np.intp]:
    """For each patient the row that answers ``what``: the one where ``columns[0]`` is not blank.

    Several rows that say the same are one answer; rows that differ are a problem.
    """
    chosen = patients.first_row.copy()
    if not reading.table.several_rows:
        return chosen
    answered = np.zeros(len(patients.ids), dtype=bool)
    chosen[patients.of_row[rows[::-1]]] = rows[::-1]
    for row in rows[columns[0].state[rows] != BLANK].tolist():
        person = patients.of_row[row]
        if not answered[person]:
            chosen[person], answered[person] = row, True
        elif any(_differ(column, row, int(chosen[person])) for column in columns):
            found.errors.append(
                _ambiguous(reading, columns[0].name, row, int(chosen[person]), what)
            )
    return chosen


def _differ(column: Column, row: int, other: int) -> bool:
    if column.state[row] != column.state[other]:
        return True
    return bool(column.state[row] == KNOWN and column.values[row] != column.values[other])


def _ambiguous(reading: Reading, name: str, row: int, other: int, what: str) -> Problem:
    return reading.problem(
        row,
        name,
        f"{what} has another value for the same patient in {reading.place(other, name)}",
        "say which rows are meant, with redcap event: or form:",
    )


def value_column(
    reading: Reading,
    kind: CovariateType | Literal["age", "sex"],
    choices: tuple[str, ...],
    binding: CovariateBinding,
) -> Column:
    """The binding's column, read as ``kind``."""
    site, values = reading.site, binding.values
    listed = [text for texts in values.values() for text in texts]
    numeric = kind in ("number", "age")
    codes: Codes = codes_of(site, binding, listed, numeric=numeric)
    empty: Any = np.nan if numeric else None
    read: Reader
    match kind:
        case "number":
            read = number_reader(site.records.decimal, binding.multiply)
        case "age":
            read = age_reader(site.records.decimal, binding.multiply)
        case "yes or no":
            read = yes_no_reader(values.get("yes", ()), values.get("no", ()))
        case "sex":
            read = sex_reader(values)
        case _:
            read = category_reader(values, choices)
    return reading.column(binding.column, read, codes, empty)


def read_covariate(
    reading: Reading,
    patients: Patients,
    rows: NDArray[np.intp],
    study: Study,
    name: str,
    binding: CovariateBinding,
    found: Found,
) -> None:
    """Add one row a patient: the covariate's value, or that it is not known and why."""
    # Where the protocol does not say, any text is a level.
    kind = (covariate_type(study, name) if name in study.baseline else None) or "category"
    covariate = study.baseline.get(name, Covariate())
    column = value_column(reading, kind, covariate.choices, binding)
    columns = [column]
    measured = None
    if binding.measured is not None:
        measured = reading.dates(binding.measured, binding.dates, None)
        columns.append(measured)
    row = one_row_each(reading, patients, rows, columns, name, found)
    state = column.state[row]
    outside = ~np.isin(row, rows)
    state = np.where(outside, BLANK, state)
    known = state == KNOWN
    status = np.full(len(row), NOT_DOCUMENTED, dtype=np.int8)
    status[known] = OCCURRED
    status[state == NOT_APPLICABLE] = ROW_NOT_APPLICABLE
    start = np.full(len(row), NO_DATE) if measured is None else measured.values[row].copy()
    start[~known] = NO_DATE
    value = np.full(len(row), np.nan)
    text = np.full(len(row), None, dtype=object)
    if kind == "number":
        value[known] = column.values[row][known]
    else:
        text[known] = column.values[row][known]
    end = np.full(len(row), NO_DATE)
    unit = covariate.unit or None
    found.blocks.append(
        Block("covariate", name, column.name, row, status, start, end, value, text, unit)
    )


@dataclass(frozen=True)
class People:
    """What is known of each patient; ``birth_row`` says where the birth stands."""

    birth: NDArray[np.datetime64]
    birth_row: NDArray[np.intp]
    age: NDArray[np.float64]
    sex: NDArray[Any]


def read_people(reading: Reading, patients: Patients, rows_of: RowsOf, found: Found) -> People:
    """Birth, age at index and sex of each patient; missing where the records do not say."""
    site, count = reading.site, len(patients.ids)
    birth, birth_row = np.full(count, NO_DATE), patients.first_row
    age: NDArray[Any] = np.full(count, np.nan)
    sex: NDArray[Any] = np.full(count, None, dtype=object)
    if site.birth is not None:
        column = reading.dates(site.birth, None, None)
        rows = rows_of(None)
        birth_row = one_row_each(reading, patients, rows, [column], "birth", found)
        birth = column.values[birth_row]
    if site.age is not None:
        age = _one_value(reading, patients, rows_of, "age", site.age, found)
    if site.sex is not None:
        sex = _one_value(reading, patients, rows_of, "sex", site.sex, found)
    return People(birth, birth_row, age, sex)


def _one_value(
    reading: Reading,
    patients: Patients,
    rows_of: RowsOf,
    what: Literal["age", "sex"],
    binding: CovariateBinding,
    found: Found,
) -> NDArray[Any]:
    column = value_column(reading, what, (), binding)
    rows = rows_of(binding)
    chosen = one_row_each(reading, patients, rows, [column], what, found)
    values = column.values[chosen]
    values[~np.isin(chosen, rows)] = np.nan if what == "age" else None
    return values


def read_follow_up(reading: Reading, patients: Patients) -> Mark:
    """The latest date of the follow-up columns, and the place it stands in."""
    last = Mark.blank(len(patients.ids))
    follow_up = reading.site.follow_up
    for name in follow_up.end if follow_up else ():
        column = reading.dates(name, follow_up.dates if follow_up else None, None)
        for row in np.flatnonzero(column.state == KNOWN):
            last.keep(int(patients.of_row[row]), column.values[row], int(row), name, last=True)
    return last
