"""Values of event records in the protocol's unit, whatever unit they were written in."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise.cohort import Dataset, build
from casewise.errors import Problem, ProtocolError
from casewise.protocol import read
from casewise.protocol.units import multiples
from casewise.records import open as open_records
from casewise.records.canonical import Records

STUDY = """
title: Made up
events:
  admission: {visit: inpatient}
  ferritin: {measurement: ferritin, UNIT}
  high ferritin: {measurement: ferritin, value: ">= 1000", UNIT}
  death: {death: any cause}
cohort: {index: first admission}
arms: {high: {event: high ferritin, within: 0 days}, low: otherwise}
baseline: {last ferritin: {event: ferritin, take: last, unit: ug/L}}
outcomes: {death: {event: death, within: 30 days}}
"""
SITE = """
records:
  table: events.csv
  columns: {patient: p, time: t, code: c, domain: d, value: v, unit: u}
codes: {ferritin: {local: ferritin}}
extracted: 2021-01-01
MORE
"""
# Five made-up patients: 1200 in five ways.
ROWS = [("1200", "ug/L"), ("1200", "ng/mL"), ("1.2", "mg/L"), ("1200", "MCG/L"), ("2.7", "nmol/L")]


def opened(folder: Path, unit: str = "unit: ug/L", more: str = "") -> tuple[Dataset, Records]:
    (folder / "study.yaml").write_text(STUDY.replace("UNIT", unit).replace(", }", "}"))
    (folder / "site.yaml").write_text(SITE.replace("MORE", more))
    lines = ["p,t,c,d,v,u"]
    for person, (value, of) in enumerate(ROWS, start=1):
        lines.append(f"{person},2020-06-01,inpatient,visit,,")
        lines.append(f"{person},2020-06-01,ferritin,measurement,{value},{of}")
        lines.append(f"{person},2020-12-01,contact,observation,,")
    (folder / "events.csv").write_text("\n".join(lines) + "\n")
    study, site = read(folder / "study.yaml", folder / "site.yaml")
    found = open_records(study, site, folder)
    return build(study, found), found


def test_multiples_of_a_unit_are_converted_and_others_are_not_known(tmp_path: Path) -> None:
    data, found = opened(tmp_path)
    assert data.arm.tolist() == [0, 0, 0, 0, 1]  # no value of patient 5 is known to be high
    assert data.baseline[0].values[:4].round(6).tolist() == [1200.0] * 4
    assert data.baseline[0].status.tolist() == [0, 0, 0, 0, 1]
    said = [note.text for note in found.notes if note.about == "ferritin"]
    assert said == ["Values in other units than ug/L were left out: nmol/L (1)."]


def test_what_arithmetic_cannot_do_the_site_file_says(tmp_path: Path) -> None:
    codes = "{measurement: ferritin, multiply: {nmol/L: 445}, unit: ug/L}"
    data, _ = opened(tmp_path, more=f"events: {{ferritin: {codes}}}")
    assert data.baseline[0].values.round(1).tolist() == [1200.0] * 4 + [1201.5]


def test_several_units_and_nothing_said_of_which_stop_a_run(tmp_path: Path) -> None:
    _, found = opened(tmp_path, unit="label: Iron")
    messages = [error.message for error in found.errors if isinstance(error, Problem)]
    assert any('values of "ferritin" are in several units' in one for one in messages)


def test_a_unit_of_what_has_no_value_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match='"unit" and "multiply" belong to'):
        opened(tmp_path, more="events: {admission: {visit: inpatient, unit: days}}")


@pytest.mark.parametrize(
    ("wanted", "found", "by"),
    [
        ("mg/dL", "g/l", 100.0),
        ("g/L", "mg/dl", 0.01),
        ("10*9/L", "k/ul", 1.0),
        ("mmHg", "kpa", 7.500616),
        ("ug/L", "mcg/l", 1.0),
        ("%", "fraction", 100.0),
    ],
)
def test_a_unit_is_made_of_its_multiples(wanted: str, found: str, by: float) -> None:
    assert multiples(wanted)[found] == pytest.approx(by)


def test_an_unknown_unit_is_made_of_itself_alone() -> None:
    assert multiples("points") == {"points": 1.0}
    assert "mg/dl" not in multiples("mmol/L")
