"""What a code list means in records with a vocabulary, and in records without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casewise.errors import RecordsError
from omop_support import (
    ANN,
    BLEED,
    BOB,
    CAT,
    DAN,
    DEEP_BLEED,
    STUDY,
    Cdm,
    ancestor,
    concept,
    condition,
    drug,
    events,
    maps,
    opened,
    small,
    write,
)

OTHER = 202
K92_0, K92_1, K92_2 = 920, 921, 922


def cdm(
    *, vocabulary: tuple[str, ...] = ("concept", "concept_ancestor", "concept_relationship")
) -> Cdm:
    """Ann bled, Bob deeply, Cat has it from ICD K92.1, Dan from K92.2; both map to the bleed."""
    made = small()
    made["drug_exposure"].append(drug(DAN, 101, "2020-01-15"))
    made["condition_occurrence"] = [
        condition(ANN, BLEED, "2020-03-01", condition_source_value="bled"),
        condition(BOB, DEEP_BLEED, "2020-03-01", condition_source_value="bled deep"),
        condition(CAT, BLEED, "2020-03-01", condition_source_value="K92.1")
        | {"condition_source_concept_id": K92_1},
        condition(DAN, BLEED, "2020-03-01", condition_source_value="K922")
        | {"condition_source_concept_id": K92_2},
    ]
    tables: Cdm = {
        "concept": [
            concept(BLEED, "SNOMED", "74474003", "Gastrointestinal bleeding"),
            concept(DEEP_BLEED, "SNOMED", "12063002", "Rectal bleeding"),
            concept(OTHER, "SNOMED", "1", "Something else"),
            concept(K92_0, "ICD10CM", "K92.0", "Hematemesis", None),
            concept(K92_1, "ICD10CM", "K92.1", "Melena", None),
            concept(K92_2, "ICD10CM", "K92.2", "Gastrointestinal bleeding, unspecified", None),
        ],
        "concept_ancestor": [
            ancestor(BLEED, BLEED),
            ancestor(BLEED, DEEP_BLEED),
            ancestor(DEEP_BLEED, DEEP_BLEED),
        ],
        "concept_relationship": [maps(K92_1, BLEED), maps(K92_2, BLEED), maps(K92_0, OTHER)],
    }
    return made | {name: rows for name, rows in tables.items() if name in vocabulary}


def who(folder: Path, codes: dict[str, Any], made: Cdm | None = None, **site: Any) -> list[int]:
    study = STUDY | {"codes": STUDY["codes"] | {"bleeding": codes}}
    source = opened(write(folder / "cdm", made or cdm()), study, **site)
    assert source.errors == ()
    return sorted(row[0] for row in events(source, "bleed", "person"))


EVERYONE = sorted([ANN, BOB, CAT, DAN])


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ({"omop": BLEED}, [ANN, CAT, DAN]),
        ({"omop": BLEED, "descendants": "yes"}, EVERYONE),
        ({"snomed": "74474003"}, [ANN, CAT, DAN]),
        ({"snomed": "74474003", "descendants": True}, EVERYONE),
        ({"icd10cm": "K92.1"}, [ANN, CAT]),
        ({"icd10cm": "K921"}, [ANN, CAT]),
        ({"icd10cm": "k92.*"}, [ANN, CAT, DAN]),
        ({"icd10cm": "K92.1", "descendants": True}, EVERYONE),
        ({"icd10cm": ["K92.1", "K92.2"], "except": {"icd10cm": "K92.2"}}, [ANN, CAT]),
        ({"omop": BLEED, "except": {"icd10cm": "K92.2"}}, [ANN, CAT]),
        ({"omop": BLEED, "descendants": True, "except": {"omop": DEEP_BLEED}}, [ANN, CAT, DAN]),
        ({"omop": K92_1}, [ANN, CAT, DAN]),
        ({"local": "bled"}, [ANN]),
        ({"local": "bled*"}, [ANN, BOB]),
        ({"local": "bled*", "except": {"local": "bled deep"}}, [ANN]),
        ({"local": "bled deep", "icd10cm": "K92.1"}, [ANN, BOB, CAT]),
    ],
    ids=str,
)  # fmt: skip
def test_with_a_vocabulary_a_list_means(
    tmp_path: Path, codes: dict[str, Any], expected: list[int]
) -> None:
    """A record of ICD is met by the ICD codes listed, one of SNOMED by what they map to."""
    assert who(tmp_path, codes) == sorted(expected)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ({"omop": BLEED}, [ANN, CAT, DAN]),
        ({"omop": [BLEED, DEEP_BLEED], "except": {"omop": DEEP_BLEED}}, [ANN, CAT, DAN]),
        ({"icd10cm": "K92.2"}, [DAN]),
        ({"icd10cm": "K92*"}, [CAT, DAN]),
        ({"icd10cm": "K92*", "except": {"icd10cm": "K92.1"}}, [DAN]),
        ({"local": "K92.1"}, [CAT]),
    ],
    ids=str,
)
def test_without_a_vocabulary_a_list_means(
    tmp_path: Path, codes: dict[str, Any], expected: list[int]
) -> None:
    assert who(tmp_path, codes, cdm(vocabulary=())) == sorted(expected)


def test_a_local_code_is_met_whatever_its_letters(tmp_path: Path) -> None:
    """The capital of an ß is SS to some and ẞ to others."""
    made = cdm(vocabulary=())
    made["condition_occurrence"][0]["condition_source_value"] = "größe β"
    person = made["condition_occurrence"][0]["person_id"]
    assert who(tmp_path, {"local": "Größe Β"}, made) == [person]


def test_descendants_need_concept_ancestor(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match='"bleeding" asks for descendants') as caught:
        who(tmp_path, {"omop": BLEED, "descendants": True}, cdm(vocabulary=("concept",)))
    assert caught.value.exit_code == 11


def test_what_lies_under_an_exception_is_said_to_be_unknown(tmp_path: Path) -> None:
    made = cdm(vocabulary=("concept",))
    study = STUDY | {
        "codes": STUDY["codes"] | {"bleeding": {"omop": BLEED, "except": {"omop": OTHER}}}
    }
    source = opened(write(tmp_path / "cdm", made), study)
    assert [note.about for note in source.notes if "concept_ancestor" in note.text] == ["bleeding"]


def problems(folder: Path, codes: dict[str, Any], **site: Any) -> list[str]:
    study = STUDY | {"codes": STUDY["codes"] | {"bleeding": codes}}
    source = opened(write(folder / "cdm", cdm()), study, **site)
    return [str(problem) for problem in (*source.errors, *source.warnings)]


ACCEPT = 'where that is right, write "accept: [codes without records]" in the site file'


def test_a_list_that_matches_nothing_names_the_nearest_codes(tmp_path: Path) -> None:
    assert problems(tmp_path, {"icd10cm": "K92.8"}) == [
        'codes > bleeding: the code list "bleeding" matches no condition in these records\n  the '
        "nearest codes that occur: ICD10CM K92.2 (Gastrointestinal bleeding, unspecified), ICD10CM "
        "K92.1 (Melena), "
        f"SNOMED 74474003 (Gastrointestinal bleeding); {ACCEPT}"
    ]


def test_a_list_whose_codes_stand_elsewhere_names_the_place(tmp_path: Path) -> None:
    assert problems(tmp_path, {"omop": 100}) == [
        'codes > bleeding: the code list "bleeding" matches no condition in these records; its '
        f"codes stand under drug\n  {ACCEPT}"
    ]


def test_a_site_may_accept_that_a_list_matches_nothing(tmp_path: Path) -> None:
    study = STUDY | {"codes": STUDY["codes"] | {"bleeding": {"omop": 7}}}
    source = opened(write(tmp_path / "cdm", cdm()), study, accept=["codes without records"])
    assert source.errors == ()
    assert len(source.warnings) == 1
    assert "bleeding: No condition of this code list is in the records." in [
        f"{note.about}: {note.text}" for note in source.notes
    ]
