"""However a table is broken, it is read whole or refused by name: nothing in between."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from pathlib import Path

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

import redcap_support
from casewise.errors import RecordsError
from records_support import CHARTS, HEADER, ROWS, opened, rows, site_with

CELL = st.one_of(
    st.sampled_from(
        ["", " ", "NK", "n/a", "yes", "no", "2021-01-05", "1", "-3.5", "1e5", "severe", "0"]
    ),
    st.text(max_size=8),
    st.dates().map(str),
)
TEXT = st.text(alphabet=st.sampled_from(list('",;\n\r\t \0x1é-')), max_size=4)


def _named(refusal: RecordsError) -> bool:
    return bool(refusal.problems) and all(p.message and p.file for p in refusal.problems)


def read_or_refuse(charts: str | bytes, name: str = "charts.csv") -> int | None:
    """How many patients were read; ``None`` where the table was refused by name."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = opened(Path(folder), charts, site_with(records=name))
        except RecordsError as refusal:
            return None if _named(refusal) else -1
        people = rows(found, "SELECT COUNT(*) AS n FROM person")[0][0]
        told = rows(
            found,
            "SELECT COUNT(DISTINCT person) AS n FROM event WHERE domain = 'covariate' "
            "GROUP BY code",
        )
        assert [n for (n,) in told] == [people] * 4
        return people + sum("the same patient as" in str(problem) for problem in found.errors)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10), CELL), min_size=1, max_size=4))
def test_any_cells_are_read_or_refused_and_no_row_is_dropped(
    changes: list[tuple[int, int, str]],
) -> None:
    cells = [row.split(",") for row in ROWS]
    for row, column, text in changes:
        cells[row][column] = '"' + text.replace('"', '""') + '"'
    charts = "\n".join([HEADER, *map(",".join, cells)]) + "\n"
    assert read_or_refuse(charts.encode("utf-8", "surrogatepass")) in (None, 3)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(0, len(CHARTS)), st.integers(0, 12), TEXT)
def test_any_cut_or_insertion_is_read_or_refused(at: int, cut: int, text: str) -> None:
    people = read_or_refuse(CHARTS[:at] + text + CHARTS[at + cut :])
    assert people is None or people >= 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert read_or_refuse(data) is None


TYPED = st.one_of(
    CELL.filter(str.isprintable),
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2030, 1, 1)),
    st.times(),
    st.sampled_from(["#N/A", "=1/0"]),
)


def workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in (HEADER, *ROWS):
        book.active.append([cell or None for cell in line.split(",")])
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


SOUND = saved(workbook())


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(2, 4), st.integers(1, 11), TYPED), min_size=1, max_size=3))
def test_any_typed_cells_are_read_or_refused_and_no_row_is_dropped(
    changes: list[tuple[int, int, object]],
) -> None:
    book = workbook()
    assert book.active is not None
    for row, column, value in changes:
        book.active.cell(row, column).value = value  # type: ignore[assignment]  # any will do
    assert read_or_refuse(saved(book), "charts.xlsx") in (None, 3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_workbook_is_read_or_refused(at: int, damage: bytes) -> None:
    data = SOUND[:at] + damage + SOUND[at + len(damage) :]
    assert read_or_refuse(data, "charts.xlsx") in (None, 3)


LOGIC = st.lists(
    st.sampled_from(
        ["[sex]", "[died]", "[drugs(1)]", "[x]", "'1'", "2", "=", "<>", "<", "and", "or", "(", ")"]
    ),
    max_size=7,
).map(" ".join)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(0, 2), st.integers(0, 12), CELL, LOGIC)
def test_any_export_and_logic_is_read_or_refused(
    row: int, column: int, text: str, logic: str
) -> None:
    cells = [line.split(",") for line in redcap_support.RAW]
    cells[row][column] = '"' + text.replace('"', '""') + '"'
    export = (redcap_support.RAW_HEADER, *map(",".join, cells))
    fields = redcap_support.dictionary(redcap_support.with_field("severity", logic=logic))
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = redcap_support.opened(Path(folder), export, fields)
        except RecordsError as refusal:
            assert _named(refusal)  # noqa: PT017  # a refusal is one of two right answers
            return
        people = rows(found, "SELECT COUNT(*) AS n FROM person")[0][0]
        twice = sum("the same patient as" in str(problem) for problem in found.errors)
        assert people + twice == 3
