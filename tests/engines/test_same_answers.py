"""A study on Postgres and on Spark gives what it gives on DuckDB, to the last digit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pytest

import casewise
from awkward_records import SITE, STUDY, awkward
from casewise import pipeline
from omop_support import (
    ANN,
    BLEED,
    BOB,
    CAT,
    DEEP_BLEED,
    DRUG,
    Cdm,
    ancestor,
    column_type,
    concept,
    condition,
    maps,
    small,
    write,
)
from omop_support import STUDY as STUDY_OF_CODES
from plasma_omop import EXAMPLE, build
from synthea_support import SITE as SYNTHEA_SITE
from synthea_support import STUDY as SYNTHEA_STUDY

SEED = int(os.environ.get("CASEWISE_SEED", "1"))
REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CASEWISE_SHARED", REPOSITORY.parent / "shared")) / "data"
GIBLEED = REPOSITORY / "examples" / "celecoxib_diclofenac"
TABLES = (
    *("person", "observation_period", "visit_occurrence", "condition_occurrence", "drug_exposure"),
    *("measurement", "observation", "death", "concept", "concept_ancestor", "concept_relationship"),
    "cdm_source",
)


class Database(Protocol):
    address: str

    def load(self, schema: str, cdm: Cdm) -> None: ...
    def load_folder(self, schema: str, folder: Path, tables: tuple[str, ...]) -> None: ...


@pytest.fixture(params=["postgres", "spark"])
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(request.param)
    return found


def same(study: Path, site: Path, records: Path, database: Database) -> casewise.Results:
    """Results and what the codes carry, here from files and there from the database."""
    here, there = (
        casewise.run(study, site, records=where) for where in (records, database.address)
    )
    assert but_for_provenance(there) == but_for_provenance(here)
    codes = [pipeline.check_codes(study, site, records=w) for w in (records, database.address)]
    assert codes[0] == codes[1]
    return there


def but_for_provenance(results: casewise.Results) -> dict[str, Any]:
    return results.to_dict() | {"provenance": None}


def written(folder: Path, study: str, site: str) -> tuple[Path, Path]:
    for name, text in (("study", study), ("site", site)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "study.yaml", folder / "site.yaml"


def shared(name: str) -> Path:
    if not (SHARED / name).is_dir():
        pytest.skip(f"the records are not there: {SHARED / name}")
    return SHARED / name


def test_awkward_records(database: Database, tmp_path: Path) -> None:
    cdm = awkward(SEED)
    database.load("main", cdm)
    files = write(tmp_path / "cdm", cdm, "duckdb")
    results = same(*written(tmp_path, STUDY, SITE), files, database)
    assert min(arm.n for arm in results.arms) > 5
    about = {note.about for note in results.notes}
    assert {"death", "follow-up", "age", "sex", "glucose", "bleeding", "the drug"} <= about


def test_codes_left_out_codes_near_and_what_a_record_is_coded_as(
    database: Database, tmp_path: Path
) -> None:
    cdm = small()
    cdm["condition_occurrence"] = [
        condition(ANN, BLEED, "2020-03-01", condition_source_concept_id=402),
        condition(BOB, DEEP_BLEED, "2020-03-01", condition_source_concept_id=403),
        condition(CAT, 202, "2020-03-01"),
    ]
    cdm["concept"] = [
        concept(DRUG, "RxNorm", "1", "Drug"),
        concept(BLEED, "SNOMED", "74474003", "Gastrointestinal bleeding"),
        concept(DEEP_BLEED, "SNOMED", "12063002", "Rectal bleeding"),
        concept(202, "SNOMED", "40719004", "Bleeding of the mouth"),
        *(concept(400 + n, "ICD10CM", f"K92.{n}", f"Bleeding {n}", None) for n in (1, 2, 3)),
    ]
    cdm["concept_ancestor"] = [ancestor(BLEED, one) for one in (BLEED, DEEP_BLEED, 202)]
    cdm["concept_relationship"] = [maps(402, BLEED), maps(403, DEEP_BLEED)]
    database.load("coded", cdm)
    files = write(tmp_path / "cdm", cdm)
    lists: tuple[dict[str, Any], ...] = (
        {"omop": BLEED},
        {"omop": BLEED, "except": {"omop": DEEP_BLEED}},
        {"icd10cm": ["K92", "K92.2"]},
        {"icd10cm": "K92", "except": {"icd10cm": "K92.3"}},
        {"snomed": "74474004"},
        {"snomed": str(BLEED)},
    )
    left, problems = [], []
    for number, codes in enumerate(lists):
        study = json.dumps(
            STUDY_OF_CODES | {"codes": STUDY_OF_CODES["codes"] | {"bleeding": codes}}
        )
        site = "records: {omop: cdm, schema: coded}\naccept: [codes without records]\n"
        paths = written(tmp_path, study, site)
        here, there = (
            pipeline.check_codes(*paths, records=where) for where in (files, database.address)
        )
        assert there == here
        (found,) = (one for one in there.lists if one.name == "bleeding")
        left.append([code.split(" (")[0] for code, _ in found.left_out])
        problems += [str(one) for one in there.problems if '"bleeding"' in one.message]
        if not number:
            explained = [
                pipeline.explain(*paths, str(ANN), records=where)
                for where in (files, database.address)
            ]
            assert explained[0] == explained[1]
            assert "SNOMED 74474003 (Gastrointestinal bleeding)" in [
                row.code for row in explained[0].timeline
            ]
    assert left[:4] == [
        ["SNOMED 12063002", "SNOMED 40719004"],
        ["SNOMED 40719004"],
        ["ICD10CM K92.3", "SNOMED 12063002", "SNOMED 40719004"],
        ["ICD10CM K92.2"],
    ]
    assert "200 is the OMOP concept Gastrointestinal bleeding" in problems[-1]
    assert "occur: SNOMED 74474003 (Gastrointestinal bleeding)" in problems[-2]


def test_the_plasma_exchange_study_on_postgres(postgres: Database, tmp_path: Path) -> None:
    plasma_exchange(postgres, tmp_path)


@pytest.mark.skipif("CASEWISE_SPARK_DRAWS" not in os.environ, reason="takes minutes on Spark")
def test_the_plasma_exchange_study_on_spark(spark: Database, tmp_path: Path) -> None:
    """``CASEWISE_SPARK_DRAWS=3 pytest tests/engines/test_same_answers.py`` runs it."""
    plasma_exchange(spark, tmp_path)


def plasma_exchange(database: Database, tmp_path: Path) -> None:
    """With what is not documented or cannot apply, and with lines of therapy."""
    site = build(tmp_path)
    (tmp_path / "parquet").mkdir()
    names = []
    for table in sorted(tmp_path.glob("*.csv")):
        to = tmp_path / "parquet" / f"{table.stem}.parquet"
        header = table.read_text("utf-8").partition("\n")[0].split(",")
        cells = ", ".join(f"CAST({c} AS {column_type(c, [])}) AS {c}" for c in header)
        duckdb.sql(f"COPY (SELECT {cells} FROM read_csv('{table}', all_varchar = true)) TO '{to}'")
        names.append(table.stem)
    assert {"episode", "episode_event"} <= set(names)
    database.load_folder("plasma", tmp_path / "parquet", tuple(names))
    text = site.read_text(encoding="utf-8")
    assert "  omop: .\n" in text
    site.write_text(text.replace("  omop: .\n", "  omop: .\n  schema: plasma\n"), encoding="utf-8")
    results = same(EXAMPLE / "study.yaml", site, tmp_path, database)
    assert any(cell.lines for row in results.treatments for cell in row.arms.values())


def test_gibleed(database: Database, tmp_path: Path) -> None:
    records = shared("gibleed")
    database.load_folder("gibleed", records, TABLES)
    site = (GIBLEED / "site.yaml").read_text().replace("gibleed}", "gibleed, schema: gibleed}")
    _, path = written(tmp_path, "", site)
    results = same(GIBLEED / "study.yaml", path, records, database)
    assert [arm.n for arm in results.arms] == [1800, 830]


def test_synthea(database: Database, tmp_path: Path) -> None:
    """CDM 5.4, without concept_ancestor."""
    records = shared("synthea27nj")
    database.load_folder("synthea27nj", records, TABLES)
    site = SYNTHEA_SITE.replace("synthea27nj}", "synthea27nj, schema: synthea27nj}")
    same(*written(tmp_path, SYNTHEA_STUDY, site), records, database)
