"""A vocabulary in a schema of its own, as hospitals keep one for several CDMs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

import casewise
from casewise import pipeline
from casewise.cli import cli
from omop_support import (
    ANN,
    BLEED,
    BOB,
    CAT,
    DEEP_BLEED,
    STUDY,
    Cdm,
    ancestor,
    concept,
    condition,
    maps,
    small,
    write,
)
from postgres_support import Server
from spark_support import Cluster

VOCABULARY = ("concept", "concept_ancestor", "concept_relationship")
BLEEDING = {"icd10cm": "K92.*", "omop": BLEED, "descendants": True}


class File:
    """A DuckDB file with schemas."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, str(folder / "warehouse.duckdb")

    def load(self, schema: str, cdm: Cdm) -> None:
        made = write(self.folder / f"of-{schema}", cdm, "duckdb")
        self.run(
            f"DROP SCHEMA IF EXISTS {schema} CASCADE",
            f"CREATE SCHEMA {schema}",
            f"ATTACH '{made}' AS made",
            *(f"CREATE TABLE {schema}.{table} AS FROM made.{table}" for table in cdm),
        )

    def run(self, *statements: str) -> None:
        with duckdb.connect(self.address) as connection:
            for statement in statements:
                connection.execute(statement)


class Place:
    """A database without other schemas than those of a test, and a study beside it."""

    def __init__(self, folder: Path, database: Any) -> None:
        self.folder, self.database = folder, database
        self.drop("cdm", "vocab", "vocab_old")
        text = json.dumps(STUDY | {"codes": STUDY["codes"] | {"bleeding": BLEEDING}})
        (folder / "study.yaml").write_text(text, encoding="utf-8")

    def drop(self, *schemas: str) -> None:
        drops = [f"DROP SCHEMA IF EXISTS {schema} CASCADE" for schema in schemas]
        if isinstance(self.database, Cluster):
            for drop in drops:
                self.database.session.sql(drop)
        else:
            self.database.run(*drops)

    def site(self, schemas: str) -> None:
        text = f"records: {{omop: x, {schemas}}}\n"
        (self.folder / "site.yaml").write_text(text, encoding="utf-8")

    def codes(self, records: Any = None) -> pipeline.CodeReport:
        return pipeline.check_codes(
            self.folder / "study.yaml",
            self.folder / "site.yaml",
            records=records or self.database.address,
        )

    def run(self, records: Any = None) -> casewise.Results:
        return casewise.run(
            self.folder / "study.yaml",
            self.folder / "site.yaml",
            records=records or self.database.address,
        )

    def told(self) -> str:
        command = ["run", str(self.folder / "study.yaml"), "--out", str(self.folder / "out")]
        done: Result = CliRunner().invoke(cli, [*command, "--records", self.database.address, "-q"])
        assert done.exit_code == 11, done.output
        assert not (self.folder / "out").exists()
        return done.stderr


@pytest.fixture(params=["duckdb", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    file = request.param == "duckdb"
    made = Place(tmp_path, File(tmp_path) if file else request.getfixturevalue(request.param))
    yield made
    made.drop("vocab", "vocab_old")


def coded() -> Cdm:
    """Ann bled as the concept says; Bob deeper down; Cat by an ICD code that maps to it."""
    return small() | {
        "condition_occurrence": [
            condition(ANN, BLEED, "2020-03-01"),
            condition(BOB, DEEP_BLEED, "2020-03-01"),
            condition(CAT, 0, "2020-03-01", condition_source_concept_id=402),
        ],
        "concept": [
            concept(BLEED, "SNOMED", "74474003", "Gastrointestinal bleeding"),
            concept(DEEP_BLEED, "SNOMED", "12063002", "Rectal bleeding"),
            concept(402, "ICD10CM", "K92.2", "Bleeding", None),
        ],
        "concept_ancestor": [ancestor(BLEED, one) for one in (BLEED, DEEP_BLEED)],
        "concept_relationship": [maps(402, BLEED)],
    }


def apart(cdm: Cdm) -> tuple[Cdm, Cdm]:
    own = {name: rows for name, rows in cdm.items() if name not in VOCABULARY}
    return own, {name: cdm[name] for name in VOCABULARY}


def test_the_vocabulary_is_read_from_the_schema_that_is_named(place: Place) -> None:
    """One that is left in the CDM's schema is not. (On Spark: test_spark_commands.)"""
    own, vocabulary = apart(coded())
    old = {"concept": [concept(BLEED, "SNOMED", "1", "Of an older vocabulary")]}
    place.database.load("cdm", own | old)
    place.database.load("vocab", vocabulary)
    place.site("schema: cdm, vocabulary schema: VOCAB")
    files = write(place.folder / "cdm", coded())
    found = place.codes()
    assert found == place.codes(files)
    carried = {one.name: one.patients for one in found.lists}
    assert carried["bleeding"] == 3
    there, here = place.run(), place.run(files)
    assert there.to_dict() | {"provenance": None} == here.to_dict() | {"provenance": None}
    if isinstance(place.database, Server):
        (source,) = there.provenance.records
        assert source.name == "postgresql cdm, schema cdm, vocabulary in vocab"


@pytest.mark.parametrize("place", ["duckdb", "postgres", "spark"], indirect=True)
def test_what_is_not_there_is_told_with_the_nearest_name(place: Place) -> None:
    own, vocabulary = apart(coded())
    place.database.load("cdm", own)
    place.database.load("vocab", {"concepts": vocabulary["concept"]})
    place.site("schema: cdm, vocabulary schema: vocabs")
    said = place.told()
    assert 'no schema "vocabs" that may be read (vocabulary schema)' in said
    assert 'did you mean "vocab"?' in said
    place.site("schema: cdm, vocabulary schema: vocab")
    said = place.told()
    assert 'the schema "vocab" (vocabulary schema) has no table "concept"; found: concepts' in said
    assert 'did you mean "concepts"?' in said


def test_the_only_vocabulary_is_found_and_of_two_one_has_to_be_named(place: Place) -> None:
    """Else a list of codes would match the few records that happen to hold them as text."""
    own, vocabulary = apart(coded())
    place.database.load("cdm", own)
    place.database.load("vocab", vocabulary)
    place.site("schema: cdm")
    assert {one.name: one.patients for one in place.codes().lists}["bleeding"] == 3
    place.database.load("vocab_old", vocabulary)
    said = place.told()
    assert "several schemas have a vocabulary: vocab, vocab_old" in said
    assert "say which: vocabulary schema: vocab" in said
