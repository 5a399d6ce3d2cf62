"""Event records that say: nobody knows, or it does not apply; and lines of therapy by episodes.

All patients are made up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from casewise.errors import RecordsError
from casewise.protocol.warehouse import EventCodes
from omop_support import (
    ANN,
    BLEED,
    BOB,
    CAT,
    DRUG,
    OTHER_DRUG,
    STUDY,
    built,
    drug,
    events,
    opened,
    small,
    write,
)


def said(person: int, text: str, day: str = "2020-01-01") -> dict[str, Any]:
    return {
        "observation_id": abs(person) % 1000,
        "person_id": person,
        "observation_concept_id": 0,
        "observation_date": day,
        "observation_source_value": "BLEED",
        "value_as_string": text,
    }


BLEEDING = {
    "condition": "bleeding",
    "not documented": {"observation": {"local": "BLEED"}, "value": "not documented"},
    "not applicable": {"observation": {"local": "BLEED"}, "value": "cannot be"},
}


def test_a_record_may_say_that_nobody_knows_or_that_it_cannot_be(tmp_path: Path) -> None:
    cdm = small() | {"observation": [said(BOB, "not documented"), said(CAT, "cannot be")]}
    path = write(tmp_path / "cdm", cdm)
    source = opened(path, events={"bleed": BLEEDING})
    assert events(
        source, "bleed", "person, status, COALESCE(CAST(start AS VARCHAR), 'no day')"
    ) == [
        (ANN, "occurred", "2020-03-02"),
        (BOB, "not documented", "no day"),
        (CAT, "not applicable", "no day"),
    ]
    data = built(path, events={"bleed": BLEEDING})
    bled = data.outcomes["bleed"].event
    assert bled is not None
    assert dict(zip(data.patient.tolist(), bled.unknown.tolist(), strict=True)) == {
        ANN: False,
        BOB: True,
        CAT: False,
    }


def test_a_covariate_too(tmp_path: Path) -> None:
    cdm = small() | {"observation": [said(ANN, "yes"), said(BOB, "unknown")]}
    study = STUDY | {"baseline": {"bled": {"type": "yes or no"}}}
    code = {"observation": {"local": "BLEED"}}
    codes = {"yes": code | {"value": "yes"}, "not documented": code | {"value": "unknown"}}
    data = built(write(tmp_path / "cdm", cdm), study, baseline={"bled": codes})
    found = dict(zip(data.patient.tolist(), data.baseline[0].status.tolist(), strict=True))
    assert found == {ANN: 0, BOB: 1, CAT: 0}  # of Cat nothing is recorded: no


def with_episodes(*lines: tuple[int, int, int, int]) -> dict[str, Any]:
    """Drug exposures 1 to 3, and episodes: kind, number, member, the field it is a member by."""
    cdm = small()
    drugs = [drug(ANN, DRUG, "2020-01-01"), drug(BOB, DRUG, "2020-02-01")]
    drugs.append(drug(CAT, OTHER_DRUG, "2020-01-15"))
    cdm["drug_exposure"] = [one | {"drug_exposure_id": n} for n, one in enumerate(drugs, 1)]
    cdm["episode"] = [
        {"episode_id": n, "episode_concept_id": kind, "episode_number": number}
        for n, (kind, number, _, _) in enumerate(lines)
    ]
    cdm["episode_event"] = [
        {"episode_id": n, "event_id": member, "episode_event_field_concept_id": field}
        for n, (_, _, member, field) in enumerate(lines)
    ]
    return cdm


LINE = {"drug": {"drug": "the drug", "line": True}}


@pytest.mark.parametrize("kind", ["parquet", "csv", "duckdb"])
def test_the_line_of_therapy_is_the_number_of_the_regimen(tmp_path: Path, kind: str) -> None:
    cdm = with_episodes((32531, 2, 1, 1147094), (32531, 2, 1, 1147094), (32531, 3, 2, 1147082))
    source = opened(write(tmp_path / "cdm", cdm, kind), events=LINE)
    assert source.lines == {"drug"}
    # Episode 3 has procedure 2, which is not drug 2.
    assert events(source, "drug", "person, COALESCE(value, -1)") == [(ANN, 2.0), (BOB, -1.0)]


def test_a_line_of_therapy_is_known_of_one_line_alone(tmp_path: Path) -> None:
    cdm = with_episodes((32531, 1, 1, 1147094), (32531, 2, 1, 1147094), (32532, 4, 2, 1147094))
    source = opened(write(tmp_path / "cdm", cdm), events=LINE)
    # Ann's is of two lines; Bob's number is that of a cycle.
    assert events(source, "drug", "person, COALESCE(value, -1)") == [(ANN, -1.0), (BOB, -1.0)]


def test_a_line_of_therapy_needs_the_table_of_episodes(tmp_path: Path) -> None:
    path = write(tmp_path / "cdm", small())
    with pytest.raises(RecordsError, match='no table "episode", which a line of therapy needs'):
        opened(path, events=LINE)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ({"condition": "x", "line": True}, "belongs to one drug or procedure"),
        ({"drug": "x", "unit": "mg", "line": True}, "not both"),
        (
            {"drug": "x", "not documented": {"drug": "y", "not applicable": {"drug": "z"}}},
            '"not documented" is one record',
        ),
    ],
)
def test_what_makes_no_sense_is_a_mistake(codes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        EventCodes.model_validate(codes)


def test_the_code_of_a_silence_has_to_occur(tmp_path: Path) -> None:
    source = opened(
        write(tmp_path / "cdm", small() | {"observation": [said(BOB, "x")]}),
        events={
            "bleed": {
                "condition": {"omop": BLEED},
                "not documented": {"observation": {"local": "BLED"}},
            }
        },
    )
    assert any("not documented" in error.message for error in source.errors)
