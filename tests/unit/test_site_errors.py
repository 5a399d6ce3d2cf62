# ruff: noqa: E501  (messages stand here as they are printed)
"""Each kind of site file that does not answer its protocol, with the whole message."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol_support import SITE, changed, told

# What is changed in the site file, and all that its reader is told.
CASES = {
    "an event of the protocol that is not bound": (
        "  transplant: {date: transplanted}\n",
        "",
        """\
site.yaml:6:1: nothing says which columns hold the event "transplant"
     6 | events:
         ^
  add transplant: {date: COLUMN} or transplant: {yes or no: COLUMN}
""",
    ),
    "a column of dates named twice": (
        "  transplant: {date: transplanted}",
        "  transplant: {date: [transplanted, again, transplanted]}",
        """\
site.yaml:10:44: "transplanted" stands here twice: each would be an occurrence of its own
    10 |   transplant: {date: [transplanted, again, transplanted]}
                                                    ^
""",
    ),
    "an event the protocol does not have": (
        "  transplant: {date: transplanted}",
        "  transplantation: {date: transplanted}",
        """\
site.yaml:6:1: nothing says which columns hold the event "transplant"
     6 | events:
         ^
  add transplant: {date: COLUMN} or transplant: {yes or no: COLUMN}
site.yaml:10:3: the protocol has no event "transplantation"
    10 |   transplantation: {date: transplanted}
           ^
  did you mean "transplant"? events of the protocol: admission, discharge, exchange, transplant, readmission, death
""",
    ),
    "a covariate that is not bound": (
        "  FVC: fvc\n",
        "",
        """\
site.yaml:13:1: nothing says which column holds the covariate "FVC"
    13 | baseline:
         ^
  add FVC: COLUMN
""",
    ),
    "a covariate the protocol does not have": (
        "  FVC: fvc\n",
        "  FVC: fvc\n  FEV1: fev1\n",
        """\
site.yaml:16:3: the protocol has no covariate "FEV1"
    16 |   FEV1: fev1
           ^
  covariates of the protocol: severity, FVC, smoker
""",
    ),
    "age under baseline": (
        "  FVC: fvc\n",
        "  FVC: fvc\n  age: age\n",
        """\
site.yaml:16:3: "age" stands at the top of the site file, not under baseline
    16 |   age: age
           ^
  write age: age there
""",
    ),
    "no column of age": (
        "age: age\n",
        "",
        """\
site.yaml:1:1: the protocol asks for age, and nothing says which column holds it
     1 | records: charts.csv
         ^
  add "birth: COLUMN" or "age: COLUMN"
""",
    ),
    "no column of sex": (
        "sex: {column: sex, values: {female: F, male: M}}\n",
        "",
        """\
site.yaml:1:1: the protocol asks for sex, and nothing says which column holds it
     1 | records: charts.csv
         ^
  add "sex: COLUMN"
""",
    ),
    "a sex there is no word for": (
        "{female: F, male: M}",
        "{female: F, man: M}",
        """\
site.yaml:4:40: sex is "female" or "male"; found "man"
     4 | sex: {column: sex, values: {female: F, man: M}}
                                                ^
""",
    ),
    "a choice the protocol does not have": (
        "severe: 3",
        "sever: 3",
        """\
site.yaml:14:63: "severity" has no choice "sever"
    14 |   severity: {column: severity, values: {mild: 1, moderate: 2, sever: 3}}
                                                                       ^
  did you mean "severe"? choices: mild, moderate, severe
""",
    ),
    "a cell that means two things": (
        "moderate: 2",
        "moderate: 1",
        """\
site.yaml:14:40: the cell "1" means both "mild" and "moderate"
    14 |   severity: {column: severity, values: {mild: 1, moderate: 1, severe: 3}}
                                                ^
""",
    ),
    "choices of a number": (
        "FVC: fvc",
        "FVC: {column: fvc, values: {low: 1}}",
        """\
site.yaml:15:22: "FVC" is a number and has no choices
    15 |   FVC: {column: fvc, values: {low: 1}}
                              ^
""",
    ),
    "a factor of a category": (
        "smoker: smoker",
        "smoker: {column: smoker, multiply: 10}",
        """\
site.yaml:16:28: "multiply" belongs to a number; "smoker" is not one
    16 |   smoker: {column: smoker, multiply: 10}
                                    ^
""",
    ),
    "an undated index event": (
        "{date: admitted}",
        "{yes or no: admitted}",
        """\
site.yaml:7:3: "admission" needs a date: it is the index date
     7 |   admission: {yes or no: admitted}
           ^
  add date: COLUMN
""",
    ),
    "an undated event of a duration": (
        "{date: discharged}",
        "{yes or no: discharged}",
        """\
site.yaml:8:3: "discharge" needs a date: "readmission" comes after it
     8 |   discharge: {yes or no: discharged}
           ^
  add date: COLUMN
""",
    ),
    "an undated event of a survival time": (
        "{date: died}",
        "{yes or no: died}",
        """\
