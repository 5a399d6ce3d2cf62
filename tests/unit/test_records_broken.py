"""Broken tables: each mistake is named in the words of the table, all of them at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from casewise import records
from casewise.errors import RecordsError
from casewise.protocol.site import Source
from records_support import CHARTS, HEADER, ROWS, opened, rows, rows_of, site_with, study_with

ISO_HINT = "\n  ISO dates are expected: 2021-03-14; a site says others with dates:"


def said(folder: Path, charts: str | bytes, **site: Any) -> str:
    with pytest.raises(RecordsError) as error:
        opened(folder, charts, site_with(**site))
    return str(error.value)


def with_row(row: str) -> str:
    return "\n".join([HEADER, row, *ROWS[1:]]) + "\n"


FILES: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "empty file": ("", {}, "charts.csv: the file is empty"),
    "blank lines alone": ("\n \n", {}, "charts.csv: the file is empty"),
    "header only": (HEADER + "\n", {}, "charts.csv: a header, but no patients below it"),
    "a row too short": (
        CHARTS + "004,2021-01-01\n",
        {},
        "charts.csv, line 5: 2 cells where the header has 11\n"
        "  a cell that contains the delimiter needs quotes",
    ),
    "rows too long": (
        CHARTS + "004" + "," * 11 + "\n005" + "," * 12 + "\n",
        {},
        "charts.csv, line 5: 12 cells where the header has 11\n"
        "  a cell that contains the delimiter needs quotes\n"
        "charts.csv, line 6: 13 cells where the header has 11",
    ),
    "a quoted line end before the bad row": (
        with_row('001,2021-01-03,,,,yes,,severe,55.5,no,"MDA5\n(twice)"') + "x\n",
        {},
        "charts.csv, line 6: 1 cell where the header has 11\n"
        "  a cell that contains the delimiter needs quotes",
    ),
    "the same name twice": (
        CHARTS.replace("smoker", "fvc"),
        {},
        'charts.csv, line 1, column 10: the name "fvc" stands here and in line 1, column 9; '
        "each column needs its own",
    ),
    "a column without a name": (
        CHARTS.replace("smoker", ""),
        {},
        "charts.csv, line 1, column 10: this column has cells but no name",
    ),
    "no names at all": (
        ",,\n1,2,3\n",
        {},
        "charts.csv, line 1: no column names here",
    ),
    "a quote that is never closed": (
        with_row('001,2021-01-03,,,,yes,,severe,55.5,no,"MDA5'),
        {},
        "charts.csv, line 2: a quote that opens here is never closed",
    ),
    "text after a closing quote": (
        with_row('001,2021-01-03,,,,yes,,severe,55.5,no,"MDA5"x'),
        {},
        "charts.csv, line 2: text follows a closing quote\n"
        '  a quote inside a quoted cell is written twice: "5"" tube"',
    ),
    "a NUL byte": (
        CHARTS.replace("MDA5", "MD\0A5"),
        {},
        "charts.csv, line 2: a NUL byte, which no text file has\n"
        "  the file is damaged, or not text: export it again as CSV",
    ),
    "another encoding": (
        CHARTS.replace("MDA5", "Guérin").encode("cp1252"),
        {},
        "charts.csv, line 2: byte 0xE9 is not utf-8\n"
        "  say in which encoding the file was saved; Excel on Windows: encoding: cp1252",
    ),
    "UTF-16 not declared": (
        CHARTS.encode("utf-16"),
        {},
        "charts.csv: the file is utf-16, not utf-8\n  say encoding: utf-16",
    ),
    "an encoding of no text": (
        CHARTS,
        {"records": {"table": "charts.csv", "encoding": "base64"}},
        'charts.csv: "base64" is not a text encoding\n  common: utf-8, cp1252, utf-16',
    ),
    "an encoding that nothing is written in": (
        CHARTS,
        {"records": {"table": "charts.csv", "encoding": "undefined"}},
        'charts.csv: "undefined" is not a text encoding\n  common: utf-8, cp1252, utf-16',
    ),
    "another UTF than marked": (
        "\ufeff" + CHARTS,
        {"records": {"table": "charts.csv", "encoding": "cp1252"}},
        "charts.csv: the file is utf-8, not cp1252\n  say encoding: utf-8",
    ),
    "semicolons not declared": (
        CHARTS.replace(",", ";"),
        {},
        'charts.csv, line 1: only one column; the cells look separated by ";"\n'
        '  say delimiter: ";"',
    ),
    "a quote as delimiter": (
        CHARTS,
        {"records": {"table": "charts.csv", "delimiter": '"'}},
        "charts.csv: a line end, a NUL or a quote cannot be the delimiter",
    ),
    "a header below the end": (
        CHARTS,
        {"records": {"table": "charts.csv", "header": 9}},
        "charts.csv: the file ends before line 9, the header",
    ),
    "columns that are not there": (
        CHARTS.replace("died_on", "dead_on").replace("fvc", "FVC"),
        {},
        'charts.csv: no column "died_on", which the site file names for the event death\n'
        '  did you mean "dead_on"?\n'
        'charts.csv: no column "fvc", which the site file names for the covariate FVC\n'
        '  did you mean "FVC"?',
    ),
    "a kind of file that is not read": (
        CHARTS,
        {"records": "charts.ods"},
        'charts.ods: ".ods" is not a kind of table that can be read\n'
        "  these can: .csv, .tsv, .tab, .txt, .xlsx, .xlsm, .parquet",
    ),
    "Excel called text": (
        b"PK\x03\x04" + bytes(40),
        {},
        "charts.csv: the file is an archive, not text\n"
        "  if it is an Excel workbook, its name has to end in .xlsx",
    ),
    "text called Excel": (
        CHARTS,
        {"records": "charts.xlsx"},
        "charts.xlsx: the file is not an Excel workbook that can be read\n  save it again as .xlsx",
    ),
    "an old Excel file": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64,
        {"records": "charts.xlsx"},
        "charts.xlsx: the file is not an Excel workbook that can be read\n"
        "  it is an older .xls file or has a password: save it as .xlsx without one",
    ),
    "text called Parquet": (
        CHARTS,
        {"records": "charts.parquet"},
        "charts.parquet: the file is not a Parquet file that can be read",
    ),
    "a REDCap word for a table": (
        CHARTS,
        {"baseline": {"FVC": {"column": "fvc", "form": "lungs"}}},
        'charts.csv: FVC has "form" or "redcap event", which only a redcap export knows',
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, what: str) -> None:
    charts, site, expected = FILES[what]
    assert said(tmp_path, charts, **site) == expected


# A cell of the first patient, what stands in it, and what is said of it.
CELLS: dict[str, tuple[str, str, str]] = {
    "no such day": ("died_on", "13/32/2021", '"13/32/2021" is not a date' + ISO_HINT),
    "no such day in February": ("died_on", "2021-02-29", '"2021-02-29" is not a date' + ISO_HINT),
    "a year alone": ("died_on", "2021", '"2021" is not a date' + ISO_HINT),
    "a question mark": ("died_on", "2021-03-?", '"2021-03-?" is not a date' + ISO_HINT),
    "a year of three digits": (
        "died_on",
        "0221-03-01",
        '"0221-03-01" is not a plausible date: the year is 221',
    ),
    "a word for a number": (
        "fvc",
        "low",
        '"low" is not a number\n  limits (<5), units and words belong in another column',
    ),
    "a limit": (
        "fvc",
        "<40",
        '"<40" is not a number\n  limits (<5), units and words belong in another column',
    ),
    "a thousands separator": (
        "fvc",
        "1 234.5",
        '"1 234.5" has a thousands separator, which could be a decimal sign\n'
        "  write the number without it",
    ),
    "infinity": (
        "fvc",
        "1e999",
        '"1e999" is not a number',
    ),
    "no measurement": ("fvc", "1e308", '"1e308" is not a plausible number'),
    "not a number": (
        "fvc",
        "nan",
        '"nan" is not a number\n  if it means "not documented", say missing: "nan"',
    ),
    "neither yes nor no": (
        "smoker",
        "former",
        '"former" is not yes or no\n  expected: yes, y, true, 1, no, n, false, 0',
    ),
    "neither yes nor no of an event": (
        "ventilated",
        "2",
        '"2" is not yes or no\n  expected: yes, y, true, 1, no, n, false, 0',
    ),
    "a level misspelled": (
        "severity",
        "sever",
        '"sever" is not one of: mild, moderate, severe\n  did you mean "severe"?',
    ),
    "a word for nobody knows": (
        "severity",
        "n.a.",
        '"n.a." is not one of: mild, moderate, severe\n'
        '  if it means "not documented", say missing: "n.a."',
    ),
    "a level of no kin": ("severity", "4", '"4" is not one of: mild, moderate, severe'),
    "a line that is no number": (
        "exchange_line",
        "second",
        '"second" is not a number\n  limits (<5), units and words belong in another column',
    ),
    "no patient": ("id", " ", "no patient identifier; whose is this row?"),
}


@pytest.mark.parametrize("what", CELLS)
def test_a_cell_that_cannot_be_read_is_named(tmp_path: Path, what: str) -> None:
    column, text, expected = CELLS[what]
    cells = ROWS[0].split(",")
    cells[HEADER.split(",").index(column)] = text
    assert said(tmp_path, with_row(",".join(cells))) == (
        f"charts.csv, line 2, column {column}: {expected}"
    )


def test_every_unreadable_cell_is_reported_at_once_and_its_hint_once_a_column(
    tmp_path: Path,
) -> None:
    charts = CHARTS.replace("2021-01-03", "3 Jan").replace("2021-02-04", "4 Feb")
    assert said(tmp_path, charts.replace("55.5", "half")) == (
        'charts.csv, line 2, column admitted: "3 Jan" is not a date' + ISO_HINT + "\n"
        'charts.csv, line 4, column admitted: "4 Feb" is not a date\n'
        'charts.csv, line 2, column fvc: "half" is not a number\n'
        "  limits (<5), units and words belong in another column"
    )


def test_a_line_is_counted_as_an_editor_counts_it(tmp_path: Path) -> None:
    charts = with_row('001,2021-01-03,,,,yes,,severe,55.5,no,"MDA5\r\n(twice)"')
    charts = charts.replace("2021-02-04", "soon")
    assert said(
        tmp_path, "Our charts\n" + charts, records={"table": "charts.csv", "header": 2}
    ) == ('charts.csv, line 6, column admitted: "soon" is not a date' + ISO_HINT)


@pytest.mark.parametrize(
    ("dates", "text", "expected"),
    [
        (
            {"format": "%d/%m/%Y"},
            "03/14/2021",
            '"03/14/2021" is not a date\n  dates are expected as %d/%m/%Y, as "14/03/2021"',
        ),
        (
            {"days since": "1960-01-01"},
            "22000.5",
            '"22000.5" is not a date\n  a whole number of days since 1960-01-01 is expected',
        ),
        (
            {"days since": "1960-01-01"},
            "99999999999",
            '"99999999999" is not a date\n  a whole number of days since 1960-01-01 is expected',
        ),
    ],
)
def test_a_date_of_another_form_than_declared_is_refused(
    tmp_path: Path, dates: dict[str, str], text: str, expected: str
) -> None:
    site = {"events": {"admission": {"date": "admitted", "dates": dates}}, "baseline": {}}
    assert said(tmp_path, f"id,admitted\n1,{text}\n", **site) == (
        f"charts.csv, line 2, column admitted: {expected}"
    )


@pytest.mark.parametrize(
    ("decimal", "text", "expected"),
    [
        (
            ".",
            "55,5",
            '"55,5" is not a number\n  the decimal sign is "."; say decimal: ","',
        ),
        (
            ",",
            "55.5",
            '"55.5" is not a number\n  the decimal sign is ","; say decimal: "."',
        ),
        (
            ",",
            "1.234",
            '"1.234" has a thousands separator, which could be a decimal sign\n'
            "  write the number without it",
        ),
    ],
)
def test_a_decimal_sign_is_never_guessed(
    tmp_path: Path, decimal: str, text: str, expected: str
) -> None:
    site = {
        "records": {"table": "charts.csv", "decimal": decimal, "delimiter": ";"},
        "events": {"admission": {"date": "admitted"}},
        "baseline": {"FVC": "fvc"},
    }
    assert said(tmp_path, f"id;admitted;fvc\n1;2021-01-01;{text}\n", **site) == (
        f"charts.csv, line 2, column fvc: {expected}"
    )


def test_a_sex_of_other_words_needs_values(tmp_path: Path) -> None:
    site = {"events": {"admission": {"date": "admitted"}}, "baseline": {}, "sex": "sex"}
    assert said(tmp_path, "id,admitted,sex\n1,2021-01-01,w\n", **site) == (
        'charts.csv, line 2, column sex: "w" is not female or male\n'
        "  say what it means with values: {female: [...], male: [...]}"
    )


def test_a_folder_or_a_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "charts.csv").write_text(CHARTS)
    study = study_with()

    def refused(name: str, path: Path | None = None) -> str:
        with pytest.raises(RecordsError) as error:
            records.open(study, site_with(records=name), tmp_path, path)
        return str(error.value)

    assert refused("chart.csv") == 'chart.csv: no such file\n  did you mean "charts.csv"?'
    assert refused("nowhere/charts.csv") == "nowhere/charts.csv: no such file"
    assert refused(".") == (
        ".: is a folder; records are one file\n  name the file in it, such as charts.csv"
    )
    other = tmp_path / "elsewhere.tsv"
    assert refused("charts.csv", other) == f"{other}: no such file"


def test_records_elsewhere_take_the_place_of_the_sites(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other.csv").write_text(CHARTS)
    found = records.open(
        study_with(), site_with(), tmp_path, elsewhere / "other.csv", dt.date(2024, 1, 1)
    )
    assert [(source.name, source.rows) for source in found.sources] == [("other.csv", 3)]


def test_what_spreadsheets_export_around_a_table_is_read(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, blank lines, a column without name or cells."""
    lines = [line + "," for line in CHARTS.splitlines()]
    charts = "\ufeff" + "\r\n".join([*lines[:2], "," * 11, "", *lines[2:]]) + "\r\n"
    found = opened(tmp_path, charts)
    assert rows(found, "SELECT person FROM person") == [("001",), ("002",), ("003",)]
    assert rows_of(found, "death", "person", "source")[0] == ("002", "line 5, column died_on")


