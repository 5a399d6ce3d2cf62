"""A plain table of events into the raw views, and what is said of one that cannot be read.

Every patient here is made up.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from casewise.engine.duckdb import DuckDB
from casewise.errors import CasewiseError, ProtocolError, RecordsError
from casewise.protocol.warehouse import EventSource
from casewise.records.event_table import open_table
from casewise.records.raw import RAW_EVENT, VISIT, RawRecords
from casewise.records.sql_text import rows_of

DAY = dt.date
COLUMNS = {
    "patient": "pid",
    "time": "when",
    "code": "code",
    "vocabulary": "voc",
    "end": "until",
    "value": "val",
    "unit": "unit",
    "domain": "dom",
    "text": "words",
    "visit": "stay",
}
HEADER = "pid,when,code,voc,until,val,unit,dom,words,stay\n"
ROWS = """007,1960-01-02,,,,,,birth,,
007,,F,,,,,sex,,
007,2020-01-02T10:00:00,M33.1,ICD10CM,2020-01-05,,,,,s1
007,2020-01-03,718-7,loinc,,12.5,g/dL,,,s1

007,2020-01-02,inpatient,,2020-01-09,,,visit,,s1
,,,,,,,,,
007,2021-02-03,,,,,,death,,
8,2020-05-05,P-1,ours,2020-05-01,,,Procedure,twice,
"""


def opened(
    path: Path, columns: dict[str, str] | None = None
) -> tuple[DuckDB, RawRecords, list[str]]:
    engine = DuckDB()
    source = EventSource(table=path.name, columns=COLUMNS if columns is None else columns)
    records = open_table(engine, source, path)
    return engine, records, [note.text for note in records.notes]


def answer(engine: DuckDB, sql: str) -> list[tuple[Any, ...]]:
    def day(value: Any) -> Any:
        return value.date() if isinstance(value, dt.datetime) else value

    return [tuple(map(day, found.values())) for found in rows_of(engine, sql)]


def written(folder: Path, text: str, name: str = "events.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_rows_are_persons_visits_events_and_observation(tmp_path: Path) -> None:
    engine, records, notes = opened(written(tmp_path, HEADER + ROWS))
    assert tuple(engine.query("SELECT * FROM raw_event")) == RAW_EVENT
    assert tuple(engine.query("SELECT * FROM visit")) == VISIT
    assert answer(engine, "SELECT * FROM person ORDER BY person") == [
        ("007", DAY(1960, 1, 2), None, "female"),
        ("8", None, None, None),
    ]
    assert answer(engine, "SELECT * FROM visit") == [
        ("s1", "007", DAY(2020, 1, 2), DAY(2020, 1, 9), "inpatient")
    ]
    assert answer(engine, "SELECT * FROM observation ORDER BY person") == [
        ("007", DAY(2020, 1, 2), DAY(2021, 2, 3)),
        ("8", DAY(2020, 5, 5), DAY(2020, 5, 5)),
    ]
    asked = 'SELECT domain, vocabulary, code, start, "end", value, unit, text, visit, source '
    assert answer(engine, asked + "FROM raw_event ORDER BY source") == [
        (
            *("condition", "ICD10CM", "M33.1", DAY(2020, 1, 2), DAY(2020, 1, 5)),
            *(None, None, None, "s1", "events.csv row 4"),
        ),
        (
            *("measurement", "LOINC", "718-7", DAY(2020, 1, 3), None),
            *(12.5, "g/dL", None, "s1", "events.csv row 5"),
        ),
        (
            *("death", None, None, DAY(2021, 2, 3), None),
            *(None, None, None, None, "events.csv row 7"),
        ),
        (
            *("procedure", None, "P-1", DAY(2020, 5, 5), None),
            *(None, None, "twice", None, "events.csv row 8"),
        ),
    ]
    assert "Rows that end before they start: 1; they were taken to last one day." in notes
    assert (
        "Rows of a vocabulary that is not known: 1; their codes are local ones. It is "
        in "".join(notes)
    )
    (source,) = records.read()
    assert (source.name, source.rows) == ("events.csv", 7)


@pytest.mark.parametrize(("name", "mark"), [("e.tsv", "\t"), ("e.csv", ";"), ("e.txt", "|")])
def test_other_delimiters_and_a_byte_order_mark_are_read(
    tmp_path: Path, name: str, mark: str
) -> None:
    text = "\ufeff" + "pid,when,code\r\n1,2020-01-01,A\r\n".replace(",", mark)
    few = {word: COLUMNS[word] for word in ("patient", "time", "code")}
    engine, _, notes = opened(written(tmp_path, text, name), few)
    assert answer(engine, "SELECT person, start, code FROM raw_event") == [
        ("1", DAY(2020, 1, 1), "A")
    ]
    assert "The table has no dates of birth: ages are not known." in notes
    assert "The table does not say who is female or male." in notes


def parquet(folder: Path, select: str) -> Path:
    path = folder / "events.parquet"
    duckdb.sql(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def test_parquet_keeps_the_type_of_its_ids_and_reads_like_text(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        "SELECT -3::BIGINT AS pid, TIMESTAMP '2020-01-02 03:04:05' AS \"when\", 10 AS code, "
        "2.5::FLOAT AS val",
    )
    few = {word: COLUMNS[word] for word in ("patient", "time", "code", "value")}
    engine, _, _ = opened(path, few)
    assert answer(engine, "SELECT person, start, code, value, source FROM raw_event") == [
        (-3, DAY(2020, 1, 2), "10", 2.5, "events.parquet row 1")
    ]


ISO = "\n  ISO dates are expected: 2021-03-14"
DOMAINS = "condition, procedure, drug, measurement, observation, device, death, visit, birth, sex"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,2020-13-02,A,,,,,,,", f'line 2, column when: "2020-13-02" is not a date{ISO}'),
        ("1,03/04/2020,A,,,,,,,", f'line 2, column when: "03/04/2020" is not a date{ISO}'),
        ("1,2020-02-30,A,,,,,,,", f'line 2, column when: "2020-02-30" is not a date{ISO}'),
        ("1,0221-02-03,A,,,,,,,", f'line 2, column when: "0221-02-03" is not a date{ISO}'),
        ("1,2020-01-01,A,,x,,,,,", f'line 2, column until: "x" is not a date{ISO}'),
        (
            "1,2020-01-01,A,,,<5,,,,",
            'line 2, column val: "<5" is not a number\n'
            "  words and limits (<5) belong in the column named for text",
        ),
        (
            "1,2020-01-01,A,,,nan,,,,",
            'line 2, column val: "nan" is not a number\n'
            "  words and limits (<5) belong in the column named for text",
        ),
        (
            "1,2020-01-01,A,,,,,diagnosis,,",
            f'line 2, column dom: "diagnosis" is not a domain\n  expected: {DOMAINS}',
        ),
        (
            "1,2020-01-01,ward,,,,,visit,,",
            'line 2, column code: "ward" is not a kind of visit\n  expected: inpatient, '
            "emergency, outpatient, intensive care, home, other",
        ),
        ("1,,x,,,,,sex,,", 'line 2, column code: "x" is not female or male'),
        (" ,2020-01-01,A,,,,,,,", "line 2, column pid: no patient"),
        (
            "1,2020-01-01",
            "line 2: 2 cells where the header has 10\n  a cell that contains the delimiter needs "
            "quotes",
        ),
        ('"1,2020', "line 2: a quote that opens here is never closed"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_place(
    tmp_path: Path, row: str, message: str
) -> None:
    path = written(tmp_path, HEADER + row + "\n")
    with pytest.raises(RecordsError) as caught:
        opened(path)
    mark = ": " if message.startswith("no") else ", "
    assert str(caught.value) == f"events.csv{mark}{message}"


def test_every_cell_is_named_at_once_and_the_rest_of_many_counted(tmp_path: Path) -> None:
    text = HEADER + '1,2020-01-01,"a\nb",,,,,,,\n\n' + "1,x,A,,,y,,,,\n" * 40
    with pytest.raises(RecordsError) as caught:
        opened(written(tmp_path, text))
    problems = caught.value.problems
    assert problems[0].cell == "line 5, column when"
    assert problems[1].cell == "line 5, column val"
    assert len(problems) == 51
    assert problems[-1].message == "and 30 more cells that cannot be read"


def refused(path: Path, columns: dict[str, str] | None = None) -> str:
    with pytest.raises(CasewiseError) as caught:
        opened(path, columns)
    return str(caught.value)


PLAIN = HEADER + "1,2020-01-02,A,,,,,,,\n2,2020-01-02,A,,,,,,,\n"
LOST = "\n  in another form digits of an id are lost: ids are whole numbers or texts"
NO_ID = f"the id is not a whole number{LOST}"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", "\n\n"),
        PLAIN.rstrip("\n"),
        *(PLAIN.replace(",", mark) for mark in ";\t|"),
    ],
)
def test_a_text_is_read_however_it_was_exported(tmp_path: Path, text: str) -> None:
    engine, _, _ = opened(written(tmp_path, text))
    assert answer(engine, "SELECT person, code, visit FROM raw_event ORDER BY 1") == [
        ("1", "A", None),
        ("2", "A", None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PLAIN.replace("stay", "PID"), ', line 1: two columns are called "pid"'),
        ("\ufeff" + PLAIN + "9e15,2020-01-01,A,,,,,,,\n", f", line 4, column pid: {NO_ID}"),
        (PLAIN + "3.5,2020-01-01,A,,,,,,,\n", f", line 4, column pid: {NO_ID}"),
        (PLAIN + '3,2020-01-01,"A\n', ", line 4: a quote that opens here is never closed"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refused(written(tmp_path, text)) == f"events.csv{message}"


def test_ids_of_words_may_look_like_numbers(tmp_path: Path) -> None:
    engine, _, _ = opened(written(tmp_path, PLAIN + "9e15,2020-01-01,A,,,,,,,\na3,,A,,,,,,,\n"))
    assert answer(engine, "SELECT count(*) FROM person") == [(4,)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DATE '2020-01-01'", "column pid: DATE is not a kind of id"),
        ("'x'::BLOB", "column pid: BLOB is not a kind of id"),
        ("9007199254740993::DOUBLE", f"row 1, column pid: {NO_ID}"),
        ("1.5::FLOAT", f"row 1, column pid: {NO_ID}"),
    ],
)
def test_parquet_ids_that_lose_digits_or_are_no_ids_are_refused(
    tmp_path: Path, sql: str, message: str
) -> None:
    path = parquet(tmp_path, f"SELECT {sql} AS pid, DATE '2020-01-02' AS \"when\", 'x' AS code")
    few = {word: COLUMNS[word] for word in ("patient", "time", "code")}
    assert refused(path, few) == f"events.parquet, {message}"


def test_a_patient_dies_once_at_the_earliest_date(tmp_path: Path) -> None:
    deaths = "1,2021-05-05,,,,,,death,,\n1,2021-06-06,X,,,,,death,,\n2,2021-01-01,,,,,,death,,\n"
    engine, _, notes = opened(written(tmp_path, PLAIN + deaths))
    asked = "SELECT person, start FROM raw_event WHERE domain = 'death' ORDER BY 1"
    assert answer(engine, asked) == [("1", DAY(2021, 5, 5)), ("2", DAY(2021, 1, 1))]
    assert "Patients who died on several days: 1; the earliest counts." in notes


def test_nobody_is_watched_after_the_extract_whatever_is_dated_later(tmp_path: Path) -> None:
    later = (
        "1,2110-01-01,A,,,,,,,\n1,2020-05-06,inpatient,,2110-01-01,,,visit,,s\n"
        "2,2110-01-01,,,,,,death,,\n3,2110-01-01,A,,,,,,,\n"
    )
    path = written(tmp_path, PLAIN + later)
    engine = DuckDB()
    open_table(engine, EventSource(table=path.name, columns=COLUMNS), path, DAY(2021, 12, 31))
    assert answer(engine, 'SELECT person, "end" FROM observation ORDER BY person') == [
        ("1", DAY(2020, 5, 6)),
        ("2", DAY(2020, 1, 2)),
    ]


def test_columns_that_are_not_there_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "pid,when,kode\n1,2020-01-01,A\n")
    few = {word: COLUMNS[word] for word in ("patient", "time", "code")}
    assert refused(path, few) == (
        'events.csv: no column "code", which the site file names for code\n  did you mean "kode"?'
    )
    assert refused(path, {"patient": "pid"}) == (
        'records, columns: a table of events needs "time"\n'
        'records, columns: a table of events needs "code"'
    )
    with pytest.raises(ProtocolError) as caught:
        opened(path, few | {"valu": "x"})
    assert str(caught.value) == (
        'records, columns: "valu" is not a column of a table of events\n  did you mean "value"?'
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("events.csv", "", "events.csv: the file is empty"),
        ("events.csv", HEADER, "events.csv: a header, but no events below it"),
        ("events.csv", "a,a\n", 'events.csv, line 1: two columns are called "a"'),
        (
            "events.json",
            "{}",
            'events.json: ".json" is not a kind of table that can be read\n'
            "  these can: .csv, .tsv, .tab, .txt, .parquet",
        ),
        (
            "events.parquet",
            "PAR1",
            "events.parquet: the file is not a Parquet file that can be read",
        ),
    ],
)
def test_files_that_are_no_tables_are_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    assert refused(written(tmp_path, text, name)) == message


def test_a_file_that_is_not_there_and_one_not_in_utf_8_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "events.csv") == "events.csv: no such file"
    path = tmp_path / "events.csv"
    path.write_bytes(HEADER.encode() + b"1,2020-01-01,\xe9,,,,,,,\n")
    assert refused(path).startswith("events.csv, line 2: byte 0xE9 is not utf-8")
    # A table of events has no key "encoding", as a chart table has.
    assert refused(path).endswith("\n  save it as UTF-8")


def test_parquet_columns_of_kinds_that_no_cell_has_are_refused(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        "SELECT [1] AS pid, TIMESTAMPTZ '2020-01-02 03:04:05Z' AS \"when\", 'x' AS code",
    )
    few = {word: COLUMNS[word] for word in ("patient", "time", "code")}
    assert refused(path, few) == (
        "events.parquet, column pid: INTEGER[] is not a kind of cell a table of events has\n"
        "events.parquet, column when: moments with a time zone: on which date they fall depends "
        "on the place"
    )