site.yaml:12:3: "death" needs a date: it competes in "hospital stay"
    12 |   death: {yes or no: died}
           ^
  add date: COLUMN
""",
    ),
    "an event bound to nothing": (
        "{date: died}",
        "{missing: x}",
        """\
site.yaml:12:10: an event is bound to "date" columns, a "yes or no" column, or both
    12 |   death: {missing: x}
                  ^
""",
    ),
    "ends that do not match their dates": (
        "{date: exchanged}",
        "{date: [pe_1, pe_2], end: pe_end}",
        """\
site.yaml:9:13: "end" needs one column for each "date" column: 2 expected, 1 found
     9 |   exchange: {date: [pe_1, pe_2], end: pe_end}
                     ^
""",
    ),
    "words for yes without a column": (
        "{date: died}",
        "{date: died, yes: 1}",
        """\
site.yaml:12:10: "yes" and "no" list cells of a "yes or no" column; none is named
    12 |   death: {date: died, yes: 1}
                  ^
""",
    ),
    "a cell that means yes and no": (
        "{date: died}",
        "{date: died, yes or no: dead, yes: [1], no: [1]}",
        """\
site.yaml:12:54: the cell "1" means both "yes" and "no"
    12 |   death: {date: died, yes or no: dead, yes: [1], no: [1]}
                                                              ^
""",
    ),
    "a kind of file that cannot be read": (
        "records: charts.csv",
        "records: charts.docx",
        """\
site.yaml:1:10: "charts.docx" is not a kind of table that can be read
     1 | records: charts.docx
                  ^
  these can: .csv, .tsv, .tab, .txt, .xlsx, .xlsm, .parquet
""",
    ),
    "two sources": (
        "records: charts.csv",
        "records: {table: charts.csv, redcap: export.csv}",
        """\
site.yaml:1:10: records are a "table", a "redcap" export, a "review" or a "query", one of them
     1 | records: {table: charts.csv, redcap: export.csv}
                  ^
""",
    ),
    "a REDCap export without its dictionary": (
        "records: charts.csv",
        "records: {redcap: export.csv}",
        """\
site.yaml:1:10: a redcap export needs its "dictionary" (the data dictionary file)
     1 | records: {redcap: export.csv}
                  ^
""",
    ),
    "a sheet of a text file": (
        "records: charts.csv",
        "records: {table: charts.csv, sheet: Charts}",
        """\
site.yaml:1:30: "sheet" belongs to an Excel file
     1 | records: {table: charts.csv, sheet: Charts}
                                      ^
""",
    ),
    "a REDCap form in a plain table": (
        "FVC: fvc",
        "FVC: {column: fvc, form: lung}",
        """\
site.yaml:15:22: "form" belongs to a REDCap export, which stands under "redcap"
    15 |   FVC: {column: fvc, form: lung}
                              ^
""",
    ),
    "an encoding that there is not": (
        "records: charts.csv",
        "records: {table: charts.csv, encoding: utf-9}",
        """\
site.yaml:1:10: "utf-9" is not an encoding; write utf-8, latin-1 or cp1252
     1 | records: {table: charts.csv, encoding: utf-9}
                  ^
""",
    ),
    "a date format without a year": (
        "patient: id",
        'patient: id\ndates: {format: "%d/%m"}',
        """\
site.yaml:3:8: "%d/%m" does not hold a day, a month and a year; write them as %d, %m and %Y: "%d/%m/%Y"
     3 | dates: {format: "%d/%m"}
                ^
""",
    ),
    "dates in no known way": (
        "patient: id",
        "patient: id\ndates: d/m/y",
        """\
site.yaml:3:8: "d/m/y" does not say how dates are written; write ISO, {format: "%d/%m/%Y"} or {days since: 1960-01-01}
     3 | dates: d/m/y
                ^
""",
    ),
    "a day number without an origin": (
        "patient: id",
        "patient: id\ndates: {days since: 1960}",
        """\
site.yaml:3:21: "1960" is not a date; write year-month-day, as in 2020-12-31
     3 | dates: {days since: 1960}
                             ^
""",
    ),
    "a header line of 0": (
        "records: charts.csv",
        "records: {table: charts.csv, header: 0}",
        """\
site.yaml:1:38: expected a number of at least 1; found "0"
     1 | records: {table: charts.csv, header: 0}
                                              ^
""",
    ),
    "a delimiter of two characters": (
        "records: charts.csv",
        'records: {table: charts.csv, delimiter: ";;"}',
        """\
site.yaml:1:41: expected a single character; found ";;"
     1 | records: {table: charts.csv, delimiter: ";;"}
                                                 ^
""",
    ),
    "a contradiction that there is not": (
        "patient: id",
        "patient: id\naccept: [future dates]",
        """\
site.yaml:3:10: expected "event before birth", "event after death", "end before start" or "future date"; found "future dates"
     3 | accept: [future dates]
                  ^
  did you mean "future date"?
""",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=list(CASES))
def test_a_site_file_that_does_not_answer_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert told(tmp_path, site=changed(SITE, old, new)) == expected.removesuffix("\n")
