"""The manual's words on event records are those of their readers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from casewise.records import event_table, fhir_kinds, meds_codes

MANUAL = (Path(__file__).resolve().parents[2] / "docs" / "site-file.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    match = re.search(rf"^## {title}\n(.*?)(?=^##? |\Z)", MANUAL, re.MULTILINE | re.DOTALL)
    assert match
    return match[1]


def rows(title: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `(\w+)` \|(.*)$", section(title), re.MULTILINE))


def test_every_kind_of_resource_is_documented_and_no_other() -> None:
    kinds = {kind.name for kind in fhir_kinds.KINDS} | {*fhir_kinds.SUPPORTING} - {"Medication"}
    assert set(rows("FHIR exports")) == kinds


@pytest.mark.parametrize("kind", fhir_kinds.KINDS, ids=lambda kind: kind.name)
def test_every_status_that_is_left_out_is_documented(kind: fhir_kinds.Kind) -> None:
    said = set(re.findall(r"`([\w-]+)`", rows("FHIR exports")[kind.name].split("|")[-2]))
    refused = {
        path if codes == ("true",) else code
        for path, codes in kind.refused.items()
        for code in codes
    }
    assert said == refused


def test_visits_and_categories_are_documented() -> None:
    text = section("FHIR exports")
    words = (*fhir_kinds.VISIT_KINDS, *fhir_kinds.CATEGORIES, *fhir_kinds.VISITS_REFUSED)
    assert [word for word in words if f"`{word}`" not in text] == []
    assert [code for code in fhir_kinds.VISIT_TYPES if code not in text] == []


def test_the_codes_of_visits_are_documented() -> None:
    text = section("MEDS datasets").upper()
    assert [code for code in meds_codes.VISITS if f"`{code}`" not in text] == []


def test_the_columns_of_a_table_of_events_are_documented_and_no_other() -> None:
    assert set(rows("Tables of events")) == set(event_table.COLUMNS)
