"""A number recorded with an event of a chart table: a dose, a score; not a line of therapy."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise.cohort import build
from casewise.errors import ProtocolError
from casewise.protocol import read
from casewise.records import open as open_records

STUDY = """
title: Made up
events:
  admission: {visit: inpatient}
  dose: {drug: a drug}
  death: {death: any cause}
cohort: {index: first admission}
arms: {high: {covariate: total, is: ">= 1"}, low: otherwise}
baseline:
  total: {event: dose, take: total, unit: g, within: 7 days, after index: deliberate}
outcomes: {death: {event: death, within: 30 days}}
treatments: [dose]
"""
SITE = """
records: charts.csv
patient: id
extracted: 2021-01-01
age: age
events:
  admission: {date: admitted}
  dose: {date: [d1, d2], VALUES}
  death: {date: died}
"""
CHARTS = """id,age,admitted,d1,g1,d2,g2,died
made-up-1,50,2020-01-01,2020-01-01,600,2020-01-03,500,
made-up-2,50,2020-01-01,2020-01-02,999,,,
made-up-3,50,2020-01-01,,,,,
made-up-4,50,2020-01-01,2020-01-02,,,,
"""


def opened(folder: Path, values: str = "value: [g1, g2], multiply: 0.001"):  # type: ignore[no-untyped-def]
    (folder / "study.yaml").write_text(STUDY)
    (folder / "site.yaml").write_text(SITE.replace("VALUES", values))
    (folder / "charts.csv").write_text(CHARTS)
    study, site = read(folder / "study.yaml", folder / "site.yaml")
    return study, open_records(study, site, folder)


def test_a_total_in_the_protocols_unit_makes_the_arms(tmp_path: Path) -> None:
    data = build(*opened(tmp_path))
    assert dict(zip(data.patient.tolist(), data.arm.tolist(), strict=True)) == {
        "made-up-1": 0,
        "made-up-2": 1,
        "made-up-3": 1,  # none was given
    }  # of made-up-4 nobody knows how much
    assert data.baseline[0].values.round(3).tolist() == [1.1, 0.999, 0.0]


def test_a_dose_is_not_a_line_of_therapy(tmp_path: Path) -> None:
    data = build(*opened(tmp_path))
    assert data.treatments[0].received.happened.tolist() == [True, True, False]
    assert all(line != line for line in data.treatments[0].line.tolist())


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("value: [g1]", '"value" needs one column for each "date" column'),
        ("value: [g1, g2], line: [g1, g2]", 'a "line" or a "value", not both'),
        ("multiply: 2", '"multiply" is of a "value"'),
        ("value: [g1, g2], multiply: 0", "a number above 0"),
    ],
)
def test_bad_values_are_mistakes(tmp_path: Path, values: str, said: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        opened(tmp_path, values)
    assert said in str(raised.value)
