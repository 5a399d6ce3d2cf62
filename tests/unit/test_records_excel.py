"""Excel files: typed cells, their addresses, and what a workbook can hide."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from casewise.errors import RecordsError
from casewise.records import Records
from records_support import opened, rows, rows_of, site_with

HEADER = ("id", "admitted", "ventilated", "died_on", "fvc", "severity")
MAPPED: dict[str, Any] = {
    "events": {
        "admission": {"date": "admitted"},
        "ventilation": {"yes or no": "ventilated"},
        "death": {"date": "died_on"},
    },
    "baseline": {"FVC": "fvc", "severity": "severity"},
}
PATIENT = (1, dt.datetime(2021, 1, 3), True, None, 55.5, "mild")


def workbook(*lines: tuple[Any, ...], title: str = "Charts") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for line in lines or (HEADER, PATIENT):
        sheet.append(line)
    return book


def read(folder: Path, book: openpyxl.Workbook, **source: Any) -> Records:
    data = io.BytesIO()
    book.save(data)
    site = site_with(records={"table": "charts.xlsx", **source}, **MAPPED)
    return opened(folder, data.getvalue(), site)


def said(folder: Path, book: openpyxl.Workbook, **source: Any) -> str:
    with pytest.raises(RecordsError) as error:
        read(folder, book, **source)
    return str(error.value)


def test_typed_cells_are_themselves(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        workbook(
            HEADER,
            PATIENT,
            ("02", "2021-02-03", "no", dt.datetime(2021, 3, 1, 22, 15), 60, "severe"),
        ),
    )
    assert rows_of(found, "admission", "person", "start") == [
        ("02", "2021-02-03"),
        ("1", "2021-01-03"),
    ]
    assert rows_of(found, "death", "start", "source") == [("2021-03-01", "sheet Charts, D3")]
    assert rows_of(found, "ventilation", "person") == [("1",)]
    assert rows_of(found, "FVC", "value") == [(60.0,), (55.5,)]


def test_a_number_shown_with_leading_zeros_keeps_them(tmp_path: Path) -> None:
    book = workbook()
    book["Charts"]["A2"].number_format = "00000"
    assert rows(read(tmp_path, book), "SELECT person FROM person") == [("00001",)]


def test_a_cell_is_named_by_sheet_and_address(tmp_path: Path) -> None:
    book = workbook(HEADER, *[(n, *PATIENT[1:]) for n in range(1, 13)])
    book["Charts"]["D13"] = "13/32/2021"
    assert said(tmp_path, book).splitlines()[0] == (
        'charts.xlsx, sheet Charts, D13: "13/32/2021" is not a date'
    )


def test_a_number_is_not_a_date(tmp_path: Path) -> None:
    book = workbook(HEADER, (1, 44199, *PATIENT[2:]))
    assert said(tmp_path, book) == (
        'charts.xlsx, sheet Charts, B2: "44199" is a number, not a date\n'
        "  give the column a date format in the spreadsheet, or say what day 0 is with "
        "dates: {days since: ...}"
    )


def test_a_date_is_not_a_number(tmp_path: Path) -> None:
    book = workbook(HEADER, (*PATIENT[:4], dt.datetime(2021, 5, 5), "mild"))
    assert said(tmp_path, book) == ('charts.xlsx, sheet Charts, E2: "2021-05-05" is not a number')


def test_errors_of_the_spreadsheet_are_named(tmp_path: Path) -> None:
    book = workbook(HEADER, ("#N/A", "#REF!", True, None, "#DIV/0!", "#N/A"))
    for address in ("A2", "B2", "E2", "F2"):
        book["Charts"][address].data_type = "e"
    assert said(tmp_path, book).splitlines() == [
        'charts.xlsx, sheet Charts, A2: "#N/A" is an error of the spreadsheet',
        'charts.xlsx, sheet Charts, B2: "#REF!" is an error of the spreadsheet, not a date',
        'charts.xlsx, sheet Charts, E2: "#DIV/0!" is an error of the spreadsheet, not a number',
        'charts.xlsx, sheet Charts, F2: "#N/A" is an error of the spreadsheet, not a value',
    ]


def test_a_formula_saved_without_its_value_is_named(tmp_path: Path) -> None:
    book = workbook()
    book["Charts"]["E2"] = "=50+5"
    assert said(tmp_path, book) == (
        "charts.xlsx, sheet Charts, E2: a formula that was saved without its value\n"
        "  open the file in Excel or LibreOffice, let it compute, and save it"
    )


def test_merged_cells_are_named(tmp_path: Path) -> None:
    book = workbook(HEADER, PATIENT, (None, *PATIENT[1:]))
    book["Charts"].merge_cells("A2:A3")
    assert said(tmp_path, book) == (
        "charts.xlsx, sheet Charts, A2:A3: merged cells: which of them does the value belong "
        "to?\n  unmerge them and fill each one"
    )


def test_a_merged_header_is_named_and_a_merged_title_above_it_is_not(tmp_path: Path) -> None:
    book = workbook(("Our charts",), HEADER, PATIENT)
    book["Charts"].merge_cells("A1:F1")
    assert rows(read(tmp_path, book, header=2), "SELECT person FROM person") == [("1",)]
    book["Charts"].merge_cells("E2:F2")
    assert said(tmp_path, book, header=2).startswith("charts.xlsx, sheet Charts, E2:F2: merged")


def test_of_several_sheets_the_site_names_one(tmp_path: Path) -> None:
    book = workbook()
    book.create_sheet("Codes")
    assert said(tmp_path, book) == (
        "charts.xlsx: 2 sheets: Charts, Codes; which one has the records?\n  say sheet: Charts"
    )
    assert said(tmp_path, book, sheet="Chart") == (
        'charts.xlsx: no sheet "Chart"\n  did you mean "Charts"?'
    )
    assert said(tmp_path, book, sheet="Codes") == "charts.xlsx, sheet Codes: the sheet is empty"
    assert rows(read(tmp_path, book, sheet="Charts"), "SELECT person FROM person") == [("1",)]


def test_names_of_columns(tmp_path: Path) -> None:
    assert said(tmp_path, workbook((*HEADER[:-1], "fvc"), PATIENT)) == (
        'charts.xlsx, sheet Charts, F1: the name "fvc" stands here and in sheet Charts, E1; '
        "each column needs its own"
    )
    assert said(tmp_path, workbook((*HEADER[:-1], None), PATIENT)) == (
        "charts.xlsx, sheet Charts, F1: this column has cells but no name"
    )
    assert said(tmp_path, workbook((None,), PATIENT)) == (
        "charts.xlsx, sheet Charts, row 1: no column names here"
    )
    assert said(tmp_path, workbook(HEADER)) == ("charts.xlsx: a header, but no patients below it")


def test_hidden_rows_and_columns_are_read_and_noted(tmp_path: Path) -> None:
    book = workbook(HEADER, PATIENT, (2, *PATIENT[1:]))
    book["Charts"].row_dimensions[3].hidden = True
    book["Charts"].column_dimensions["E"].hidden = True
    found = read(tmp_path, book)
    assert rows(found, "SELECT person FROM person") == [("1",), ("2",)]
    assert [note.text for note in found.notes if note.kind == "records"] == [
        "1 hidden row was read like the others: 3 of charts.xlsx, sheet Charts.",
        "1 hidden column was read like the others: E of charts.xlsx, sheet Charts.",
    ]


def test_percentages_are_read_as_stored_and_noted(tmp_path: Path) -> None:
    book = workbook(HEADER, PATIENT)
    book["Charts"]["E2"] = 0.45
    book["Charts"]["E2"].number_format = "0%"
    found = read(tmp_path, book)
    assert rows_of(found, "FVC", "value") == [(0.45,)]
    assert [note.text for note in found.notes if note.kind == "records"] == [
        "1 cell is shown in percent in column fvc and read as stored, 45% as 0.45: E2 of "
        "charts.xlsx, sheet Charts.",
    ]


def test_blank_rows_are_no_patients_and_keep_the_addresses(tmp_path: Path) -> None:
    book = workbook(HEADER, PATIENT, (None,) * 6, (2, *PATIENT[1:]), (None, "  "))
    found = read(tmp_path, book)
    assert rows_of(found, "admission", "person", "source") == [
        ("1", "sheet Charts, B2"),
        ("2", "sheet Charts, B4"),
    ]


def test_a_damaged_workbook_is_named(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as parts:
        parts.writestr("hello.txt", "not a workbook")
    with pytest.raises(RecordsError) as error:
        opened(tmp_path, data.getvalue(), site_with(records="charts.xlsx"))
    assert str(error.value) == (
        "charts.xlsx: the file is not an Excel workbook that can be read\n  save it again as .xlsx"
    )


def test_a_formula_is_read_by_the_value_it_was_saved_with(tmp_path: Path) -> None:
    book, data = workbook(), io.BytesIO()
    book["Charts"]["E2"] = "=50+5"
    book.save(data)
    computed = io.BytesIO()
    with zipfile.ZipFile(data) as parts, zipfile.ZipFile(computed, "w") as other:
        for name in parts.namelist():
            part = parts.read(name)
            if name == "xl/worksheets/sheet1.xml":
                # As Excel writes it; openpyxl itself computes nothing and leaves the value out.
                part = part.replace(b"<f>50+5</f><v />", b"<f>50+5</f><v>55</v>")
                part = part.replace(b"<f>50+5</f><v></v>", b"<f>50+5</f><v>55</v>")
            other.writestr(name, part)
    site = site_with(records="charts.xlsx", **MAPPED)
    assert rows_of(opened(tmp_path, computed.getvalue(), site), "FVC", "value") == [(55.0,)]