@pytest.mark.parametrize(
    ("name", "delimiter", "settings"),
    [
        ("charts.tsv", "\t", {}),
        ("charts.txt", ",", {}),
        ("charts.csv", ";", {"delimiter": ";"}),
        ("charts.csv", ",", {"encoding": "cp1252"}),
        ("charts.csv", ",", {"encoding": "utf-16"}),
        ("charts.csv", ",", {"encoding": "utf8"}),
        ("charts.csv", ",", {"encoding": "utf-8-sig"}),
    ],
)
def test_delimiters_and_encodings(
    tmp_path: Path, name: str, delimiter: str, settings: dict[str, str]
) -> None:
    charts = CHARTS.replace("Jo-1", "Guérin").replace(",", delimiter)
    data = charts.encode(settings.get("encoding", "utf-8"))
    found = opened(tmp_path, data, site_with(records={"table": name, **settings}))
    assert rows_of(found, "antibody", "text") == [("MDA5",), ("Guérin",), (None,)]


def test_a_source_is_known_by_its_content(tmp_path: Path) -> None:
    source = opened(tmp_path).sources[0]
    assert (source.name, source.rows, len(source.sha256)) == ("charts.csv", 3, 64)
    assert Source(table="x.csv").encoding == "utf-8"


@pytest.mark.parametrize("age", ["-3", "1955", "130.5"])
def test_an_age_that_nobody_has_is_named(tmp_path: Path, age: str) -> None:
    charts = CHARTS.replace("55.5", age)
    assert said(tmp_path, charts, age="fvc") == (
        f'charts.csv, line 2, column fvc: "{age}" is not an age in years\n'
        "  0 to 130 years are expected; multiply: makes years of another unit"
    )


def test_an_age_in_months_is_an_age(tmp_path: Path) -> None:
    charts = CHARTS.replace("55.5", "660")
    site = site_with(age={"column": "fvc", "multiply": 1 / 12})
    found = opened(tmp_path, charts, site)
    assert rows(found, "SELECT age FROM person ORDER BY person")[0] == (55.0,)
