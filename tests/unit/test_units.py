"""Values of event records in the protocol's unit, whatever unit they were written in."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise.cohort import Dataset, build
from casewise.errors import ProtocolError
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


def opened(
    folder: Path,
    unit: str = "unit: ug/L",
    more: str = "",
    rows: list[tuple[str, str]] = ROWS,
    study_text: str = STUDY,
) -> tuple[Dataset, Records]:
    (folder / "study.yaml").write_text(study_text.replace("UNIT", unit).replace(", }", "}"))
    (folder / "site.yaml").write_text(SITE.replace("MORE", more))
    lines = ["p,t,c,d,v,u"]
    for person, (value, of) in enumerate(rows, start=1):
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
    assert any('values of "ferritin" are in several units' in one for one in messages(found))


def messages(found: Records) -> list[str]:
    return [f"{error.message}; {error.hint}" for error in found.errors]


DOSE = """
title: Made up
events:
  admission: {visit: inpatient}
  ferritin: {drug: ferritin}
  either: {any of: [ferritin]}
  death: {death: any cause}
cohort: {index: first admission}
arms: {high: {covariate: dose, is: ">= 1"}, low: otherwise}
baseline:
  dose: {event: either, take: total, unit: g, within: 6 days, after index: deliberate}
outcomes: {death: {event: death, within: 30 days}}
"""


def test_a_dose_is_in_the_unit_that_the_protocol_takes_it_in(tmp_path: Path) -> None:
    """500 mg are half a gram, and not 500 grams."""
    site = "events: {ferritin: {measurement: ferritin}}"
    rows = [("500", "mg"), ("1", "G"), ("2000000", "ug")]
    data, found = opened(tmp_path, more=site, rows=rows, study_text=DOSE)
    assert data.baseline[0].values.round(9).tolist() == [0.5, 1.0, 2.0]
    assert data.arm.tolist() == [1, 0, 0]
    assert not found.errors


def test_a_number_is_in_the_unit_that_the_protocol_gives_its_covariate(tmp_path: Path) -> None:
    study = STUDY.replace("{event: ferritin, take: last, unit: ug/L}", "{unit: mg/L}")
    site = "baseline: {last ferritin: {measurement: ferritin}}"
    data, found = opened(
        tmp_path, more=site, rows=[("1200", "ug/L"), ("3", "mg/L")], study_text=study
    )
    assert data.baseline[0].values.round(9).tolist() == [1.2, 3.0]
    assert not found.errors


@pytest.mark.parametrize(
    ("study", "site", "said"),
    [
        (  # an amount is no mass
            STUDY.replace("unit: ug/L}}", "unit: nmol/L}}").replace("UNIT", "label: Iron"),
            "",
            'values of "ferritin" are in ug/L, and the protocol asks for nmol/L; say what makes '
            "nmol/L of ug/L",
        ),
        (STUDY, "events: {ferritin: {measurement: ferritin, unit: mmol/L}}", "can be made mmol/L"),
        (STUDY.replace("unit: ug/L}}", "unit: g/L}}"), "", "is asked for in ug/L and in g/L"),
    ],
)
def test_a_unit_that_nothing_makes_of_the_records_stops_a_run(
    tmp_path: Path, study: str, site: str, said: str
) -> None:
    rows = [("1200", "ug/L"), ("1100", "ug/L")]
    _, found = opened(tmp_path, more=site, rows=rows, study_text=study)
    assert any(said in one for one in messages(found))


def test_words_that_are_no_known_unit_are_taken_as_they_stand_and_said(tmp_path: Path) -> None:
    study = STUDY.replace("UNIT", "label: Iron").replace("unit: ug/L}}", "unit: points}}")
    data, found = opened(tmp_path, rows=[("12", "{score}"), ("11", "{score}")], study_text=study)
    assert data.baseline[0].values.tolist() == [12.0, 11.0]
    said = [note.text for note in found.notes if note.about == "ferritin"]
    assert said == ["Its values are in {score} in the records, and were taken as points."]


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
