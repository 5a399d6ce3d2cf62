"""Baseline covariates, age, sex, birth and follow-up: one answer a patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from casewise.errors import Problem
from casewise.protocol.model import Covariate
from casewise.protocol.site import CovariateBinding
from casewise.records.cells import (
    Reader,
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
    Patients,
)

Kind = Literal["number", "category", "yes or no"]


def covariate_kind(covariate: Covariate) -> Kind:
    """The type a protocol declares, or the one its unit, choices or event imply; else category."""
    if covariate.type is not None:
        return covariate.type
    if covariate.event is not None:
        return "yes or no"
    return "number" if covariate.unit else "category"


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
    if len(rows) == len(patients.ids):
        chosen[patients.of_row[rows]] = rows
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
    kind: Kind | Literal["sex"],
    choices: tuple[str, ...],
    binding: CovariateBinding,
) -> Column:
    """The binding's column, read as ``kind``."""
    site, values = reading.site, binding.values
    listed = [text for texts in values.values() for text in texts]
    codes: Codes = codes_of(site, binding, listed, numeric=kind == "number")
    empty: Any = np.nan if kind == "number" else None
    read: Reader
    match kind:
        case "number":
            read = number_reader(site.records.decimal, binding.multiply)
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
    name: str,
    covariate: Covariate,
    binding: CovariateBinding,
    found: Found,
) -> None:
    """Add one row a patient: the covariate's value, or that it is not known and why."""
    kind = covariate_kind(covariate)
    column = value_column(reading, kind, covariate.choices, binding)
    columns = [column]
    measured = None
    if binding.measured is not None:
        measured = reading.dates(binding.measured, binding.dates, None)
        columns.append(measured)
    row = one_row_each(reading, patients, rows, columns, covariate.label or name, found)
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


def read_person(
    reading: Reading,
    patients: Patients,
    rows_of: Any,
    found: Found,
) -> tuple[NDArray[np.datetime64], NDArray[np.float64], NDArray[Any]]:
    """Birth, age at index and sex of each patient; missing where the records do not say."""
    site = reading.site
    birth = np.full(len(patients.ids), NO_DATE)
    age = np.full(len(patients.ids), np.nan)
    sex = np.full(len(patients.ids), None, dtype=object)
    if site.birth is not None:
        column = reading.dates(site.birth, None, None)
        rows = rows_of(None, (site.birth,))
        birth = column.values[one_row_each(reading, patients, rows, [column], "birth", found)]
    if site.age is not None:
        column = value_column(reading, "number", (), site.age)
        rows = rows_of(site.age, (site.age.column,))
        age = column.values[one_row_each(reading, patients, rows, [column], "age", found)]
    if site.sex is not None:
        column = value_column(reading, "sex", (), site.sex)
        rows = rows_of(site.sex, (site.sex.column,))
        sex = column.values[one_row_each(reading, patients, rows, [column], "sex", found)]
    return birth, age, sex


def read_follow_up(reading: Reading, patients: Patients) -> tuple[NDArray[Any], NDArray[Any]]:
    """The latest date of the follow-up columns, and the row and column number it stands in."""
    end = np.full(len(patients.ids), NO_DATE)
    where = np.full((len(patients.ids), 2), -1)
    follow_up = reading.site.follow_up
    for number, name in enumerate(follow_up.end if follow_up else ()):
        column = reading.dates(name, follow_up.dates if follow_up else None, None)
        for row in np.flatnonzero(column.state == KNOWN):
            person = patients.of_row[row]
            if np.isnat(end[person]) or column.values[row] > end[person]:
                end[person] = column.values[row]
                where[person] = row, number
    return end, where
