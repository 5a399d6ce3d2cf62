"""Files of an OMOP CDM that are broken or odd: told with their line, or read, and never a quiet
zero. Every patient here is made up."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from casewise.errors import RecordsError
from omop_support import ANN, BLEED, CAT, condition, events, notes, opened, small, write

TABLE = "condition_occurrence.csv"
IDS = (
    "\n  in another form, digits of an id are lost: "
    "ids are whole numbers of at most 64 bits, or texts"
)
DATES = "\n  dates are written 2021-03-14"
WHOLE = [(ANN, "2020-03-02")]

Change = Callable[[bytes], bytes]


def cdm(folder: Path, change: Change, file: str = TABLE) -> Path:
    """The small CDM as CSV with one file changed."""
    path = write(folder / "cdm", small(), "csv")
    (path / file).write_bytes(change((path / file).read_bytes()))
    return path


def row(*cells: str) -> Change:
    return lambda data: data + ",".join(cells).encode() + b"\n"


def told(path: Path) -> str:
    with pytest.raises(RecordsError) as caught:
        opened(path)
    assert caught.value.exit_code == 11
    return str(caught.value)


READ: dict[str, Change] = {
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "CR": lambda data: data.replace(b"\n", b"\r"),
    "semicolons": lambda data: data.replace(b",", b";"),
    "tabs and a quote that is none": lambda data: (
        data + b'5,4,1,2020-01-01,,5" tube,0,\n'
    ).replace(b",", b"\t"),
    "blank lines": lambda data: data.replace(b"\n", b"\n\n"),
    "no line end at the end": lambda data: data.rstrip(b"\n"),
    "a line end within quotes": lambda data: data + b'5,4,1,2020-01-01,,"a\nb",0,\n',
    "capitals": lambda data: data.replace(b"person_id", b"PERSON_ID"),
    "ids with .0": lambda data: data.replace(str(ANN).encode(), str(ANN).encode() + b".0"),
}


@pytest.mark.parametrize("what", READ)
def test_a_text_file_is_read_however_it_was_exported(tmp_path: Path, what: str) -> None:
    assert events(opened(cdm(tmp_path, READ[what])), "bleed") == WHOLE


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (("200", "14/03/2020", ""), f'start_date: "14/03/2020" is not a date{DATES}'),
        (("200", "2020-02-30", ""), f'start_date: "2020-02-30" is not a date{DATES}'),
        (("200", "epoch", ""), f'start_date: "epoch" is not a date{DATES}'),
        (("200", "2020-01-01", "NA"), f'end_date: "NA" is not a date{DATES}'),
        (("x", "2020-01-01", ""), 'concept_id: "x" is not a whole number'),
        (("1.5", "2020-01-01", ""), 'concept_id: "1.5" is not a whole number'),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_line_and_column(
    tmp_path: Path, cells: tuple[str, ...], message: str
) -> None:
    path = cdm(tmp_path, row("5", "4", *cells, "", "0", ""))
    assert told(path) == f"{TABLE}, line 3, column condition_{message}"


@pytest.mark.parametrize(
    "id_", ["3.4", "-9.00719925474099e+15", "9e99", "p3", "99999999999999999999"]
)
def test_an_id_that_has_lost_digits_or_cannot_meet_the_persons_is_named_and_not_shown(
    tmp_path: Path, id_: str
) -> None:
    path = cdm(tmp_path, row("5", id_, "200", "2020-01-01", "", "", "0", ""))
    said = "the id is not a whole number"
    assert told(path) == f"{TABLE}, line 3, column person_id: {said}{IDS}"


def test_every_unreadable_cell_is_named_to_the_first_fifty_and_the_rest_counted(
    tmp_path: Path,
) -> None:
    bad = b'5,4,200,x,,"\n",0,\n' * 60
    with pytest.raises(RecordsError) as caught:
        opened(cdm(tmp_path, lambda data: data + bad))
    cells = [problem.cell for problem in caught.value.problems]
    # Each of these rows is two lines long.
    assert cells[:2] == [f"line {n}, column condition_start_date" for n in (3, 5)]
    assert len(cells) == 51
    assert caught.value.problems[-1].message == "and 10 more cells that cannot be read"


NEEDS_QUOTES = "\n  a cell that contains the delimiter needs quotes"
AS_UTF8 = "\n  save it as UTF-8"
NO_TABLE: dict[str, tuple[Change, str]] = {
    "few cells": (row("5", "4"), f", line 3: 2 cells where the header has 8{NEEDS_QUOTES}"),
    "many cells": (row(*"123456789"), f", line 3: 9 cells where the header has 8{NEEDS_QUOTES}"),
    "a byte": (
        lambda data: data + b"5,4,200,2020-01-01,,\xe9,0,\n",
        f", line 3: byte 0xE9 is not utf-8{AS_UTF8}",
    ),
    "a byte in the header": (
        lambda data: b"\xe9" + data,
        f", line 1: byte 0xE9 is not utf-8{AS_UTF8}",
    ),
    "UTF-16": (
        lambda data: data.decode().encode("utf-16"),
        f": the file is utf-16, not utf-8{AS_UTF8}",
    ),
    "an open quote": (
        row("5", "4", "200", "2020-01-01", "", '"a', "0", ""),
        ", line 3: a quote that opens here is never closed",
    ),
    "two line ends": (
        lambda data: data.replace(b"\n", b"\r\n", 1),
        ", line 2: the line ends in '\\n' where the header ends in '\\r\\n'\n"
        "  save the file with one kind of line end",
    ),
    "nothing": (lambda data: b"", ": the file is empty"),
    "blank lines": (lambda data: b"\n\n", ": the file is empty"),
    "no header": (
        lambda data: data.split(b"\n", 1)[1],
        ", line 1: the first line has numbers or dates where names of columns are expected",
    ),
    "a column twice": (
        lambda data: data.replace(b"condition_end_date", b"PERSON_ID"),
        ', line 1: two columns are called "person_id"',
    ),
    "gzip": (gzip.compress, ": a gzip file\n  the name of a gzip file ends in .gz"),
}


@pytest.mark.parametrize("what", NO_TABLE)
def test_a_text_file_that_is_no_table_is_named_with_its_line(tmp_path: Path, what: str) -> None:
    change, message = NO_TABLE[what]
    said = told(cdm(tmp_path, change))
    assert said == TABLE + message
    assert str(ANN) not in said


@pytest.mark.parametrize("left", [-12, 40])
def test_gzip_is_read_and_a_part_of_it_refused(tmp_path: Path, left: int) -> None:
    path = write(tmp_path / "cdm", small(), "csv")
    data = gzip.compress((path / TABLE).read_bytes())
    (path / TABLE).unlink()
    (path / f"{TABLE}.gz").write_bytes(data)
    assert events(opened(path), "bleed") == WHOLE
    (path / f"{TABLE}.gz").write_bytes(data[:left])
    assert told(path) == f"{TABLE}.gz: not a whole gzip file\n  export or copy it again"


@pytest.mark.parametrize("name", ["condition_occurrence", TABLE, "CONDITION_OCCURRENCE"])
def test_a_table_may_be_a_folder_of_text_files_with_the_same_columns(
    tmp_path: Path, name: str
) -> None:
    path = write(tmp_path / "cdm", small(), "csv")
    data = (path / TABLE).read_bytes()
    (path / TABLE).unlink()
    (path / name).mkdir()
    header = data.split(b"\n")[0] + b"\n"
    (path / name / "part-0.csv").write_bytes(header)
    (path / name / "part-1.csv").write_bytes(data)
    (path / name / "_SUCCESS").write_bytes(b"")
    assert events(opened(path), "bleed") == WHOLE
    (path / name / "part-1.csv").write_bytes(data + b"5,4,200,soon,,,0,\n")
    assert told(path).startswith('part-1.csv, line 3, column condition_start_date: "soon"')
    (path / name / "part-2.csv").write_bytes(b"a,b\n")
    assert told(path) == "part-2.csv: other columns than part-0.csv of the same table"


@pytest.mark.parametrize("cut", [-20, 100, 0])
def test_a_parquet_file_that_was_cut_off_is_named(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "cdm", small())
    file = path / "condition_occurrence.parquet"
    file.write_bytes(file.read_bytes()[:cut])
    assert told(path) == (
        "condition_occurrence.parquet: the table cannot be read: the file is not a whole Parquet "
        "file\n  export or copy it again"
    )


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("person_id::DOUBLE", '(a column of DOUBLE) should hold ids: 1 value is not'),
        ("1.5::FLOAT", '(a column of FLOAT) should hold ids: 1 value is not'),
        ("DATE '2020-01-01'", "is a column of DATE"),
        ("[person_id]", "is a column of BIGINT[]"),
    ],
)  # fmt: skip
def test_ids_of_types_that_lose_digits_or_are_no_ids_are_refused(
    tmp_path: Path, sql: str, message: str
) -> None:
    path = retyped(tmp_path, sql)
    assert told(path).startswith(f'condition_occurrence.parquet: column "person_id" {message}')


@pytest.mark.parametrize("kind", ["DECIMAL(20, 0)", "VARCHAR"])
def test_ids_of_one_table_may_be_of_another_type(tmp_path: Path, kind: str) -> None:
    found = events(opened(retyped(tmp_path, f"person_id::{kind}")), "bleed")
    assert [(str(person), day) for person, day in found] == [(str(ANN), "2020-03-02")]


def test_whole_ids_as_fractions_are_the_same_persons(tmp_path: Path) -> None:
    path = retyped(tmp_path, f"{CAT}::DOUBLE")
    assert events(opened(path), "bleed") == [(CAT, "2020-03-02")]


def retyped(folder: Path, sql: str) -> Path:
    path = write(folder / "cdm", small())
    file = path / "condition_occurrence.parquet"
    select = f"SELECT * REPLACE ({sql} AS person_id) FROM '{file}'"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS {select}")
        connection.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    return path


def test_records_of_strangers_alone_are_no_quiet_zero(tmp_path: Path) -> None:
    source = opened(retyped(tmp_path, "'p' || person_id"))
    assert [str(error) for error in source.errors] == [
        'codes > bleeding: no condition of the code list "bleeding" is of a person that the '
        "records have\n"
        "  perhaps the ids of persons are written in two ways; where that is right, write "
        '"accept: [codes without records]" in the site file'
    ]


def test_records_of_no_person_at_all_are_no_quiet_zero(tmp_path: Path) -> None:
    for table, about in (("condition_occurrence", "bleeding"), ("drug_exposure", "the drug")):
        path = write(tmp_path / table, small())
        file = path / f"{table}.parquet"
        with duckdb.connect() as connection:
            replaced = "SELECT * REPLACE (CAST(NULL AS BIGINT) AS person_id)"
            connection.execute(f"CREATE TABLE t AS {replaced} FROM '{file}'")
            connection.execute(f"COPY t TO '{file}' (FORMAT parquet)")
        errors = [str(error) for error in opened(path).errors]
        assert any(f'code list "{about}" is of a person that the records' in e for e in errors)


def test_a_date_from_before_anybody_lived_is_counted(tmp_path: Path) -> None:
    cdm = small()
    cdm["condition_occurrence"].append(condition(CAT, BLEED, "0001-01-01"))
    assert notes(opened(write(tmp_path / "cdm", cdm))) == [
        "bleeding: Of 2 records of the kind condition of patients with the index event: 1 dated "
        "before 1850, a slip or a mark for no date."
    ]


def test_a_person_without_an_id_and_one_of_two_rows_are_told(tmp_path: Path) -> None:
    path = cdm(tmp_path, lambda data: data + b",8507,1960,1,1\n", "person.csv")
    assert told(path) == "cdm, table person: 1 row has no person_id"
    again = lambda data: data + data.split(b"\n")[1] + b"\n"  # noqa: E731
    path = cdm(tmp_path / "again", again, "person.csv")
    assert told(path).startswith("cdm, table person: 5 rows, but 4 different persons\n")
