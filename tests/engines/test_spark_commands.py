"""Each command that reads records answers from Spark as it does from files.

One study for all of them, since each step there is a job: with a vocabulary in a schema of its own,
moments in the place of dates, a freeze, and every code as a covariate.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from tests.engines.test_commands import Place
from tests.spec import test_every_code as every_code

from casewise.cli import cli
from omop_support import BLEED, DEEP_BLEED, Cdm, ancestor, concept, write
from spark_support import Cluster

VOCABULARY = ("concept", "concept_ancestor", "concept_relationship")
SITE = "records: {omop: x, schema: cdm, vocabulary schema: vocab, time zone: Europe/Berlin}\n"
LISTS = {"the drug": {"omop": 100}, "the other drug": {"omop": 101}}
BLEEDING = {"icd10cm": "K92.*", "omop": BLEED, "descendants": True}


def records() -> Cdm:
    cdm = every_code.patients(200)
    for row in cdm["condition_occurrence"][::2]:
        if row["condition_concept_id"] == BLEED:
            row["condition_concept_id"] = DEEP_BLEED
    cdm["concept"] += [
        concept(BLEED, "SNOMED", "74474003", "Gastrointestinal bleeding"),
        concept(DEEP_BLEED, "SNOMED", "12063002", "Rectal bleeding"),
        concept(402, "ICD10CM", "K92.2", "Bleeding", None),
    ]
    cdm["concept_ancestor"] = [ancestor(BLEED, one) for one in (BLEED, DEEP_BLEED)]
    return cdm


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, spark: Cluster) -> Path:
    """A DuckDB file with both schemas; the same tables are in Spark's catalog."""
    folder = tmp_path_factory.mktemp("records")
    cdm = records()
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"ATTACH '{write(folder / 'plain', cdm, 'duckdb')}' AS plain")
        connection.execute("CREATE SCHEMA cdm; CREATE SCHEMA vocab")
        for table, rows in cdm.items():
            schema = "vocab" if table in VOCABULARY else "cdm"
            dates = [one for one in rows[0] if one.endswith("_date")]
            moments = ", ".join(
                f"CAST({one} AS TIMESTAMP) AT TIME ZONE 'Europe/Berlin' AS {one}" for one in dates
            )
            columns = f"* REPLACE ({moments})" if dates else "*"
            made = f"{schema}.{table}"
            connection.execute(f"CREATE TABLE {made} AS SELECT {columns} FROM plain.{table}")
            (folder / schema).mkdir(exist_ok=True)
            connection.execute(f"COPY {made} TO '{folder / schema / table}.parquet'")
    for schema in ("cdm", "vocab"):
        tables = sorted(path.stem for path in (folder / schema).iterdir())
        spark.load_folder(schema, folder / schema, tuple(tables))
    kinds = dict(spark.session.table("cdm.condition_occurrence").dtypes)
    assert kinds["condition_start_date"] == "timestamp"
    return file


@pytest.fixture
def place(tmp_path: Path, spark: Cluster, files: Path) -> Place:
    text = StringIO()
    study = every_code.study(method=["overlap weights"])
    YAML(pure=True).dump(study | {"codes": LISTS | {"bleeding": BLEEDING}}, text)
    return Place(tmp_path, spark, files, text.getvalue(), SITE)


def test_counting_and_checking(place: Place) -> None:
    counted = place.same("run", "{study}", "--dry-run", "--json", "-q")
    assert sum(arm["n"] for arm in counted["arms"]) == 200
    assert place.same("check", "{study}", "--json")["errors"] == []


def test_what_codes_carry(place: Place) -> None:
    found = place.same("codes", "check", "{study}", "--json")
    (bleeding,) = (one for one in found["lists"] if one["name"] == "bleeding")
    assert [one["patients"] > 0 for one in bleeding["codes"]] == [True, False]


def test_a_patient_explained(place: Place) -> None:
    told = place.same("explain", "{study}", "1", "--json")
    assert told["index_date"] == "2020-06-01"
    assert told["timeline"]


def test_every_code_before_day_0(place: Place) -> None:
    place.both("export", "features", "{study}", "--out", "{out}", "-q")
    rows = place.same_files("patients.parquet", "features.parquet", "entries.parquet")
    assert rows[0] == 200
    assert min(rows) > 30


def test_labels_for_machine_learning(place: Place) -> None:
    place.both("export", "meds", "{study}", "--out", "{out}", "-q")
    assert place.same_files("bleed.parquet") == [200]


def test_a_frozen_study_that_adjusts_by_every_code(place: Place) -> None:
    assert CliRunner().invoke(cli, ["freeze", str(place.study)]).exit_code == 0
    later = place.study.read_text("utf-8").replace("within: 90 days", "within: 80 days")
    place.study.write_text(later, encoding="utf-8")
    found = place.same_run()
    assert found["outcomes"]["bleed"]["post_hoc"]
    assert any("Europe/Berlin" in note["text"] for note in found["notes"])
    codes = found["adjustments"][0]["codes"]
    assert codes["farthest"][0]["label"] == "condition: Ulcer of stomach, 365 days before"
    assert codes["largest"][1] < codes["largest"][0]
