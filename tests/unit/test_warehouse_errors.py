"""What the writer of a site file of event records is told, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise import protocol
from casewise.protocol.warehouse import WarehouseSite
from protocol_support import STUDY, changed, told

SITE = """\
records: {omop: cdm}
codes:
  plasma exchange: {icd10pcs: 6A55*}
  lung transplant: {snomed: 88039007, descendants: yes}
  FVC: {loinc: 19870-5}
  tobacco: {icd10cm: [F17.2*, Z87.891]}
baseline:
  severity: {values: {mild: {observation: {local: SEV1}}}}
  FVC: {measurement: FVC, unit: "%"}
  smoker: {yes: {condition: tobacco}}
"""


def read(folder: Path, site: str, study: str = STUDY) -> WarehouseSite:
    (folder / "study.yaml").write_text(study)
    (folder / "site.yaml").write_text(site)
    _, made = protocol.read(folder / "study.yaml", folder / "site.yaml")
    assert isinstance(made, WarehouseSite)
    return made


def test_codes_are_text_and_one_stands_for_a_list(tmp_path: Path) -> None:
    codes = read(tmp_path, changed(SITE, "icd10pcs: 6A55*", "cpt4: 0099")).codes
    assert codes["plasma exchange"].written() == {"cpt4": ("0099",)}
    assert codes["lung transplant"].descendants


def test_the_protocol_may_hold_the_code_lists(tmp_path: Path) -> None:
    line = "  plasma exchange: {icd10pcs: 6A55*}\n"
    assert (
        "plasma exchange"
        not in read(tmp_path, changed(SITE, line, ""), f"{STUDY}codes:\n{line}").codes
    )


def test_codes_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "exchange.csv").write_text(
        "Vocabulary,code,term,include\nICD10PCS,6A550Z3,exchange,yes\n"
        "cpt4,36514,plasma exchange,\nhttp://snomed.info/sct,20720000,exchange,no\n\n"
    )
    site = changed(SITE, "{icd10pcs: 6A55*}", "{icd10pcs: 6A551Z3, file: exchange.csv}")
    codes = read(tmp_path, site).codes["plasma exchange"]
    assert codes.written() == {"icd10pcs": ("6A551Z3", "6A550Z3"), "cpt4": ("36514",)}
    assert codes.except_ is not None
    assert codes.except_.written() == {"snomed": ("20720000",)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "vocabulary,kode\n",
            'exchange.csv:1: no column "code" in its first line\n  did you mean "kode"',
        ),
        ("vocabulary,code\n", "exchange.csv: a header, but no codes below it"),
        ("vocabulary,code\nICD10CMM,1\n", 'exchange.csv:2: no vocabulary is called "ICD10CMM"'),
        ("vocabulary,code\nomop,M33\n", "exchange.csv:2: an OMOP concept id is a whole number"),
        ("vocabulary,code\ncpt4,\n", "exchange.csv:2: a row without a code"),
        ("vocabulary,code,include\ncpt4,1,perhaps\n", 'exchange.csv:2: "include" is yes or no'),
        (None, "exchange.csv: no such file"),
    ],
)
def test_a_mistake_in_a_file_of_codes_is_told(
    tmp_path: Path, text: str | None, expected: str
) -> None:
    if text is not None:
        (tmp_path / "exchange.csv").write_text(text)
    site = changed(SITE, "{icd10pcs: 6A55*}", "{file: exchange.csv}")
    assert expected in told(tmp_path, site=site)


CASES = {
    "a word without a code list": (
        "  plasma exchange: {icd10pcs: 6A55*}",
        "  plasma exchanges: {icd10pcs: 6A55*}",
        """\
site.yaml:1:1: nothing says which codes are "plasma exchange", the procedure of "exchange"
     1 | records: {omop: cdm}
         ^
  did you mean "plasma exchanges"? Else add a code list of this name under codes, here or in the \
protocol: plasma exchange: {...}""",
    ),
    "a vocabulary that is none": (
        "{loinc: 19870-5}",
        "{loinx: 19870-5}",
        """\
site.yaml:5:9: unknown key "loinx"
     5 |   FVC: {loinx: 19870-5}
                 ^
  did you mean "loinc"?""",
    ),
    "the name of a code list that is none": (
        "condition: tobacco",
        "condition: tobaco",
        """\
site.yaml:10:29: no code list is called "tobaco"
    10 |   smoker: {yes: {condition: tobaco}}
                                     ^
  did you mean "tobacco"?""",
    ),
    "a covariate of another kind": (
        "{yes: {condition: tobacco}}",
        "{measurement: tobacco}",
        """\
site.yaml:10:12: "smoker" is a yes or no, which "measurement" does not answer
    10 |   smoker: {measurement: tobacco}
                    ^
  write yes""",
    ),
    "a choice that is none": (
        "values: {mild:",
        "values: {milt:",
        """\
site.yaml:8:23: "severity" has no choice "milt"
     8 |   severity: {values: {milt: {observation: {local: SEV1}}}}
                               ^
  did you mean "mild"?""",
    ),
    "a kind of records that is none": (
        "records: {omop: cdm}",
        "records: {omopp: cdm}",
        """\
site.yaml:1:11: unknown key "omopp"
     1 | records: {omopp: cdm}
                   ^
  did you mean "omop"?""",
    ),
    "a code that is no text": (
        "snomed: 88039007",
        "snomed: {a: b}",
        """\
site.yaml:4:29: expected a list; found "key: value" lines
     4 |   lung transplant: {snomed: {a: b}, descendants: yes}
                                     ^""",
    ),
    "an inner code that is no text": (
        "{local: SEV1}",
        "{local: [SEV1, [SEV2]]}",
        """\
site.yaml:8:58: expected text; found a list
     8 |   severity: {values: {mild: {observation: {local: [SEV1, [SEV2]]}}}}
                                                                  ^""",
    ),
    "an OMOP concept that is no number": (
        "{loinc: 19870-5}",
        "{omop: 19870-5}",
        """\
site.yaml:5:8: an OMOP concept id is a whole number; found "19870-5\"""",
    ),
    "a file in the place of a name": (
        "condition: tobacco",
        "condition: {file: tobacco.csv}",
        """a code list in a file stands under codes, by its name""",
    ),
    "a code list of nothing": (
        "{icd10pcs: 6A55*}",
        "{label: exchange}",
        """\
site.yaml:3:20: a code list has codes: {icd10cm: [M33.*]}, {omop: [192671]} or {file: codes.csv}""",
    ),
    "a visit that event records do not know": (
        "codes:\n",
        "events:\n  admission: {visit: inpatiant}\ncodes:\n",
        """\
site.yaml:3:22: "inpatiant" is not a kind of visit that event records know
     3 |   admission: {visit: inpatiant}
                              ^
  did you mean "inpatient"?""",
    ),
    "an event that the protocol has not": (
        "codes:\n",
        "events:\n  admision: {visit: inpatient}\ncodes:\n",
        """\
site.yaml:3:3: the protocol has no event "admision"
     3 |   admision: {visit: inpatient}
           ^
  did you mean "admission"?""",
    ),
    "two codes and no visit": (
        "codes:\n",
        "events:\n  exchange: {procedure: tobacco, drug: tobacco}\ncodes:\n",
        """\
site.yaml:3:13: procedure and drug together need the visit that both were recorded in""",
    ),
    "a covariate without codes": (
        "  smoker: {yes: {condition: tobacco}}\n",
        "",
        """nothing says which codes hold the covariate "smoker\"""",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=list(CASES))
def test_a_mistake_is_told_at_its_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in told(tmp_path, site=changed(SITE, old, new))
