"""What a cell says: it happened, it did not, it is not documented, it does not apply."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from casewise.errors import RecordsError
from casewise.records import Records
from records_support import CHARTS, opened, rows, rows_of, site_with, study_with


def of_event(folder: Path, binding: dict[str, Any], header: str, *lines: str) -> Records:
    """The event ``exchange`` as bound, beside an admission; patients are numbered from 1."""
    charts = [f"id,admitted,{header}"]
    charts += [f"{n},2021-01-01,{line}" for n, line in enumerate(lines, start=1)]
    site = site_with(
        events={"admission": {"date": "admitted"}, "exchange": binding},
        baseline={},
        **{"not applicable": ["n/a"]},
    )
    return opened(folder, "\n".join(charts) + "\n", site)


def of_covariate(
    folder: Path, covariate: dict[str, Any], binding: Any, *cells: str
) -> list[tuple[Any, ...]]:
    """Value, text and status of a covariate whose column ``x`` holds the cells."""
    charts = ["id;admitted;x", *(f"{n};2021-01-01;{cell}" for n, cell in enumerate(cells))]
    site = site_with(
        records={"table": "charts.csv", "delimiter": ";"},
        events={"admission": {"date": "admitted"}},
        baseline={"it": binding},
    )
    study = study_with(baseline={"it": covariate})
    found = opened(folder, "\n".join(charts) + "\n", site, study)
    return rows_of(found, "it", "value", "text", "status")


def texts(found: Records, about: str = "exchange") -> list[str]:
    return [note.text for note in found.notes if note.about == about]


def test_a_dated_event_occurs_on_its_date(tmp_path: Path) -> None:
    assert rows_of(opened(tmp_path), "admission", "person", "start", "status", "source") == [
        ("001", "2021-01-03", "occurred", "line 2, column admitted"),
        ("002", "2021-02-03", "occurred", "line 3, column admitted"),
        ("003", "2021-02-04", "occurred", "line 4, column admitted"),
    ]


def test_a_blank_date_means_no_and_a_missing_code_means_not_documented(tmp_path: Path) -> None:
    found = of_event(tmp_path, {"date": "on"}, "on", "2021-01-05", "", "NK", "n/a", " ")
    assert rows_of(found, "exchange") == [
        ("1", "2021-01-05", "occurred"),
        ("3", None, "not documented"),
        ("4", None, "not applicable"),
    ]
    assert texts(found, "Blank dates") == [
        "A blank date was read as: it did not happen. Patients so read: exchange, 2."
    ]


def test_a_site_may_say_that_a_blank_date_is_not_documented(tmp_path: Path) -> None:
    binding = {"date": "on", "blank": "not documented"}
    found = of_event(tmp_path, binding, "on", "2021-01-05", "")
    assert rows_of(found, "exchange") == [
        ("1", "2021-01-05", "occurred"),
        ("2", None, "not documented"),
    ]
    assert texts(found, "Blank dates") == []


def test_a_yes_or_no_column_tells_no_from_not_documented(tmp_path: Path) -> None:
    binding = {"date": "on", "yes or no": "had"}
    found = of_event(
        tmp_path,
        binding,
        "had,on",
        "yes,2021-01-05",
        "no,",
        ",",
        "NK,NK",
        "n/a,",
        ",2021-01-06",
        "no,NK",
    )
    assert rows_of(found, "exchange") == [
        ("1", "2021-01-05", "occurred"),
        ("3", None, "not documented"),
        ("4", None, "not documented"),
        ("5", None, "not applicable"),
        ("6", "2021-01-06", "occurred"),
    ]
    assert (found.errors, found.warnings, texts(found)) == ((), (), [])


@pytest.mark.parametrize("date", ["", "NK"])
def test_yes_without_a_date_happened_at_an_unknown_time(tmp_path: Path, date: str) -> None:
    found = of_event(tmp_path, {"date": "on", "yes or no": "had"}, "had,on", f"yes,{date}")
    assert rows_of(found, "exchange") == [("1", None, "occurred")]
    assert [str(problem) for problem in found.warnings] == [
        "charts.csv, line 2, column on: exchange happened, but no date says when"
    ]
    assert found.undated == frozenset()


@pytest.mark.parametrize(("word", "said"), [("no", "no"), ("n/a", "not applicable")])
def test_a_date_beside_a_no_is_a_contradiction(tmp_path: Path, word: str, said: str) -> None:
    found = of_event(tmp_path, {"date": "on", "yes or no": "had"}, "had,on", f"{word},2021-01-05")
    assert [str(problem) for problem in found.errors] == [
        f"charts.csv, line 2, column had: exchange is {said} here, yet a date or line stands in "
        "line 2, column on"
    ]


def test_an_event_without_a_date_column_is_undated_and_says_what_that_costs(
    tmp_path: Path,
) -> None:
    found = of_event(tmp_path, {"yes or no": "had"}, "had", "yes", "no", "", "NK", "n/a")
    assert rows_of(found, "exchange") == [
        ("1", None, "occurred"),
        ("3", None, "not documented"),
        ("4", None, "not documented"),
        ("5", None, "not applicable"),
    ]
    assert found.undated == {"exchange"}
    assert texts(found) == [
        "exchange is recorded as yes or no, without a date (yes in 1 patient): the records "
        "cannot show whether it came before or after the index date, or when."
    ]


def test_several_date_columns_are_several_occurrences(tmp_path: Path) -> None:
    binding = {"date": ["on1", "on2"], "end": ["off1", "off2"], "line": ["l1", "l2"]}
    found = of_event(
        tmp_path,
        binding,
        "on1,off1,l1,on2,off2,l2",
        "2021-01-05,2021-01-07,1,2021-02-05,,2",
        "2021-01-05,,,NK,,",
        ",,,,,",
    )
    assert rows_of(found, "exchange", "person", "start", "end", "unit", "status") == [
        ("1", "2021-01-05", "2021-01-07", "line", "occurred"),
        ("1", "2021-02-05", None, "line", "occurred"),
        ("2", "2021-01-05", None, "line", "occurred"),
        ("2", None, None, "line", "not documented"),
    ]
    assert [value for (value,) in rows_of(found, "exchange", "value")][:2] == [1.0, 2.0]


def test_one_line_column_may_serve_several_dates(tmp_path: Path) -> None:
    binding = {"date": ["on1", "on2"], "line": ["line", "line"]}
    found = of_event(tmp_path, binding, "on1,on2,line", "2021-01-05,,3")
    assert rows_of(found, "exchange", "start", "value") == [("2021-01-05", 3.0)]
    assert found.warnings == ()


def test_an_end_or_line_beside_a_date_not_documented_happened_at_an_unknown_time(
    tmp_path: Path,
) -> None:
    binding = {"date": "on", "end": "off", "line": "line"}
    found = of_event(tmp_path, binding, "on,off,line", "NK,2021-01-07,", "NK,,2")
    assert rows_of(found, "exchange", "person", "start", "end", "status") == [
        ("1", None, "2021-01-07", "occurred"),
        ("2", None, None, "occurred"),
    ]
    assert [str(problem) for problem in found.warnings] == [
        f"charts.csv, line {line}, column on: exchange happened, but no date says when"
        for line in (2, 3)
    ]


def test_an_end_or_line_beside_a_blank_date_is_not_guessed_at(tmp_path: Path) -> None:
    binding = {"date": "on", "end": "off", "line": "line"}
    found = of_event(tmp_path, binding, "on,off,line", ",2021-01-07,", ",,2")
    assert [str(problem) for problem in found.errors] == [
        "charts.csv, line 2, column off: exchange has an end or a line here but no date: "
        "did it happen?\n  fill in the date, or its code for not documented",
        "charts.csv, line 3, column line: exchange has an end or a line here but no date: "
        "did it happen?\n  fill in the date, or its code for not documented",
    ]


def test_a_sites_own_words_for_yes_and_no_replace_the_usual_ones(tmp_path: Path) -> None:
    binding = {"yes or no": "had", "yes": ["RHC"], "no": ["No RHC"]}
    found = of_event(tmp_path, binding, "had", "RHC", "No RHC")
    assert rows_of(found, "exchange") == [("1", None, "occurred")]
    with pytest.raises(RecordsError, match='"yes" is not yes or no\n  expected: RHC, No RHC'):
        of_event(tmp_path, binding, "had", "yes")


def test_the_usual_words_are_read_in_any_case(tmp_path: Path) -> None:
    words = ("Yes", "Y", "TRUE", "1", "1.0", "NO", "n", "False", "0", "0.0")
    found = of_event(tmp_path, {"yes or no": "had"}, "had", *words)
    assert rows(found, "SELECT COUNT(*) FROM event WHERE code = 'exchange'") == [(5,)]


@pytest.mark.parametrize(
    ("dates", "text", "expected"),
    [
        (None, "2021-03-14", "2021-03-14"),
        (None, "2021-03-14T22:15:00Z", "2021-03-14"),
        (None, " 2021-03-14 22:15 ", "2021-03-14"),
        ({"format": "%d/%m/%Y"}, "14/3/2021", "2021-03-14"),
        ({"format": "%d %b %Y %H:%M"}, "14 Mar 2021 23:59", "2021-03-14"),
        ({"days since": "1960-01-01"}, "22353", "2021-03-14"),
        ({"days since": "1960-01-01"}, " 22353.0", "2021-03-14"),
        ({"days since": "1960-01-01"}, "-1", "1959-12-31"),
    ],
)
def test_dates(tmp_path: Path, dates: Any, text: str, expected: str) -> None:
    found = of_event(tmp_path, {"date": "on", "dates": dates}, "on", text)
    assert rows_of(found, "exchange", "start") == [(expected,)]


def test_the_century_of_two_digit_years_is_noted(tmp_path: Path) -> None:
    found = of_event(tmp_path, {"date": "on", "dates": {"format": "%d.%m.%y"}}, "on", "14.03.21")
    assert rows_of(found, "exchange", "start") == [("2021-03-14",)]
    assert texts(found, "dates") == [
        "Years of two digits (dates as %d.%m.%y) were read as 1969 to 2068."
    ]


def test_spaces_and_line_ends_in_a_column_name_are_one_space(tmp_path: Path) -> None:
    charts = CHARTS.replace("died_on", '"died \n  on "')
    events = {"admission": {"date": "admitted"}, "death": {"date": "died on"}}
    found = opened(tmp_path, charts, site_with(events=events))
    assert rows_of(found, "death", "person", "source")[0] == ("002", "line 4, column died on")


def test_a_sites_dates_hold_wherever_a_binding_has_none_of_its_own(tmp_path: Path) -> None:
    charts = "id,admitted,died_on\n1,14.03.2021,2021-03-15\n"
    iso = {"format": "%Y-%m-%d"}
    site = site_with(
        dates={"format": "%d.%m.%Y"},
        events={
            "admission": {"date": "admitted"},
            "death": {"date": "died_on", "dates": iso},
        },
        baseline={},
    )
    found = opened(tmp_path, charts, site)
    assert rows_of(found, "admission", "start") == [("2021-03-14",)]
    assert rows_of(found, "death", "start") == [("2021-03-15",)]


def test_a_missing_code_of_a_number_is_a_number(tmp_path: Path) -> None:
    found = of_covariate(
        tmp_path, {"unit": "kg"}, {"column": "x", "missing": 0}, " 70.50", "  0.00000", "", "NK"
    )
    assert found == [
        (70.5, None, "occurred"),
        (None, None, "not documented"),
        (None, None, "not documented"),
        (None, None, "not documented"),
    ]


def test_numbers_are_brought_to_the_protocols_unit(tmp_path: Path) -> None:
    binding = {"column": "x", "multiply": 0.5, "unit": "half kg"}
    assert of_covariate(tmp_path, {"unit": "kg"}, binding, "3", "-1.5e1") == [
        (1.5, None, "occurred"),
        (-7.5, None, "occurred"),
    ]


def test_a_decimal_comma_is_read_where_the_site_says_so(tmp_path: Path) -> None:
    site = site_with(
        records={"table": "charts.csv", "delimiter": ";", "decimal": ","},
        events={"admission": {"date": "admitted"}},
        baseline={"FVC": "fvc"},
    )
    found = opened(tmp_path, "id;admitted;fvc\n1;2021-01-01;55,5\n2;2021-01-01;60\n", site)
    assert rows_of(found, "FVC", "value") == [(55.5,), (60.0,)]


def test_a_category_is_read_by_the_sites_values_then_the_protocols_choices(
    tmp_path: Path,
) -> None:
    covariate = {"choices": ["none", "mild", "severe"]}
    binding = {"column": "x", "values": {"none": ["NK", "-"], "severe": "3"}}
    assert of_covariate(tmp_path, covariate, binding, "NK", "-", "mild", "3", "") == [
        (None, "none", "occurred"),
        (None, "none", "occurred"),
        (None, "mild", "occurred"),
        (None, "severe", "occurred"),
        (None, None, "not documented"),
    ]


def test_without_values_and_choices_any_text_is_a_level(tmp_path: Path) -> None:
    assert of_covariate(tmp_path, {"type": "category"}, "x", " MDA5 ", "n/a", "NK") == [
        (None, "MDA5", "occurred"),
        (None, None, "not applicable"),
        (None, None, "not documented"),
    ]


def test_a_yes_or_no_covariate_may_have_words_of_its_own(tmp_path: Path) -> None:
    binding = {"column": "x", "values": {"yes": ["Yes"], "no": ["No", "(No)"]}}
    found = of_covariate(tmp_path, {"type": "yes or no"}, binding, "Yes", " (No)", "NK")
    assert found == [
        (None, "yes", "occurred"),
        (None, "no", "occurred"),
        (None, None, "not documented"),
    ]


def test_a_binding_knows_more_codes_than_its_site(tmp_path: Path) -> None:
    binding = {"column": "x", "missing": ["?"], "not applicable": ["-", "NK"]}
    found = of_covariate(tmp_path, {"type": "category"}, binding, "?", "-", "NK")
    assert [status for _, _, status in found] == [
        "not documented",
        "not applicable",
        "not applicable",
    ]


def test_the_date_a_covariate_was_measured_is_its_start(tmp_path: Path) -> None:
    charts = "id,admitted,fvc,fvc_on\n1,2021-01-03,55,2021-01-02\n2,2021-01-03,,2021-01-02\n"
    site = site_with(
        events={"admission": {"date": "admitted"}},
        baseline={"FVC": {"column": "fvc", "measured": "fvc_on"}},
    )
    assert rows_of(opened(tmp_path, charts, site), "FVC", "person", "start", "domain", "unit") == [
        ("1", "2021-01-02", "covariate", "% predicted"),
        ("2", None, "covariate", "% predicted"),
    ]


def test_people_have_birth_age_and_sex(tmp_path: Path) -> None:
    charts = (
        "id,admitted,born,years,sex\n"
        "007,2021-01-03,1960-05-01,60.5,F\n"
        "08,2021-01-03,NK,,Male\n"
        "-9223372036854775808,2021-01-03,,61,NK\n"
    )
    site = site_with(
        events={"admission": {"date": "admitted"}},
        baseline={},
        birth="born",
        age="years",
        sex="sex",
    )
    every = "SELECT person, CAST(birth AS VARCHAR) AS birth, age, sex FROM person"
    assert rows(opened(tmp_path, charts, site), every) == [
        ("007", "1960-05-01", 60.5, "female"),
        ("08", None, None, "male"),
        ("-9223372036854775808", None, 61.0, None),
    ]


def test_follow_up_ends_with_the_latest_of_its_columns(tmp_path: Path) -> None:
    charts = (
        "id,admitted,seen,called\n"
        "1,2021-01-03,2021-02-01,2021-05-01\n"
        "2,2021-01-03,2021-06-01,NK\n"
        "3,2021-01-03,,\n"
    )
    site = site_with(
        events={"admission": {"date": "admitted"}},
        baseline={},
        **{"follow up": {"end": ["seen", "called"]}},
    )
    found = opened(tmp_path, charts, site)
    assert rows(found, 'SELECT person, CAST("end" AS VARCHAR) AS e FROM observation') == [
        ("1", "2021-05-01"),
        ("2", "2021-06-01"),
        ("3", None),
    ]


def test_without_follow_up_columns_nothing_is_said_of_it(tmp_path: Path) -> None:
    assert rows(opened(tmp_path), "SELECT * FROM observation") == []


def test_typed_cells_of_parquet_are_themselves(tmp_path: Path) -> None:
    import duckdb

    duckdb.sql(
        """COPY (SELECT 7 AS id, DATE '2021-01-03' AS admitted, TRUE AS ventilated,
        TIMESTAMP '2021-02-01 22:00:00' AS died_on, CAST(55.5 AS DECIMAL(5, 1)) AS fvc
        UNION ALL SELECT 8, DATE '2021-01-04', FALSE, NULL, NULL)
        TO '{}' (FORMAT parquet)""".format(tmp_path / "charts.parquet")
    )
    site = site_with(
        records="charts.parquet",
        events={
            "admission": {"date": "admitted"},
            "ventilation": {"yes or no": "ventilated", "yes": "ja", "no": "nein"},
            "death": {"date": "died_on"},
        },
        baseline={"FVC": "fvc"},
    )
    data = (tmp_path / "charts.parquet").read_bytes()
    found = opened(tmp_path, data, site)
    assert rows_of(found, "death", "person", "start", "source") == [
        ("7", "2021-02-01", "row 1, column died_on")
    ]
    assert rows_of(found, "ventilation", "person") == [("7",)]
    assert rows_of(found, "FVC", "value") == [(55.5,), (None,)]


def test_parquet_columns_that_are_no_chart_cells_are_refused(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "charts.parquet"
    duckdb.sql(
        "COPY (SELECT 7 AS id, [1, 2] AS drugs, TIMESTAMPTZ '2021-01-03 23:00:00+00' AS admitted) "
        f"TO '{path}' (FORMAT parquet)"
    )
    with pytest.raises(RecordsError) as error:
        opened(tmp_path, path.read_bytes(), site_with(records="charts.parquet"))
    assert str(error.value) == (
        "charts.parquet, column drugs: INTEGER[] is not a kind of cell a chart table has\n"
        "charts.parquet, column admitted: moments with a time zone: on which date they fall "
        "depends on the place\n  write dates, or moments without a zone, into the file"
    )


def test_progress_is_told_what_is_read(tmp_path: Path) -> None:
    from casewise import records

    told: list[str] = []
    (tmp_path / "charts.csv").write_text(CHARTS)
    today = dt.date(2024, 1, 1)
    records.open(study_with(), site_with(), tmp_path, today=today, progress=told.append)
    assert told == ["reading charts.csv"]
